#!/bin/sh
# SPDX-License-Identifier: ISC
# nn-vis against the same recipe in PyTorch, and against units made before. Takes minutes: only when asked.
. "${0%/*}/lib.sh"
data=$shared/data
[ -n "${NN_LUCID-}" ] || skip_all 'set NN_LUCID=1 to compare for some minutes'
[ -d "$data/models" ] || skip_all 'no shared data'

nn-load -p caffe "$data/models/squeezenet_v1.1.onnx" >squeezenet.nnt
nn-load -p caffe "$data/models/googlenet_4c.onnx" >googlenet.nnt

# mean activations of units that a PyTorch loop reached
cat >want <<'EOF'
squeezenet fire4/concat:12 1616
squeezenet fire9/concat:7 525
squeezenet fire9/concat:100 588
squeezenet logits:281 555
googlenet inception_3b/output:50 1504
googlenet inception_4c/output:447 862
googlenet inception_4c/output:5 1061
googlenet inception_4a/output:97 3019
EOF
while read -r net unit before; do
	echo "$unit $before $(nn-vis -m "$net".nnt "$unit" | strings | sed -n 's/^activation=//p')"
done <want | awk '{ print $3 / $2, $1, $2, $3 }' | sort -n >ratios
sed 's/^/# /' ratios
check 'eight units: the median is at least 95 %' \
	"awk '{ r[NR] = \$1 } END { exit !(NR == 8 && (r[4] + r[5]) / 2 >= 0.95) }' ratios"

if /usr/bin/python3 -c 'import onnx, torch, PIL' 2>/dev/null; then
	nn-vis -m squeezenet.nnt -o pictures fire9/concat:0-15
	"$tests/lucid.py" "$data/models/squeezenet_v1.1.onnx" fire9/concat 0-15 pictures >loop
	sed 's/^/# /' loop
	check 'fire9/concat:0-15: at least 95 % of the loop' "awk '\$1 == \"all\" { good = \$4 >= 0.95 } END { exit !good }' loop"
else
	skip 'no torch, onnx or PIL for python' 'the loop in PyTorch'
fi
done_testing
