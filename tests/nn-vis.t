#!/bin/sh
# SPDX-License-Identifier: ISC
# nn-vis: the same bytes whatever the batch, the threads and the other units; folders; what nn-spec(7) lists.
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"
nn-load tiny >net.nnt
tiny='nn-vis -m net.nnt -s 32'

# field KEY FILE: the metadata of the first tensor or PNG
field() {
	strings -n 3 "$2" | sed -n "s/^.*$1=//p" | head -n 1
}

$tiny -n 20 conv3:0-6 >all.nnt
check 'one picture per unit' '[ "$(strings all.nnt | grep -c "^unit=")" -eq 7 ]'
for b in 1 3 16; do
	check "the same bytes in batches of $b" "$tiny -n 20 -b $b conv3:0-6 | cmp - all.nnt"
done
for t in 1 2 3; do
	check "the same bytes with $t threads" "OMP_NUM_THREADS=$t $tiny -n 20 conv3:0-6 | cmp - all.nnt"
done
check 'a unit by itself, and among others' "$tiny -n 20 conv3:3 >one.nnt && nn-slice -k conv3:3 all.nnt |
	cmp - one.nnt && $tiny -n 20 conv1:2 'logit(1)' conv3:3 conv3:1 | nn-slice -k conv3:3 | cmp - one.nnt"
mixed='mixed2:3@9,9 mixed2:20@9,9 mixed2:4 mixed2:30@9,9 mixed2:3@0,2 mixed2:3 mixed2:31'
check 'neurons and channels of two branches, mixed' "$tiny -n 20 -b 1 $mixed >mixed.nnt &&
	$tiny -n 20 -b 8 $mixed | cmp - mixed.nnt && $tiny -n 20 mixed2:31 >one31.nnt &&
	nn-slice -k mixed2:31 mixed.nnt | cmp - one31.nnt"
check 'as an objective, too' "$tiny -n 20 -O 'channel(conv3:3)' >o.nnt && nn-diff -t 0 o.nnt one.nnt"
check 'another seed, another picture' "$tiny -n 20 -S 1 conv3:3 >s.nnt && ! nn-diff -q -t 1e-3 s.nnt one.nnt"
check 'pictures are within 0..1 and not grey' 'nn-npy one.nnt >one.npy && [ -s one.npy ]'
check 'metadata' 'for l in model=tiny unit=conv3:3 "objective=channel(conv3:3)" steps=20 seed=0 rate=0.05 \
	parameterisation=fft,sd=0.01,decorrelate=1,decay=1 \
	transforms=pad=12,jitter=8,scale=0.9..1.1/0.02,rotate=-10..10/1+5x0,jitter=4; do
	strings one.nnt | grep -qxF "$l" || strings one.nnt | grep -qF "$l" || { echo "no $l"; exit 1; }; done'

# the value is that of the picture, as another tool has it
value=$(field value one.nnt)
nn-activations -m net.nnt -l conv3 -R mean one.nnt | nn-slice -i '0,3' | nn-top -k 1 >top
check 'value is the activation of the picture' "awk -v v=$value '{ d = \$3 - v; exit d * d > 1e-8 * v * v }' top"
first=$($tiny -n 0 conv3:3 >zero.nnt; field value zero.nnt)
check 'and higher than at the start' "awk 'BEGIN { exit !($value > $first + 0.1) }'"
check 'the negative lowers it' "$tiny -n 20 -O '-channel(conv3:3)' >n.nnt && $tiny -n 20 conv3:-3 |
	nn-diff -t 0 - n.nnt && a=\$(strings n.nnt | sed -n 's/^activation=//p') && awk \"BEGIN { exit !(\$a < 0.8 * $first) }\""

for p in fft pixel fft,decay=0.5,sd=0.1 pixel,decorrelate=0; do
	check "-P $p raises it" "$tiny -n 20 -P $p conv3:3 >p.nnt && v=\$(strings p.nnt | sed -n 's/^value=//p') &&
		awk \"BEGIN { exit !(\$v > $first + 0.1) }\""
done
for t in none pad=4 jitter=3 scale=0.8..1.2 rotate=-30..30/10 crop=40x24 standard,crop=32; do
	check "-T $t raises it" "$tiny -n 20 -T $t conv3:3 >t.nnt && v=\$(strings t.nnt | sed -n 's/^value=//p') &&
		awk \"BEGIN { exit !(\$v > $first + 0.1) }\""
done
check 'sums and positions' "$tiny -n 3 -O 'channel(conv3:1) - 0.5*deepdream(conv1)' conv3:2@3,4 \
	'neuron(conv1:1) + logit(red)' | nn-slice -n 9 >sum.nnt && [ \"\$(strings sum.nnt | grep -c ^unit=)\" -eq 3 ]"
