#!/bin/sh
# SPDX-License-Identifier: ISC
# What shellcheck says about the shell scripts and tests: nothing.
. "${0%/*}/lib.sh"
command -v shellcheck >/dev/null || skip_all 'no shellcheck'

for f in "$top"/scripts/* "$top"/.ci/run "$top"/tests/lib.sh "$top"/tests/*.t; do
	case $(head -n 1 "$f") in
	*python*) continue ;;
	esac
	# what lib.sh sets is not followed, texts for sh -c are quoted, and a check's last word is its status
	ok "${f#"$top"/}" shellcheck -e SC1091,SC2012,SC2154,SC2016,SC2034,SC2181 "$f"
done
done_testing
