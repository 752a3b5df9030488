#!/bin/sh
# SPDX-License-Identifier: ISC
# The operators against the ONNX standard: the cases that are given, and the whole suite of the
# onnx that is installed.  No case may come out wrong; 97 of 100 in scope are supported.
. "${0%/*}/lib.sh"

python=${PYTHON:-/usr/bin/python3}

# cases SUITE LEAST DIR...: none fails, LEAST in a hundred pass
cases() {
	suite=$1 least=$2
	shift 2
	"$build/tests/conformance" "$@" >"$suite.out"
	sed -n '/^not ok/s/^/# /p; $s/^/# /p' "$suite.out"
	check "$suite: none fails" "! grep '^not ok' $suite.out"
	check "$suite: $least of 100 pass" "tail -n 1 $suite.out | awk -v least=$least '
		{ all = \$1 + \$3 + \$5; exit !(all > 0 && 100 * \$1 >= least * all) }'"
}

for d in node pytorch; do
	if [ -d "$shared/conformance/$d" ]; then
		cases "$d" 100 "$shared/conformance/$d"
	else
		skip "no $shared/conformance" "$d"
	fi
done
if "$python" -c 'import onnx' 2>/dev/null; then
	mkdir standard
	check "the standard suite is generated" "$python $tests/onnx_cases.py standard >cases.txt"
	sed 's/^/# /' cases.txt
	cases standard 97 standard
else
	skip "no onnx for $python" "the standard suite"
fi
done_testing
