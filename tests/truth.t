#!/bin/sh
# SPDX-License-Identifier: ISC
# What is known of the built-in network: how often it is right, that pictures made for its classes
# are of these classes, that its edge detectors keep their orientation. tests/attribution.c has the rest.
# shellcheck disable=SC2016,SC2154
. "${0%/*}/lib.sh"

nn-load demo >demo.nnt
nn-stimuli -c >classes
check 'its labels are the classes of the scenes' \
	'nn-info -j demo.nnt | sed "s/.*\"labels\":\[//; s/\].*//; s/\"//g" | tr , "\n" | cmp - classes'

# the accuracy that nn-demo(7) states, less two points, on scenes that nobody saw before
stated=$(sed -n 's/^.*accuracy of \([0-9.]*\) %.*$/\1/p' "$top/man/nn-demo.7")
check 'the page states an accuracy' "[ -n '$stated' ]"
nn-stimuli -S 20261123 -n 960 scene >scenes.nnt
strings scenes.nnt | sed -n 's/^class=//p' >want
nn-activations -m demo.nnt scenes.nnt | nn-top -k 1 | cut -f 4 >got
paste want got | awk '{ n += $1 == $2 } END { printf "# right: %.2f %% of %d\n", 100 * n / NR, NR }' | tee right
check "at least $stated - 2 % of fresh scenes are right" "awk -v stated='$stated' '
	{ exit !(\$3 >= stated - 2 && \$6 == 960) }' right"

# pictures made for the classes, seen whole and cut to another size and place
nn-vis -q -m demo.nnt -s 72 -n 64 'logits:*' >made.nnt
nn-activations -m demo.nnt -s 72 made.nnt | nn-top -k 1 | cut -f 4 >whole
nn-slice -i '*,*,3-66,6-69' made.nnt | nn-activations -m demo.nnt -s 64 | nn-top -k 1 | cut -f 4 >part
for f in whole part; do
	awk '{ n += $1 == NR - 1 } END { printf "# %d of %d\n", n, NR }' $f
	check "pictures made for a class are of it, $f: at least 90 %" \
		"awk '{ n += \$1 == NR - 1 } END { exit !(NR == 24 && n >= 0.9 * NR) }' $f"
done

# preferred TABLE: the best angle of each channel that is tuned (its best answer twice its worst)
preferred() {
	awk 'NR == 1 { for (i = 2; i <= NF; i++) name[i] = $i; next }
		{ for (i = 2; i <= NF; i++) {
			if (NR == 2 || $i > most[i]) { most[i] = $i; at[i] = $1 }
			if (NR == 2 || $i < least[i]) least[i] = $i } }
		END { for (i in name) if (most[i] > 0.05 && most[i] > 2 * least[i]) print name[i], at[i] % 180 }' |
		sort
}
sweep() {
	nn-stimuli -g "angle=$1" -g phase=0,90,180,270 grating:frequency=4 |
		nn-activations -m demo.nnt -l relu1 -R mean | nn-tune -p angle -k 32 | preferred
}
sweep 0:165:15 >straight
sweep 97.5:262.5:15 >turned
join straight turned >both
echo "# $(wc -l <both) of 32 channels are tuned"
check 'at least a quarter of the first layer is tuned to orientation' '[ "$(wc -l <both)" -ge 8 ]'
check 'and prefers the same one when the sweep is turned' 'awk "{
	d = \$2 - \$3; if (d < 0) d = -d; if (d > 90) d = 180 - d
	if (d > 15) { print; bad = 1 } } END { exit bad }" both'
done_testing
