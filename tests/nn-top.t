#!/bin/sh
# SPDX-License-Identifier: ISC
# nn-top: order, labels, positions, several tensors, JSON.
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

nn-load tiny >net.nnt
awk 'BEGIN { print "P3 64 64 255"; for (i = 0; i < 4096; i++) print 250, 10, 10 }' >red.ppm
awk 'BEGIN { print "P3 64 64 255"; for (i = 0; i < 4096; i++) print 10, 10, 250 }' >blue.ppm
nn-activations -m net.nnt -l prob red.ppm >red.nnt
nn-activations -m net.nnt -l prob red.ppm blue.ppm >two.nnt

check 'labels come through the pipe' 'nn-top -k 1 red.nnt | grep -q "^1	8	0\.[0-9]*	red$"'
check 'five without -k' '[ "$(nn-top red.nnt | wc -l)" -eq 5 ]'
check 'no more than there are' '[ "$(nn-top -k 100 red.nnt | wc -l)" -eq 16 ]'
check 'in order' 'nn-top -k 16 red.nnt | cut -f 3 >v && sort -gr v | cmp - v'
seq 16 | sed 's/^/class /' >labels
check 'labels of a file' 'nn-top -k 1 -L labels red.nnt | grep -q "	class 9$"'
head -n 15 labels >few
fails 0 "^nn-top: 15 labels are too few for 'prob', which has channels up to 15$" 'too few labels' nn-top -L few red.nnt
check 'several pictures are named' 'nn-top -k 1 two.nnt | cut -f 1,2,6 | tr "\n" ";" |
	grep -q "^red.ppm	prob	red;blue.ppm	prob	blue;$"'
# one channel of numbers, by position
printf 'P2 3 2 255 0 9 0  7 255 7\n' >p.pgm
check 'the largest position of each channel; equal values by channel' '[ "$(nn-top p.pgm | tr "\n" ";")" = \
	"1	0@1,1	1;2	1@1,1	1;3	2@1,1	1;" ]'
check 'a batch is told apart' 'nn-image -b red.ppm blue.ppm >b.nnt && nn-top -k 1 b.nnt | cut -f 2 | tr "\n" " " |
	grep -q "\[0\] .*\[1\] "'
if /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
	/usr/bin/python3 -c 'if 1:
		import numpy as np
		np.save("n.npy", np.array([1, np.nan, -np.inf, np.inf], "f4"))
		np.save("five.npy", np.zeros((1, 1, 1, 1, 1)))
		np.save("none.npy", np.zeros((1, 0)))
		np.save("i.npy", np.array([[3, 1, 2]]))'
	check 'NaN is last' '[ "$(nn-top n.npy | cut -f 2 | tr "\n" " ")" = "3 0 2 1 " ]'
	check 'integers' '[ "$(nn-top i.npy | cut -f 2,3 | tr "\n\t" ";,")" = "0,3;2,2;1,1;" ]'
	check 'JSON' 'nn-top -j two.nnt n.npy p.pgm >x.json && /usr/bin/python3 -c "if 1:
		import json
		x = json.load(open(\"x.json\"))
		assert [v[\"name\"] for v in x] == [\"prob\", \"prob\", \"n\", \"p\"]
		assert x[0][\"top\"][0][\"label\"] == \"red\" and x[0][\"source\"] == \"red.ppm\"
		assert x[2][\"top\"][0][\"value\"] is None and x[3][\"top\"][0][\"y\"] == 1"'
	fails 1 "^nn-top: 'five' is 1x1x1x1x1: want \[c\]" 'five dimensions' nn-top five.npy
	fails 1 "^nn-top: 'none' has no numbers" 'no channels' nn-top none.npy
else
	skip 'no NumPy' 'NaN, integers, JSON'
fi
fails 1 "^nn-top: 'tiny' is a net, want activations" 'a net' nn-top net.nnt
fails 1 '^nn-top: .*nowhere' 'no label file' nn-top -L nowhere red.nnt
fails 2 '^nn-top: -k: ' 'no count' nn-top -k 0 red.nnt
done_testing
