#!/bin/sh
# SPDX-License-Identifier: ISC
# nn-activations: layers, batches, inputs, reductions; the same bits whatever the batch and the threads.
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

# picture SIZE SHIFT: colours that change along both sides
picture() {
	awk -v s="$1" -v d="$2" 'BEGIN { print "P3 " s " " s - 5 " 255"
		for (y = 0; y < s - 5; y++) for (x = 0; x < s; x++)
			print (x * 7 + d) % 256, (y * 5 + x + d) % 256, (x * y + d) % 256 }'
}
nn-load tiny >net.nnt
for i in 1 2 3 4 5 6 7; do picture $((60 + i)) $((i * 40)) >p$i.ppm; done
nn-activations -m net.nnt -l conv1 -l 'relu?' -l prob -b 1 p?.ppm >one.nnt
for b in 2 4 7 64; do
	check "the same bits in batches of $b" \
		"nn-activations -m net.nnt -l conv1 -l 'relu?' -l prob -b $b p?.ppm | cmp - one.nnt"
done
check 'the same bits with 1 and 2 threads' 'OMP_NUM_THREADS=1 nn-activations -m net.nnt -l prob p1.ppm >t1 &&
	OMP_NUM_THREADS=2 nn-activations -m net.nnt -l prob p1.ppm | cmp - t1'
check 'picture by picture, layer by layer' '[ "$(strings -n 4 one.nnt | grep "^layer=" | head -n 6 | tr "\n" " ")" = \
	"layer=conv1 layer=relu1 layer=relu2 layer=relu3 layer=prob layer=conv1 " ]'
check 'a layer named twice comes once' 'nn-activations -m net.nnt -l conv1 -l "conv*" -l conv3 p1.ppm >c.nnt &&
	[ "$(strings -n 4 c.nnt | grep -c "^layer=")" -eq 2 ]'
check 'without -l, the output' 'nn-activations -m net.nnt p1.ppm | cmp - t1'
check 'metadata' 'for l in model=tiny layer=prob source=p1.ppm size=61x56; do strings t1 | grep -q "$l$" || exit 1; done'
check 'labels are those of the net' 'strings -n 4 t1 | grep -q "^labels=.*	red	green	"'
check 'no labels where channels are no classes' '! strings -n 4 c.nnt | grep -q "^labels="'

check 'the model from stdin' 'nn-activations p1.ppm <net.nnt | cmp - t1'
check 'and a pipe' 'cat net.nnt | nn-activations -m - p1.ppm | cmp - t1'
check 'the picture after it' 'cat net.nnt p1.ppm | nn-activations >s.nnt && nn-diff -t 0 s.nnt t1'
check 'tensors after it' '(cat net.nnt; nn-image -s 64 p1.ppm) | nn-activations | nn-diff -t 0 - t1'
check 'a model of the zoo' 'nn-activations -m tiny p1.ppm | cmp - t1'
check 'a batch counts as its pictures' 'nn-image -b -s 64 p1.ppm p2.ppm p3.ppm >b.nnt &&
	nn-activations -m net.nnt -l prob b.nnt >b && nn-activations -m net.nnt -l prob p1.ppm p2.ppm p3.ppm |
	nn-diff -t 0 - b && strings b | grep -qx item=2'
check 'sizes may be mixed' 'nn-image -s 64 p1.ppm >64.nnt && nn-image -s 48x40 p2.ppm >48.nnt &&
	nn-activations -m net.nnt -l conv3 64.nnt 48.nnt 48.nnt 64.nnt >m && for f in 64 48 48 64; do
	nn-activations -m net.nnt -l conv3 $f.nnt; done | cmp - m'
check '-s and -f are those of nn-image' 'nn-image -s 80x64 -f pad p1.ppm | nn-activations -m net.nnt -l conv1 |
	nn-diff -t 0 - p.nnt; nn-activations -m net.nnt -l conv1 -s 80x64 -f pad p1.ppm >p.nnt &&
	nn-image -s 80x64 -f pad p1.ppm | nn-activations -m net.nnt -l conv1 | nn-diff -t 0 - p.nnt'

nn-activations -m net.nnt -l conv1 p1.ppm >full.nnt
check '-R mean and max' 'nn-activations -m net.nnt -l conv1 -R max p1.ppm >max.nnt &&
	nn-top -k 24 max.nnt | cut -f 2,3 >max && nn-top -k 24 full.nnt | sed "s/@[0-9,]*//" | cut -f 2,3 | cmp - max &&
	nn-activations -m net.nnt -l conv1 -R mean p1.ppm | strings | grep -qx reduce=mean'
if /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
	check 'as NumPy has it' 'nn-npy full.nnt >f.npy && nn-activations -m net.nnt -l conv1 -R mean p1.ppm | nn-npy >m.npy &&
		/usr/bin/python3 -c "if 1:
		import numpy as np
		f, m = np.load(\"f.npy\"), np.load(\"m.npy\")
		assert m.shape == f.shape[:2] and abs(f.mean((2, 3), dtype=float) - m).max() < 1e-6"'
	check 'bytes 0..255 are pictures, too' '/usr/bin/python3 -c "if 1:
		import numpy as np
		a = np.random.RandomState(0).randint(0, 256, (3, 64, 64))
		np.save(\"u.npy\", a.astype(\"u1\")); np.save(\"g.npy\", (a / 255).astype(\"f4\"))" &&
		nn-activations -m net.nnt u.npy >u.nnt && nn-activations -m net.nnt g.npy | nn-diff -t 1e-6 u.nnt -'
else
	skip 'no NumPy' '-R as NumPy has it; bytes'
fi
for isa in portable avx2 avx512 neon; do
	if NN_ISA=$isa nn-activations -m net.nnt p1.ppm >isa.nnt 2>/dev/null; then
		ok "$isa agrees" nn-diff -t 1e-5 isa.nnt t1
	else
		skip 'not on this machine' "$isa agrees"
	fi
done

fails 1 "^nn-activations: no layer 'conv': did you mean 'conv1'\?" 'no such layer' nn-activations -m net.nnt -l conv p1.ppm
fails 1 '^nn-activations: nomodel: no such file' 'no such model' nn-activations -m nomodel p1.ppm
fails 1 '^nn-activations: stdin: no picture or tensor after the net' 'nothing after the net' sh -c 'nn-activations <net.nnt'
fails 1 "^nn-activations: 'conv1' is 1x24x64x64: want a picture|^nn-activations: 'conv1' is 1x[0-9]*x64x64: want a picture" \
	'no picture' nn-activations -m net.nnt full.nnt
fails 1 "^nn-activations: 'tiny' is a second net" 'two nets' nn-activations -m net.nnt net.nnt
fails 2 "^nn-activations: -R: 'sum' is none of none mean max" 'no reduction' nn-activations -m net.nnt -R sum p1.ppm
fails 2 "^nn-activations: -f: 'fit' is none of crop" 'no fit' nn-activations -m net.nnt -f fit p1.ppm
fails 2 '^nn-activations: -b: ' 'no batch' nn-activations -m net.nnt -b 0 p1.ppm

if [ -d "$shared/data" ]; then
	fails 1 'the file does not say which range of input it wants: use nn-load -p' 'a model file without a range' \
		nn-activations -m "$shared/data/models/squeezenet_v1.1.onnx" p1.ppm
else
	skip 'no ../shared' 'a model file without a range'
fi
done_testing
