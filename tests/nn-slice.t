#!/bin/sh
# SPDX-License-Identifier: ISC
# nn-slice: by name, by count, by ranges; channels keep their numbers and labels.
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

nn-load tiny >net.nnt
# a picture 4 wide, 3 high, whose red is 10y + x, green twice that, blue 200
awk 'BEGIN { print "P3 4 3 255"; for (y = 0; y < 3; y++) for (x = 0; x < 4; x++)
	print 10 * y + x, 2 * (10 * y + x), 200 }' >p.ppm

nn-slice p.ppm >p.nnt
check 'pictures become tensors' 'nn-slice p.nnt | cmp - p.nnt'
check 'one element' 'nn-slice -i 0,1,2,3 p.nnt | nn-top -j | grep -q "\"index\": 1, \"value\": $(
	awk "BEGIN { print substr(46 / 255, 1, 6) }")"'
check 'ranges: red at (2, 1-3), the largest is at x = 3' \
	'nn-slice -i "*,0,2,1-3" p.nnt | nn-top | grep -q "^1	0@0,2	0.0901961$"'
check 'an open range' 'nn-slice -i "0,2-,1-" p.nnt >a.nnt && nn-slice -i "0,2,1-2,*" p.nnt | cmp - a.nnt'
check 'ranges of all that is there change nothing' \
	'nn-slice -i "0,0-2,*,0-3" p.nnt | cmp - p.nnt'
if /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
	/usr/bin/python3 -c 'if 1:
		import numpy as np
		a = np.arange(2 * 3 * 4 * 5 * 6, dtype="i4").reshape(2, 3, 4, 5, 6)
		np.save("a.npy", a); np.save("b.npy", a[1:2, :, 2:4, 1:2, 3:])'
	check 'five dimensions as in NumPy' 'nn-slice -i "1,*,2-3,1,3-" a.npy | nn-diff -t 0 - b.npy'
else
	skip 'no NumPy' 'five dimensions as in NumPy'
fi

check 'by name' '[ "$(nn-slice -k "conv*" net.nnt | nn-npy -o w && ls w | wc -l)" -eq 4 ]'
check '* matches /, too' 'nn-slice -k "mixed2*.weight" net.nnt | nn-npy -o m && [ -f m/mixed2_3x3.weight.npy ]'
check 'several patterns' '[ "$(nn-slice -k conv1.bias -k conv3.bias net.nnt | nn-npy -o v && ls v | wc -l)" -eq 2 ]'
check 'the first, of those chosen' 'nn-slice -n 1 -k "*.weight" net.nnt | nn-npy >f.npy &&
	nn-slice -k conv1.weight net.nnt | nn-diff -t 0 - f.npy'
check 'it stops reading where it has enough: the next reader goes on there' \
	'cat p.nnt net.nnt >two.nnt && { nn-slice -n 1 >/dev/null && nn-slice | cmp - net.nnt; } <two.nnt'

nn-activations -m net.nnt -l prob p.ppm >prob.nnt
check 'labels are cut with their channels' \
	'nn-slice -i 0,8-10 prob.nnt | nn-top | sort -k 2n | cut -f 2,4 | tr "\n\t" ";," |
		grep -q "^8,red;9,green;10,blue;$"'
check 'twice, too' 'nn-slice -i 0,4-10 prob.nnt | nn-slice -i 0,6 | nn-top | grep -q "^1	10	.*	blue$"'

fails 1 "^nn-slice: 'p' is 1x3x3x4: dimension 3 does not reach 4" 'a range past the end' nn-slice -i 0,0,0,4 p.nnt
fails 1 "'p' is 1x3x3x4: -i has 5 ranges" 'too many ranges' nn-slice -i 0,0,0,0,0 p.nnt
fails 1 "^nn-slice: none of 11 tensors is called 'x'" 'nothing of that name' nn-slice -k x net.nnt
for bad in '' a 1-0 -1 1,,2 0,0,0,0,0,0,0,0,0; do
	fails 2 '^nn-slice: -i: ' "no ranges: '$bad'" nn-slice -i "$bad" p.nnt
done
fails 2 '^nn-slice: -n: ' 'no count' nn-slice -n 0 p.nnt
head -c 200 p.nnt >cut.nnt
fails 1 '^nn-slice: cut.nnt: byte 128: f32 1x3x3x4 of 144 bytes runs past the end' 'a cut stream' nn-slice cut.nnt
done_testing
