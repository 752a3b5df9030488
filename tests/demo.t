#!/bin/sh
# SPDX-License-Identifier: ISC
# scripts/demo runs, and its pictures are there; the network is built in, whatever the folder and the environment.
# shellcheck disable=SC2016,SC2154
. "${0%/*}/lib.sh"

check 'the network needs no file and no environment' \
	"mkdir empty && cd empty && env -i '$build/bin/nn-load' demo | env -i '$build/bin/nn-info' | grep -q '^demo: '"
ok 'the demonstration runs' sh -c "NN_BUILD='$build' '$top/scripts/demo' -n 2 d >text"
check 'every picture that it names is there' 'for f in $(sed -n "s/^\([a-z][^:]*png\): .*/\1/p" text | tr -d , |
	sed "s/activations-LAYER/activations-relu1/; s/units-LAYER/units-mixed5/"); do
	[ -s "d/$f" ] || { echo "$f"; exit 1; }
done'
check 'it names some' '[ "$(grep -c "^[a-z].*png: " text)" -ge 6 ]'
check 'it tells the classes of the scene' 'grep -q "	cat$" text && grep -q "	mushroom$" text'
done_testing
