#!/bin/sh
# SPDX-License-Identifier: ISC
# Networks of torchvision against torch, forward and backward.  Three small ones; all with
# NN_TEST_NETWORKS=all, which takes minutes, or those that it names.
. "${0%/*}/lib.sh"

python=${PYTHON:-/usr/bin/python3}

"$python" -c 'import torchvision, onnx' 2>/dev/null || skip_all "no torchvision for $python"
case ${NN_TEST_NETWORKS:-} in
all) set -- ;;
'') set -- googlenet mobilenet_v3_large shufflenet_v2_x1_0 ;;
*)
	# names apart
	# shellcheck disable=SC2086
	set -- $NN_TEST_NETWORKS
	;;
esac
"$python" "$tests/networks.py" "$@"
