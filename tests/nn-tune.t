#!/bin/sh
# SPDX-License-Identifier: ISC
# nn-tune: the built-in filters prefer the orientation that they were made for.
# shellcheck disable=SC2154
. "${0%/*}/lib.sh"

nn-stimuli -s 64 -g angle=0:165:15 -g phase=0,90,180,270 grating:frequency=4 >g.nnt
nn-activations -m tiny -l relu1 -R mean g.nnt >a.nnt
nn-tune -p angle -c 4,6 a.nnt >t
check 'a header' '[ "$(head -n 1 t)" = "$(printf "angle\trelu1:4\trelu1:6")" ]'
check 'a line for each angle' '[ "$(wc -l <t)" = 13 ]'
check 'upright bars are best for the first, level ones for the second' 'awk "NR > 1 {
	if (\$2 > a) { a = \$2; at = \$1 }
	if (\$3 > b) { b = \$3; bt = \$1 } } END { exit at != 0 || bt != 90 }" t'
check 'phases are averaged' '[ "$(nn-tune -p phase -c 4 a.nnt | wc -l)" = 5 ]'
check '-k orders by how much answers differ' 'nn-tune -p angle -k 2 a.nnt >k && awk "NR > 1 {
	if (NR == 2 || \$2 > a) a = \$2
	if (NR == 2 || \$2 < b) b = \$2
	if (NR == 2 || \$3 > c) c = \$3
	if (NR == 2 || \$3 < d) d = \$3 } END { exit a - b < c - d }" k'
ok 'a picture' nn-tune -p angle -o t.png a.nnt
check 'that is a PNG' 'nn-image t.png | nn-info - | grep -q 360x640'
nn-stimuli -s 64 -g angle=0,90 grating | nn-activations -m tiny -l relu1 -R max >one.nnt
check 'a sole parameter need not be named' 'nn-tune one.nnt | head -n 1 | grep -q "^angle"'
nn-slice -i '*,4-7' one.nnt >cut.nnt
check 'a cut layer keeps its numbers' 'nn-tune -k 1 -c 5 cut.nnt | head -n 1 | grep -q "relu1:5$"'
fails 1 'angle,phase were swept' 'which of two' nn-tune a.nnt
fails 1 "no number 'x'" 'a parameter that is not there' nn-tune -p x a.nnt
fails 2 '-c' 'a channel that is not there' nn-tune -p angle -c 99 a.nnt
nn-activations -m tiny -l relu1 g.nnt >maps.nnt
fails 1 'has positions' 'maps' nn-tune maps.nnt
nn-stimuli -s 64 wheel | nn-activations -m tiny -l relu1 -R max >none.nnt
fails 1 'no parameter was swept' 'no sweep' nn-tune none.nnt
done_testing
