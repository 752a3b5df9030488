#!/bin/sh
# SPDX-License-Identifier: ISC
# Real networks on real pictures: layers and gradients against those that another program computed.
. "${0%/*}/lib.sh"
[ -d "$shared/data/reference" ] || skip_all 'no ../shared'

isas=
nn-load tiny >net.nnt
for isa in portable avx2 avx512 neon; do
	NN_ISA=$isa nn-activations -m net.nnt "$shared/data/pictures/cat.jpg" >t 2>/dev/null && isas="$isas $isa"
done

# named NAME: the layer that a file is called after, with '_' for '/'
named() {
	while read -r l; do
		[ "$(echo "$l" | tr / _)" != "$1" ] || echo "$l"
	done <layers
}

# layers_agree ISA PICTURE FILE...: all layers that there are files of, in one run
layers_agree() {
	NN_ISA=$1 picture=$2
	export NN_ISA
	shift 2
	nn-npy "$@" >want.nnt
	for f; do
		set -- "$@" -l "$(named "$(basename "$f" .npy)")"
		shift
	done
	nn-activations -m net.nnt "$@" "$picture/input.npy" | nn-diff -t 1e-4 want.nnt -
}

# Gradients: within 1e-3 of the largest value.  Two of the stored ones took the other side of a tie: of a
# sum that is zero but for rounding before relu2, and of two equal numbers in a pool.  There PyTorch in
# float64 is 1.06e-2 and 1.04e-3 away from them, and so are we.
bound() {
	case $1 in
	*alexnet_conv/ILSVRC2012_val_00008338/grad_relu3_100.npy) echo 1.1e-2 ;;
	*resnet18_layer3/cat/grad_layer3.1_17.npy) echo 1.1e-3 ;;
	*) echo 1e-3 ;;
	esac
}

# gradient_agrees ISA PICTURE FILE
gradient_agrees() {
	what=$(basename "$3" .npy)
	what=${what#grad_}
	NN_ISA=$1 nn-grad -m net.nnt -O "channel($(named "${what%_*}"):${what##*_})" "$2/input.npy" |
		nn-diff -t "$(bound "$3")" "$3" -
}

for model in "$shared"/data/reference/*; do
	m=${model##*/}
	case $m in
	*.png) continue ;;
	resnet*) preset=torch ;;
	*) preset=caffe ;;
	esac
	nn-load -p "$preset" "$shared/data/models/$m.onnx" >net.nnt
	nn-slice -n 1 net.nnt | strings -n 2 | awk '$1 == "node" { print $3 }' >layers
	for picture in "$model"/*; do
		set --
		for f in "$picture"/*.npy; do
			case ${f##*/} in input.npy | grad_*) ;; *) set -- "$@" "$f" ;; esac
		done
		for isa in $isas; do
			ok "$m, ${picture##*/}, $# layers, $isa" layers_agree "$isa" "$picture" "$@"
			for f in "$picture"/grad_*.npy; do
				ok "$m, ${picture##*/}, $(basename "$f" .npy), $isa" gradient_agrees "$isa" "$picture" "$f"
			done
		done
	done
done
done_testing
