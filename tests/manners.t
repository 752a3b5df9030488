#!/bin/sh
# SPDX-License-Identifier: ISC
# What holds for every tool: -h and -V, wrong arguments, wrong input, a full disk, a closed pipe.
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

nn-load tiny >net.nnt
awk 'BEGIN { print "P3 64 64 255"; for (i = 0; i < 12288; i++) print i * 7 % 256 }' >p.ppm
nn-montage -o cat.png p.ppm
nn-activations -m net.nnt -l conv1 -l prob cat.png >acts.nnt
head -c 1000 acts.nnt >cut.nnt
head -c 5000 net.nnt >cutnet.nnt
echo 'dear network, this is a letter' >letter.txt

# What a tool needs besides the file under test, so that the file is what is wrong.
# feed TOOL FILE: the command that reads FILE as tensors or pictures
feed() {
	case $1 in
	nn-activations) echo "$1 -m net.nnt $2" ;;
	nn-grad) echo "$1 -m net.nnt -O 'channel(conv1:0)' $2" ;;
	nn-diff) echo "$1 $2 acts.nnt" ;;
	nn-vis) echo "$1 -m net.nnt -n 1 -s 32 -i $2 conv1:0" ;;
	nn-stimuli) ;; # reads nothing
	*) echo "$1 $2" ;;
	esac
}
# model TOOL FILE: the command that reads FILE as a model
model() {
	case $1 in
	nn-load) echo "$1 -p raw $2" ;;
	nn-activations) echo "$1 -m $2 cat.png" ;;
	nn-grad) echo "$1 -m $2 -O 'channel(conv1:0)' cat.png" ;;
	nn-vis) echo "$1 -m $2 -n 1 -s 32 conv1:0" ;;
	esac
}
# good TOOL: a command that writes to stdout and succeeds
good() {
	case $1 in
	nn-load) echo "$1 tiny" ;;
	nn-activations) echo "$1 -m net.nnt -l conv1 cat.png" ;;
	nn-grad) echo "$1 -m net.nnt -O 'channel(conv1:0)' cat.png" ;;
	nn-diff) echo "$1 acts.nnt acts.nnt" ;;
	nn-vis) echo "$1 -m net.nnt -n 1 -s 32 conv1:0" ;;
	nn-npy) echo "nn-slice -n 1 acts.nnt | $1" ;;
	nn-image) echo "$1 cat.png" ;;
	nn-tune) echo "nn-stimuli -s 64 -g angle=0,90 line | nn-activations -m net.nnt -R mean -l conv1 | $1" ;;
	nn-stimuli) awk '/^\.Sh EXAMPLES/ { e = 1 } e && /^nn-stimuli/ { sub(/[|>].*/, ""); print; exit }' \
		"$top/man/nn-stimuli.1" ;;
	*) echo "$1 acts.nnt" ;;
	esac
}

# refuses STATUS NAME TOOL COMMAND: fails so, says why in a line that begins with the tool's name,
# and leaves nothing behind
refuses() {
	want=$1 count=$((count + 1)) tool=$3
	ls -A >../before
	sh -c "$4" </dev/null >../out 2>../err
	got=$?
	ls -A >../after
	problem=
	# shellcheck disable=SC2254 # a pattern
	case $got in $want) ;; *) problem="status $got, want $want; " ;; esac
	head -n 1 ../err | grep -q "^$tool: ." || problem="${problem}the message does not begin with '$tool: '; "
	head -n 1 ../err | grep -q '\.$' && problem="${problem}a full stop; "
	cmp -s ../before ../after || problem="${problem}left: $(comm -13 ../before ../after | tr '\n' ' ')"
	if [ -z "$problem" ]; then
		echo "ok $count - $tool: $2"
	else
		echo "not ok $count - $tool: $2: $4"
		echo "# $problem"
		sed 's/^/# /' ../err | head -n 5
	fi
}
mkdir here
mv net.nnt p.ppm cat.png acts.nnt cut.nnt cutnet.nnt letter.txt here
cd here || exit 1

for tool in "$build"/bin/nn-*; do
	[ "$(head -c 2 "$tool")" != '#!' ] || continue # pipelines have their own tests
	t=${tool##*/}
	check "$t: -h" "$t -h >../h 2>../e && grep -q '^usage: $t ' ../h && [ ! -s ../e ]"
	check "$t: -V" "$t -V | grep -q '^$t '"
	refuses 2 'an unknown option' "$t" "$t -%"
	letter=$("$t" -h | grep -o '\[-[a-zA-Z] [^]]' | head -n 1 | cut -c 3)
	[ -z "$letter" ] || refuses 2 "-$letter without its value" "$t" "$t -$letter"
	refuses '[12]' 'no arguments, nothing on stdin' "$t" "$t"
	c=$(feed "$t" FILE)
	if [ -n "$c" ]; then
		for f in /dev/null nowhere . cut.nnt letter.txt; do
			refuses 1 "$f" "$t" "$(feed "$t" $f)"
		done
		refuses 1 'a cut stream on a pipe' "$t" "cat cut.nnt | $(feed "$t" -)"
	fi
	c=$(model "$t" FILE)
	if [ -n "$c" ]; then
		for f in /dev/null nowhere . cutnet.nnt cat.png letter.txt acts.nnt; do
			refuses 1 "$f as a model" "$t" "$(model "$t" $f)"
		done
	fi
	g=$(good "$t")
	check "$t: a good run" "$g >../good && [ -s ../good ]"
	refuses 1 'a full disk' "$t" "$g >/dev/full"
	check "$t: a closed pipe ends it quietly" "{ $g 2>../err; echo \$? >../status; } | head -c 100 >/dev/null
		case \$(cat ../status) in 0 | 141) [ ! -s ../err ] ;; *) cat ../err; false ;; esac"
done
done_testing
