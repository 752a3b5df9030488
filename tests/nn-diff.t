#!/bin/sh
# SPDX-License-Identifier: ISC
# nn-diff: tolerances, where the worst is, shapes, NaN, exit codes.
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

# gray WIDTH VALUES...: a picture of a row of greys
gray() {
	w=$1
	shift
	echo "P2 $w 1 255 $*"
}
gray 4 0 100 200 255 >a.pgm
gray 4 0 100 201 255 >b.pgm
gray 3 0 100 200 >c.pgm
for f in a b c; do nn-slice $f.pgm >$f.nnt; done

check 'the same file is the same, and says so' 'nn-diff -t 0 a.nnt a.nnt | grep -q "^a 1x3x1x4: equal$"'
check 'another differs' 'nn-diff a.nnt b.nnt; [ $? -eq 1 ]'
check 'it tells the largest difference and where' 'nn-diff a.nnt b.nnt >out; [ $? -eq 1 ] &&
	grep -q "^a and b 1x3x1x4: differ: largest difference 0.00392 (0.0039 of the largest value) at \[0,0,0,2\]: 0.78431374 and 0.7882353; 3 of 12 are more than 0.0001 apart$" out'
check 'relative tolerance' 'nn-diff -t 0.004 a.nnt b.nnt | grep -q ": same: "'
check 'absolute tolerance' 'nn-diff -a 0.004 a.nnt b.nnt && ! nn-diff -a 0.0039 a.nnt b.nnt'
check 'an absolute tolerance alone leaves no relative one' '! nn-diff -a 0 a.nnt b.nnt'
check 'the sum of both' '! nn-diff -t 0.002 a.nnt b.nnt && ! nn-diff -a 0.002 a.nnt b.nnt &&
	nn-diff -a 0.002 -t 0.002 a.nnt b.nnt'
check 'shapes' 'nn-diff a.nnt c.nnt >out; [ $? -eq 1 ] && grep -q "differ: the other is 1x3x1x3$" out'
check '-q prints nothing' 'nn-diff -q a.nnt b.nnt >out; [ $? -eq 1 ] && [ ! -s out ]'
check 'pictures, and stdin' 'nn-diff -t 0 - a.pgm <a.nnt && nn-diff a.pgm - <a.nnt'
cat a.nnt b.nnt c.nnt >three.nnt
cat a.nnt b.nnt >two.nnt
fails 1 '^nn-diff: three.nnt has 3 tensors, two.nnt has 2$' 'a tensor too many' nn-diff three.nnt two.nnt
check 'every pair is told' '[ "$(nn-diff three.nnt three.nnt | grep -c equal)" -eq 3 ]'
fails 2 '^nn-diff: want two files, have 1' 'one file' nn-diff a.nnt
fails 2 'stdin cannot be both' 'stdin twice' nn-diff - -
fails 2 "^nn-diff: -t: 'x' is not a number" 'no tolerance' nn-diff -t x a.nnt b.nnt
fails 1 '^nn-diff: nowhere: No such file' 'no file' nn-diff a.nnt nowhere

if /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
	/usr/bin/python3 -c 'if 1:
		import numpy as np
		n, i = np.nan, np.inf
		np.save("n.npy", np.array([1, n, i, -i], "f4"))
		np.save("m.npy", np.array([1, 2, i, -i], "f4"))
		np.save("p.npy", np.array([1, n, i, i], "f4"))
		np.save("big.npy", np.array([2**62], "i8"))
		np.save("big1.npy", np.array([2**62 + 1], "i8"))'
	check 'NaN is NaN, infinity is infinity' 'nn-diff -t 0 n.npy n.npy'
	check 'NaN is no number' '! nn-diff -t 1000 n.npy m.npy && ! nn-diff -t 1000 m.npy n.npy'
	check 'infinity has a sign' '! nn-diff -t 1000 n.npy p.npy'
	check 'large integers are compared as such' '! nn-diff -t 0 big.npy big1.npy && nn-diff -a 1 big.npy big1.npy'
	check 'JSON' 'nn-diff -j three.nnt two.nnt 2>/dev/null >x.json; nn-diff -j n.npy m.npy >y.json
		nn-diff -j a.nnt c.nnt >z.json; /usr/bin/python3 -c "if 1:
			import json
			x, y, z = (json.load(open(f)) for f in (\"x.json\", \"y.json\", \"z.json\"))
			assert len(x) == 2 and x[0][\"same\"] is True and x[0][\"count\"] == 12
			assert y[0][\"difference\"] is None and y[0][\"index\"] == [1] and y[0][\"apart\"] == 1
			assert z[0][\"same\"] is False and z[0][\"other\"] == \"1x3x1x3\""'
else
	skip 'no NumPy' 'NaN, infinity, large integers, JSON'
fi
done_testing
