#!/bin/sh
# SPDX-License-Identifier: ISC
# libcore/FLOORS: every file is on a floor, and includes look down, never up.
. "${0%/*}/lib.sh"
core=$top/libcore

# "FLOOR FILE" for every file that FLOORS lists; a pattern without a file stays as it is
(cd "$core" && grep -v '^#' FLOORS | while read -r number _ files; do
	# shellcheck disable=SC2086 # patterns are to be expanded
	for f in $files; do echo "$number $f"; done
done) >listed
cut -d' ' -f2 listed | sort >names
(cd "$core" && find . -type f ! -name FLOORS | sed 's|^\./||' | sort) >there

sort -u names | comm -13 - there >missing
check 'every file of libcore is in FLOORS' '[ ! -s missing ] || { cat missing; false; }'
sort -u names | comm -23 - there >gone
check 'every file in FLOORS is there' '[ ! -s gone ] || { cat gone; false; }'
uniq -d names >twice
check 'no file is on two floors' '[ ! -s twice ] || { cat twice; false; }'

# "FILE INCLUDED" for every local include, the included as a path in libcore
(cd "$core" && while read -r f; do
	sed -n 's/^[[:space:]]*#[[:space:]]*include "\(.*\)".*/\1/p' "$f" | sort -u | while read -r i; do
		case $i in ../*) i=${i#../} ;; *) [ ! -f "$(dirname "$f")/$i" ] || i=$(dirname "$f")/$i ;; esac
		echo "$f ${i#./}"
	done
done <"$scratch/there") >includes
check 'includes are found' '[ "$(wc -l <includes)" -gt 50 ]'
awk 'NR == FNR { floor[$2] = $1; next }
	!($2 in floor) { print $1 " includes " $2 ", which is on no floor" }
	floor[$2] > floor[$1] { print $1 " (" floor[$1] ") includes " $2 " (" floor[$2] ")" }
' listed includes >up
check 'no include looks up' '[ ! -s up ] || { cat up; false; }'

(cd "$top" && grep -Hn '#include "' cmd/*.c | while IFS='"' read -r where i _; do
	[ -f "libcore/$i" ] || echo "$where$i"
done) >foreign
check 'tools include only headers of libcore' '[ ! -s foreign ] || { cat foreign; false; }'
done_testing
