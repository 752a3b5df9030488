#!/bin/sh
# SPDX-License-Identifier: ISC
# Manual pages: every tool has one, and a test; clean, complete, and all lines of EXAMPLES work.
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

for tool in "$build"/bin/nn-*; do
	tool=${tool##*/}
	ok "$tool has a page" test -f "$top/man/$tool.1"
	ok "$tool has a test" test -f "$top/tests/$tool.t"
done

# the sections that a page of section 1 must have; nn-spec(7) and the like are prose
for page in "$top"/man/*.[157]; do
	base=${page##*/}
	if command -v mandoc >/dev/null; then
		ok "$base is clean" mandoc -Tlint -Wwarning "$page"
	else
		skip 'no mandoc' "$base is clean"
	fi
	case $base in
	*.1) sections='NAME SYNOPSIS DESCRIPTION EXIT_STATUS EXAMPLES SEE_ALSO' ;;
	*) sections='NAME DESCRIPTION EXAMPLES SEE_ALSO' ;;
	esac
	for s in $sections; do
		grep -qx ".Sh $(echo "$s" | tr _ ' ')" "$page" || echo "$base: no section $s"
	done >missing
	check "$base has its sections" '[ ! -s missing ] || { cat missing; false; }'
	case $base in
	nn-*.1) ok "$base says what the tool's usage says" sh -c '
		for o in $("${1%.1}" -h | tr -d hV | grep -o "\[-[a-zA-Z]*" | tr -d "[-" | sed "s/./& /g"); do
			grep -q "^\.It Fl $o" "$2" || { echo "no option -$o in the page"; exit 1; }
		done' sh "$base" "$page" ;;
	esac
done

# The examples run in a folder with a net, pictures and streams; the readers of nnt(5) in nnt.t.
picture() {
	awk -v s="$1" 'BEGIN { print "P3 " s " " s - 8 " 255"
		for (y = 0; y < s - 8; y++) for (x = 0; x < s; x++)
			print (x * 7 + y * 3) % 256, int(255 * (x / 8 % 2 < 1)), (y * 5) % 256 }'
}
nn-load tiny >net.nnt
picture 96 | nn-image | nn-montage -o cat.png
picture 80 >dog.ppm
if command -v cjpeg >/dev/null; then
	cjpeg dog.ppm >dog.jpg
else
	mv dog.ppm dog.jpg # told apart by content
fi
nn-activations -m net.nnt -l conv1 cat.png >acts.nnt
cp acts.nnt a.nnt
cp acts.nnt b.nnt
mkdir kept && cp ./*.nnt cat.png dog.jpg kept

# lines of the displays in EXAMPLES, one display as one script, so that lines may go on
examples() {
	awk '/^\.Sh/ { examples = $0 ~ /EXAMPLES/ }
		examples && /^\.Bd -literal/ { inside = 1; next }
		/^\.Ed/ { inside = 0 }
		inside { gsub(/\\e/, "\\"); gsub(/\\&/, ""); gsub(/\\-/, "-"); print }' "$1"
}
for page in "$top"/man/*.[17]; do
	base=${page##*/}
	rm -rf here
	cp -r kept here
	examples "$page" >lines
	line=
	while IFS= read -r part; do
		case $part in
		*\\) line="$line${part%\\}" && continue ;;
		*) line=$line$part ;;
		esac
		ok "$base: $line" sh -c 'cd here && eval "$1"' sh "$line" </dev/null
		line=
	done <lines
	[ -s lines ] || case $base in
	*.1) ok "$base has examples" false ;;
	esac
done
done_testing
