#!/bin/sh
# SPDX-License-Identifier: ISC
# nn-grad: against differences, with respect to layers, the rules of ReLU (reference.t has real networks).
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

picture() {
	awk -v s="$1" -v d="$2" 'BEGIN { print "P3 " s " " s - 5 " 255"
		for (y = 0; y < s - 5; y++) for (x = 0; x < s; x++)
			print (x * 7 + d) % 256, (y * 5 + x + d) % 256, (x * y + d) % 256 }'
}
nn-load tiny >net.nnt
picture 40 0 >a.ppm
picture 44 90 >b.ppm
nn-image -s 32 a.ppm >a.nnt
nn-image -s 32 b.ppm >b.nnt
grad='nn-grad -m net.nnt'

check 'the shape and name of the picture' "$grad -O conv3:3 a.nnt >g.nnt && nn-info g.nnt | grep -q '^a .*1x3x32x32'"
check 'metadata' 'for l in "objective=channel(conv3:3)" model=tiny; do strings g.nnt | grep -qxF "$l" || exit 1; done
	strings g.nnt | grep -q "source=a.ppm$" && strings g.nnt | grep -q "^value=[-0-9.e]*$" && ! strings g.nnt | grep -q "^rule="'
check 'the value is the activation' 'v=$(strings g.nnt | sed -n "s/^value=//p") && nn-activations -m net.nnt -l conv3 -R mean a.nnt |
	nn-slice -i 0,3 | nn-top | awk -v v="$v" "{ d = \$3 - v; exit d * d > 1e-10 * v * v }"'
if /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
	# noise has no two windows alike, of which a max-pool would have to choose
	/usr/bin/python3 -c 'import numpy as np
np.save("x.npy", np.random.RandomState(0).rand(1, 3, 32, 32).astype("f4"))'
	for o in conv3:3 'logit(red) - 2*logit(3)' 'neuron(relu2:4@3,5) + deepdream(conv1)' 'conv3:-1@0,2'; do
		objective=$o
		export objective
		# the derivative along two directions, from values at both sides
		check "against differences: $o" 'nn-grad -m net.nnt -O "$objective" x.npy | nn-npy >g.npy &&
			/usr/bin/python3 -c "if 1:
			import numpy as np
			x = np.load(\"x.npy\"); r = np.random.RandomState(1)
			for k in 0, 1:
				d = r.randn(*x.shape) if k else np.load(\"g.npy\")
				d *= 0.0005 / np.abs(d).max()
				np.save(\"d%d.npy\" % k, d)
				for s in 1, -1: np.save(\"x%d%d.npy\" % (k, s), (x + s * d).astype(\"f4\"))" &&
			for f in x01 x0-1 x11 x1-1; do nn-grad -m net.nnt -O "$objective" $f.npy | strings | sed -n "s/^value=//p"; done >v &&
			/usr/bin/python3 -c "if 1:
			import numpy as np
			v, g = np.loadtxt(\"v\"), np.load(\"g.npy\").astype(float)
			for k in 0, 1:
				want, have = (v[2 * k] - v[2 * k + 1]) / 2, (np.load(\"d%d.npy\" % k) * g).sum()
				scale = np.abs(np.load(\"d0.npy\") * g).sum()
				assert abs(want - have) < 0.03 * scale, (k, want, have, scale)
			assert scale > 0"'
	done
else
	skip 'no numpy' 'against differences'
fi
check 'of several objectives, in their order' "$grad -O conv3:0-2 -O 'logit(1)' a.nnt b.nnt >m.nnt &&
	[ \"\$(strings m.nnt | sed -n 's/^objective=//p' | tr '\n' ' ')\" = 'channel(conv3:0) channel(conv3:1) channel(conv3:2) logit(1) channel(conv3:0) channel(conv3:1) channel(conv3:2) logit(1) ' ]"
check 'each as by itself' "$grad -O conv3:1 b.nnt >one.nnt && nn-slice -n 6 m.nnt | tail -c \$(wc -c <one.nnt) | cmp - one.nnt"
check 'of a batch, as of its pictures' "nn-image -b -s 32 a.ppm b.ppm | $grad -O conv3:1 | nn-slice -i 1 >second.nnt &&
	nn-diff -t 0 second.nnt one.nnt"
check 'a sum of gradients is the gradient of the sum' "$grad -O 'channel(conv3:0) + channel(conv3:1)' a.nnt | nn-npy >s.npy &&
	$grad -O 'channel(conv3:1) + channel(conv3:0)' a.nnt | nn-npy >t.npy && nn-diff s.npy t.npy"
check 'the negative is the negative' "$grad -O '-1*channel(conv3:3)' a.nnt >n.nnt && $grad -O conv3:-3 a.nnt | nn-diff -t 0 - n.nnt &&
	! nn-diff -q -t 1e-3 n.nnt g.nnt"
check 'with respect to a layer' "$grad -O 'logit(red)' -l conv1 a.nnt >l.nnt && nn-info l.nnt | grep -q '^conv1 .*1x16x32x32' &&
	strings l.nnt | grep -qx layer=conv1"
check 'of a mean to its own layer' "$grad -O conv3:2 -l conv3 a.nnt | nn-slice -i '0,2' | nn-top -k 1 |
	awk '{ d = \$3 * 64 - 1; exit d * d > 1e-10 }'"
for r in redirected guided deconv; do
	check "-G $r" "$grad -G $r -O 'logit(red)' a.nnt >r.nnt && strings r.nnt | grep -qx rule=$r"
done
check 'guided lets less through than plain' "$grad -G guided -O relu1:3 a.nnt | nn-diff -t 0 - g.nnt; [ \$? -eq 1 ]"
check 'the same bits with 1 and 2 threads' "OMP_NUM_THREADS=1 $grad -O conv3:3 a.nnt >t1 && OMP_NUM_THREADS=2 $grad -O conv3:3 a.nnt | cmp - t1"
check 'the model and the picture from stdin' "(nn-load tiny; nn-image -s 32 a.ppm) | nn-grad -O conv3:3 | cmp - g.nnt"

fails 2 'no -O' 'no objective' nn-grad -m net.nnt a.nnt
fails 2 "'odd' is none of plain redirected guided deconv" 'no such rule' nn-grad -m net.nnt -G odd -O conv3:1 a.nnt
fails 1 "no layer 'conv9'" 'no such layer' nn-grad -m net.nnt -O conv9:1 a.nnt
fails 1 "no layer 'conv7'" 'no such layer for -l' nn-grad -m net.nnt -O conv3:1 -l conv7 a.nnt
fails 1 "no gradient reaches 'conv3'" 'a layer behind the objective' nn-grad -m net.nnt -O conv1:1 -l conv3 a.nnt
fails 1 'has 8 x 8 positions' 'no such position' nn-grad -m net.nnt -O conv3:1@8,0 a.nnt

done_testing