check 'a class by its label' "$tiny -n 3 'logit(red)' >red.nnt && i=\$(strings red.nnt | sed -n 's/^objective=//p') &&
	$tiny -n 3 \"\$i\" | cmp - red.nnt"
check 'a direction from a file' 'nn-activations -m net.nnt -l conv3 -R mean one.nnt >v.nnt &&
	nn-vis -m net.nnt -s 32 -n 3 "direction(conv3,v.nnt)" >d.nnt && nn-npy v.nnt >v.npy &&
	nn-vis -m net.nnt -s 32 -n 3 "direction(conv3,v.npy)" >e.nnt'
check 'from a picture' "$tiny -n 0 -i one.nnt conv3:3 >i.nnt && nn-diff -a 1e-3 i.nnt one.nnt"
check 'any size' 'nn-vis -m net.nnt -n 2 -s 37x23 conv3:0 >z.nnt && nn-info z.nnt | grep -q 1x3x23x37'

check 'snapshots, unit by unit' "$tiny -n 0,5,20 -b 2 conv3:2-4 >snap.nnt &&
	[ \"\$(strings snap.nnt | sed -n 's/^steps=//p' | tr '\n' ' ')\" = '0 5 20 0 5 20 0 5 20 ' ] &&
	$tiny -n 20 conv3:3 >x.nnt && nn-slice -k conv3:3 snap.nnt | tail -c \$(wc -c <x.nnt) | cmp - x.nnt"

check '-o: a PNG per unit' "$tiny -n 4 -o dir conv3:0-2 'logit(red)' conv3:-1 && ls dir | tr '\n' ' ' >ls &&
	[ \"\$(cat ls)\" = 'conv3_-1.png conv3_0.png conv3_1.png conv3_2.png logit_red.png ' ]"
check 'text fields, readable by PNG tools' 'nn-image dir/conv3_1.png | strings >f &&
	grep -q "model=tiny$" f && for l in unit=conv3:1 "objective=channel(conv3:1)" steps=4 seed=0; do
	grep -qxF "$l" f || exit 1; done &&
	grep -q "^value=[0-9.e-]*$" f && grep -q "^version=" f'
check 'the picture is that of the stream' "$tiny -n 4 conv3:1 >c.nnt && nn-image dir/conv3_1.png | nn-diff -a 0.002 - c.nnt"
ls -i --time-style=full-iso -l dir | awk '{ print $1, $8, $9 }' >before
check 'what is there is not made again' "$tiny -n 4 -o dir conv3:0-2 'logit(red)' conv3:-1 &&
	ls -i --time-style=full-iso -l dir | awk '{ print \$1, \$8, \$9 }' | cmp - before"
check 'what is missing, cut off or made otherwise is' "cp dir/conv3_0.png keep && rm dir/conv3_0.png &&
	head -c 900 keep >dir/conv3_1.png && $tiny -n 4 -S 5 -o dir conv3:2 && $tiny -n 4 -o dir conv3:0-2 &&
	cmp keep dir/conv3_0.png && nn-image dir/conv3_2.png | strings | grep -qx seed=0 && nn-image dir/conv3_1.png >z.nnt"
check '-n with -o' "$tiny -n 1,4 -o steps conv3:0 && [ \"\$(ls steps | tr '\n' ' ')\" = 'conv3_0.png conv3_0.step1.png ' ]"
check 'ended, and begun again' '(nn-vis -m net.nnt -s 32 -n 40 -b 1 -o kill "conv3:*" & p=$!; i=0
	while [ ! -f kill/conv3_1.png ] && [ $i -lt 300 ]; do sleep 0.1; i=$((i + 1)); done; kill -9 $p; wait $p) 2>/dev/null
	for f in kill/*.png; do nn-image "$f" >z.nnt || exit 1; done; nn-vis -m net.nnt -s 32 -n 40 -o kill "conv3:*" &&
	[ "$(ls kill | wc -l)" -eq 32 ] && nn-vis -m net.nnt -s 32 -n 40 conv3:31 >z.nnt &&
	nn-image kill/conv3_31.png | nn-diff -a 0.002 - z.nnt'

fails 1 "no layer 'conv9': did you mean" 'no such layer' nn-vis -m net.nnt conv9:3
fails 1 'has 32 channels, from 0: no 32' 'no such channel' nn-vis -m net.nnt conv3:0-32
fails 1 "no objective 'chanel'" 'no such objective' nn-vis -m net.nnt 'chanel(conv3:1)'
fails 2 'no unit' 'nothing to do' nn-vis -m net.nnt
fails 2 "no parameterisation 'ftt'" 'no such parameterisation' nn-vis -m net.nnt -P ftt conv3:1
fails 2 "no key 'sb'" 'no such key' nn-vis -m net.nnt -P fft,sb=1 conv3:1
fails 2 "no transform 'twist'" 'no such transform' nn-vis -m net.nnt -T twist=1 conv3:1
fails 2 'rising' 'steps that fall' nn-vis -m net.nnt -n 5,4 conv3:1
fails 1 'makes the picture of 8 x 8 one of' 'nothing left' nn-vis -m net.nnt -s 8 -T jitter=9 conv3:1
fails 1 'not a folder' 'a file for a folder' nn-vis -m net.nnt -n 1 -o net.nnt conv3:1

# a unit that nothing wakes: relu(-1 - relu(x)) is silent for every picture
if /usr/bin/python3 -c 'import onnx, numpy' 2>/dev/null; then
	/usr/bin/python3 - <<-'EOF'
		import numpy as np, onnx
		from onnx import helper as h, numpy_helper as nh
		w = np.zeros((4, 3, 1, 1), 'f4'); w[1:] = 1
		b = np.array([-1, 0, 0, 0], 'f4')
		big = np.array([1, 1e30, 1, 1], 'f4').reshape(1, 4, 1, 1)
		g = h.make_graph([h.make_node('Conv', ['x', 'w', 'b'], ['c'], 'c'), h.make_node('Relu', ['c'], ['r'], 'r'),
		        h.make_node('Mul', ['r', 'k'], ['m'], 'm'), h.make_node('Mul', ['m', 'm'], ['q'], 'q'),
		        h.make_node('Flatten', ['r'], ['f'], 'f'), h.make_node('MatMul', ['f', 'd'], ['fixed'], 'fixed')],
		    'g', [h.make_tensor_value_info('x', 1, ['n', 3, 16, 16])], [h.make_tensor_value_info('fixed', 1, ['n', 2])],
		    [nh.from_array(w, 'w'), nh.from_array(b, 'b'), nh.from_array(big, 'k'),
		     nh.from_array(np.ones((1024, 2), 'f4'), 'd')])
		onnx.save(h.make_model(g, opset_imports=[h.make_opsetid('', 13)], ir_version=7), 'odd.onnx')
	EOF
	nn-load -p unit odd.onnx >odd.nnt
	fails 0 'r:0 stays dead' 'a dead unit is told of by name' sh -c 'nn-vis -m odd.nnt -s 16 -n 20 r:0-1 >dead.nnt'
	check 'and in its metadata' '[ "$(strings dead.nnt | grep -cx dead=1)" -eq 1 ] && [ "$(strings dead.nnt | grep -c ^unit=)" -eq 2 ]'
	fails 1 'q:1: no picture: a number that is not finite at step 1' 'a number that is not finite' \
		sh -c 'nn-vis -m odd.nnt -s 16 -n 5 q:0-2 >nan.nnt'
	check 'and the others are made' '[ "$(strings nan.nnt | sed -n "s/^unit=//p" | tr "\n" " ")" = "q:0 q:2 " ]'
	check 'a net of one size only' 'nn-vis -m odd.nnt -n 5 fixed:1 >fixed.nnt && nn-info fixed.nnt | grep -q 1x3x16x16'
	check 'into a folder, twice' 'nn-vis -m odd.nnt -n 5 -o one fixed:0-1 && ls -i one >one.txt &&
		nn-vis -m odd.nnt -n 5 -o one fixed:0-1 && ls -i one | cmp - one.txt'
	fails 1 'fixed' 'and no other size' nn-vis -m odd.nnt -s 20 -n 5 fixed:1
else
	skip 'no onnx for python' 'dead units'
fi

# every row of the tables is in nn-spec(7), with its keys, and the standard transforms as they are
page=$top/man/nn-spec.7
for table in objective parameterisation transform; do
	sed -n 's/^NN_[A-Z]*(\(.*\))$/\1/p' "$top/libcore/$table/$table.def" >rows
	check "nn-spec(7) has every $table" "[ -s rows ] && while read -r r; do
		grep -q \"^\.It Cm \$r\\( \\|\$\\)\" '$page' || { echo no \$r; exit 1; }; done <rows"
done
check 'and the keys' "sed -n 's/.*{\"\([a-z]*\)\", \".*, [-0-9.]*, [-0-9.]*, [-0-9.]*}.*/\1/p' '$top'/libcore/parameterisation.c \
	'$top'/libcore/parameterisation/*.c >keys && [ \$(wc -l <keys) -ge 3 ] && while read -r k; do
	grep -q \"Cm \$k Ns =\" '$page' || { echo no \$k; exit 1; }; done <keys"
check 'and the standard transforms' "grep -qxF \".Dl \$(sed -n 's/^[[:space:]]*\"\(pad=.*\)\";/\1/p' '$top/libcore/transform.c')\" '$page'"
done_testing
