#!/bin/sh
# SPDX-License-Identifier: ISC
# nn-info: nets, streams, other files.
. "${0%/*}/lib.sh"

nn-load tiny > tiny.nnt
nn-info tiny.nnt > t.txt
check 'a net: the sums' 'grep -q "^tiny: 14736 parameters, 14.62 M multiply-adds, 16 classes" t.txt'
check 'a convolution' 'grep -Eq "^conv1 +Conv +1x16x64x64 +2368 +9.634 M +7 +1$" t.txt'
check 'fields grow through pools and branches' 'grep -Eq "^conv3 .* 22 +4$" t.txt'
check 'a sum over positions sees all' 'grep -Eq "^pool3 .* all +all$" t.txt'
check 'columns are aligned' "awk 'NR > 1 && NR < 5 { print length(\$0) }' t.txt | uniq | wc -l | grep -qx 1"
check 'from stdin, and by its name' 'nn-info < tiny.nnt | cmp - t.txt && nn-info tiny | cmp - t.txt'
check 'from a pipe' 'cat tiny.nnt | nn-info | cmp - t.txt'
check '-s: shapes of another size' 'nn-info -s 40x24 tiny.nnt | grep -Eq "^pool1 .* 1x16x12x20 "'
check '-s: parameters are the same' 'nn-info -s 40x24 tiny.nnt | grep -q "14736 parameters, 3.426 M"'
fails 1 "node 'pool" 'a picture that is too small' nn-info -s 1 tiny.nnt
check '-l: a glob' 'test "$(nn-info -l "relu?" tiny.nnt | wc -l)" = 5'
fails 1 "no layer 'conv9': did you mean 'conv" 'a layer that is not there' nn-info -l conv9 tiny.nnt
check '-v: weights' 'nn-info -v tiny | grep -Eq "^conv1.weight +f32 +16x3x7x7$"'
check '-d: a graph' 'nn-info -d tiny | grep -q "label=\"conv1.nConv 1x16x64x64\"" &&
	test "$(nn-info -d tiny | grep -c -e "->")" = 16'
check '-O: operators' 'nn-info -O | grep -Eq "^Conv +yes "'
check '-O -j' 'nn-info -O -j | grep -q "^{\"operator\":\"Conv\",\"gradient\":true"'

if python3 -c '' 2>/dev/null; then
	cat > j.py <<-'P'
	import json, sys
	n = json.loads(open('t.json').readline())
	l = {x['layer']: x for x in n['layers']}
	assert n['net'] == 'tiny' and n['parameters'] == 14736 and len(n['labels']) == 16
	assert sum(x['multiply_adds'] for x in n['layers']) == n['multiply_adds']
	assert l['mixed2']['inputs'] == ['mixed2/1x1', 'mixed2/3x3']
	assert l['conv3']['receptive_field'] == [22, 22] and l['conv3']['stride'] == [4, 4]
	assert l['prob']['receptive_field'] == 'all' and l['prob']['shape'] == [1, 16]
	P
	check '-j: an object' 'nn-info -j tiny > t.json && python3 j.py'
else
	skip 'no python3' '-j: an object'
fi

# a tensor of four numbers, one of them not finite: made by hand, as nnt(5) tells
{
	printf 'nntensor\001\0\0\0\001\0\0\0\001\0\0\0\001\0\0\0\004\0\0\0\0\0\0\0\004\0\0\0\0\0\0\0xk=v\n'
	head -c 19 /dev/zero
	printf '\0\0\200\077\0\0\0\100\0\0\200\300\0\0\300\177'
	head -c 48 /dev/zero
} > x.nnt
check 'a tensor' 'nn-info x.nnt > x.txt &&
	grep -q "^x  f32 4  min -4 mean -0.33333334 max 2, 1 not finite$" x.txt && grep -q "^    k=v$" x.txt'
check 'as JSON' 'nn-info -j x.nnt | grep -q "\"shape\":\[4\],\"min\":-4.*\"metadata\":{\"k\":\"v\"}"'
check 'a net and a tensor' 'cat tiny.nnt x.nnt | nn-info | grep -q "^x  f32 4 "'
printf 'P6 2 1 255\nabcdef' > p.ppm
check 'a picture' 'nn-info p.ppm | grep -q "^p  f32 1x3x1x2 "'

fails 1 'empty' 'an empty file' nn-info /dev/null
echo text > t
fails 1 't: not' 'a text' nn-info t
fails 1 'nothing.nnt' 'no file' nn-info nothing.nnt
head -c 3000 tiny.nnt > cut.nnt
fails 1 'cut.nnt: byte' 'a cut net' nn-info cut.nnt
fails 1 'no net' 'a graph of a tensor' nn-info -d x.nnt
fails 1 'cannot write|No space' 'a full disk' sh -c 'nn-info tiny > /dev/full'
fails 2 'without -j' 'two forms' nn-info -d -j tiny
fails 2 'not a size' 'no size' nn-info -s axb tiny
fails 2 'reads no file' 'operators of a file' nn-info -O tiny
fails 2 'no option' 'an unknown option' nn-info -X

# 64 MB of weights, of which nothing is read
if [ -x /usr/bin/time ] && python3 -c 'import onnx, numpy' 2>/dev/null; then
	cat > big.py <<-'P'
	import numpy, onnx, onnx.numpy_helper
	from onnx import helper as h
	w = onnx.numpy_helper.from_array(numpy.zeros((4096, 4096, 1, 1), 'f4'), 'w')
	v = onnx.numpy_helper.from_array(numpy.zeros((4096, 3, 1, 1), 'f4'), 'v')
	g = h.make_graph([h.make_node('Conv', ['x', 'v'], ['a']), h.make_node('Conv', ['a', 'w'], ['b'])],
	    'g', [h.make_tensor_value_info('x', 1, [1, 3, 8, 8])], [h.make_tensor_value_info('b', 1, None)], [v, w])
	onnx.save(h.make_model(g, opset_imports=[h.make_opsetid('', 13)]), 'big.onnx')
	P
	python3 big.py && nn-load -p unit big.onnx > big.nnt
	check 'weights stay on disk' '/usr/bin/time -f %M -o rss nn-info big.nnt >/dev/null && test "$(cat rss)" -lt 40000'
else
	skip 'no python3-onnx or time' 'weights stay on disk'
fi

done_testing
