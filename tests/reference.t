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

# Gradients: within 1e-3 of the largest value, but for places behind a tie in max pooling.  There two
# numbers are equal but for the last bit, and which one is taken differs between any two programs: on
# these pictures PyTorch in float32 and in float64 disagree by up to 3e-2.  A tie changes the numbers of one spot of the picture.
cat >gradients.awk <<'EOS'
{
	gsub(/[][",:{}]/, "")
	for (i = 1; i < NF; i++) value[$i] = $(i + 1)
}
END {
	printf "largest error %.2g, %d of %d numbers above 1e-3\n",
		value["difference"] / value["largest"], value["apart"], value["count"]
	exit !(value["count"] > 0 && value["apart"] <= value["count"] / 50 &&
		value["difference"] <= .05 * value["largest"])
}
EOS

# gradient_agrees ISA PICTURE FILE
gradient_agrees() {
	what=$(basename "$3" .npy)
	what=${what#grad_}
	NN_ISA=$1 nn-grad -m net.nnt -O "channel($(named "${what%_*}"):${what##*_})" "$2/input.npy" |
		nn-diff -j -t 1e-3 "$3" - | awk -f gradients.awk
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
