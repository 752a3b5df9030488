#!/bin/sh
# SPDX-License-Identifier: ISC
# nn-load: the built-in model, ranges, labels, what is refused, real networks.
. "${0%/*}/lib.sh"

ok 'a built-in model' sh -c 'nn-load tiny > tiny.nnt'
ok 'loading a stored net again' sh -c 'nn-load tiny.nnt > again.nnt'
same 'changes nothing' tiny.nnt again.nnt
ok 'from stdin' sh -c 'nn-load - < tiny.nnt > again.nnt'
same 'as well' tiny.nnt again.nnt
ok 'from a pipe' sh -c 'cat tiny.nnt | nn-load > again.nnt'
same 'also' tiny.nnt again.nnt
check 'the net is readable text first' 'head -c 4000 tiny.nnt | grep -aq "^node Conv conv1 "'
check 'the zoo is listed' 'nn-load -z | grep -q "^tiny "'
check 'formats are listed' 'nn-load -F | grep -q "^onnx " && nn-load -F | grep -q "^nnt "'
check '-N names it' 'nn-load -N mine tiny.nnt > mine.nnt && nn-info mine.nnt | grep -q "^mine: "'
check '-v counts weights' 'nn-load -v tiny 2>&1 >/dev/null | grep -q "10 weights"'

seq 16 > labels
check '-L replaces labels' \
	'nn-load -L labels tiny > l.nnt && nn-info -j l.nnt | grep -q "\"labels\":\[\"1\",\"2\""'
seq 15 > few
check 'too few labels are warned of' 'nn-load -L few tiny 2>&1 >/dev/null | grep -q "15 labels for 16"'
fails 1 'labels|none' 'no label file' nn-load -L none tiny

fails 1 'input range already' 'a second range' nn-load -p caffe tiny
fails 1 'no such file, and no model of the zoo' 'no such model' nn-load nothing.onnx
fails 1 'empty' 'nothing on stdin' sh -c 'nn-load < /dev/null'
fails 1 'empty' '/dev/null as a model' nn-load /dev/null
printf '\211PNG\r\n\032\n' > p.png
fails 1 'not a model' 'a picture as a model' nn-load p.png
echo text > t.onnx
fails 1 't.onnx: byte' 'text as a model' nn-load t.onnx
head -c 3000 tiny.nnt > cut.nnt
fails 1 'cut.nnt: byte' 'a cut net' nn-load cut.nnt
fails 1 'cannot write|No space' 'a full disk' sh -c 'nn-load tiny > /dev/full'
check 'a closed pipe is no error' 'nn-load tiny 2>err | head -c 100 >/dev/null && test ! -s err'

fails 2 'no preset' 'an unknown preset' nn-load -p none tiny
fails 2 'one of -p, -r' 'two ranges' nn-load -p caffe -r 0,1 tiny
fails 2 'not a range' 'half a range' nn-load -r 1 tiny
fails 2 'not a range' 'an empty range' nn-load -r 1,1 tiny
fails 2 'neither rgb nor bgr' 'an unknown order' nn-load -c gbr tiny
fails 2 'want 3 numbers' 'two means' nn-load -M 1,2 tiny
fails 2 'deviation of 0' 'a deviation of 0' nn-load -D 1,0,1 tiny
fails 2 'goes with a range' 'an order without range' nn-load -c bgr tiny
fails 2 'one model' 'two models' nn-load tiny tiny
fails 2 'no option' 'an unknown option' nn-load -X tiny

models=$shared/data/models
if [ -d "$models" ]; then
	fails 1 '-p caffe ' 'without a range, presets are listed' nn-load "$models/squeezenet_v1.1.onnx"
	for m in "$models"/*.onnx; do
		n=${m##*/}
		ok "loads $n" sh -c 'nn-load -p caffe "$1" > m.nnt' sh "$m"
		ok "and again $n" sh -c 'nn-load m.nnt > n.nnt && cmp m.nnt n.nnt' sh
		ok "from a pipe $n" sh -c 'cat "$1" | nn-load -N "$2" -p caffe | cmp - m.nnt' sh "$m" "${n%.onnx}"
	done
	m=$models/squeezenet_v1.1.onnx
	ok 'a preset is what it stands for' sh -c \
		'nn-load -p caffe "$1" > a && nn-load -M 104,117,123 -c bgr "$1" > b && cmp a b' sh "$m"
	ok 'a range, too' sh -c \
		'nn-load -p tf "$1" > a && nn-load -r -1,1 "$1" > b && cmp a b' sh "$m"
	printf 'P6 2 1 255\nabcdef' > p.ppm
	ok 'and 0 to 1' sh -c 'for o in "-p unit" "-r 0,1"; do
		nn-load $o "$1" | nn-activations -l preprocess p.ppm > "r$o" || exit 1
	done; nn-diff "r-p unit" "r-r 0,1"' sh "$m"
	check 'raw adds nothing' "nn-load -p raw $m | nn-info | grep -c Preprocess | grep -qx 0"
else
	skip "no $models" 'real networks'
fi

done_testing
