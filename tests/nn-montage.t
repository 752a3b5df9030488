#!/bin/sh
# SPDX-License-Identifier: ISC
# nn-montage: tensors become one picture.
# shellcheck disable=SC2016 # the text of checks is for sh -c
. "${0%/*}/lib.sh"

printf 'P6 2 2 255\n\377\0\063\0\377\146\1\2\3\4\5\6' >a.ppm
printf 'P2 40 30 255\n' >b.pgm
awk 'BEGIN { for (i = 0; i < 1200; i++) print (i * 7) % 256 }' >>b.pgm
nn-image a.ppm >a.nnt
nn-image b.pgm >b.nnt
nn-load tiny >net.nnt
nn-activations -m net.nnt -l 'relu?' -l prob b.pgm >acts.nnt

# size FILE: width x height of a PNG
size() {
	od -An -j16 -N8 -tu1 "$1" | awk '{ print $1 * 16777216 + $2 * 65536 + $3 * 256 + $4 "x" \
		$5 * 16777216 + $6 * 65536 + $7 * 256 + $8 }'
}
# sized WxH FILE
sized() {
	got=$(size "$2")
	[ "$got" = "$1" ] || { echo "$2 is $got, want $1"; false; }
}

check 'a picture, exact' 'nn-montage -g 0 -z 1 a.nnt >a.png && nn-image a.png >back.nnt &&
	nn-diff -a 0 a.nnt back.nnt'
ok 'small ones are enlarged' sh -c 'nn-montage a.ppm >z.png'
ok 'to 32 pixels and a gap' sized 36x36 z.png
nn-montage -z 3 -g 5 -c 2 a.nnt a.nnt a.nnt >g.png
ok 'columns, gap and zoom' sized 27x27 g.png
nn-montage -c 2 -z 1 -g 0 a.nnt b.nnt >m.png
ok 'cells as large as the largest' sized 80x30 m.png
nn-activations -m net.nnt -l relu1 b.pgm | nn-montage -z 1 -g 1 >maps.png
nn-info -l relu1 net.nnt >/dev/null
ok 'sixteen maps are four by four' sh -c 'nn-image maps.png | nn-info | grep "1x3x[0-9]*x[0-9]*"'
check 'every kind, with captions' 'nn-montage -x -o all.png acts.nnt b.nnt && nn-image all.png >all.nnt'
check 'the same bytes again' 'nn-montage -x acts.nnt b.nnt | cmp - all.png'
check 'text fields tell the range' 'strings all.png | grep tEXttensor.1 &&
	strings all.png | grep "relu1 .* shown 0..*magma"'
check 'what all share is kept' 'nn-montage acts.nnt >acts.png && nn-image acts.png | nn-info | grep model=tiny'
check 'the range on request' 'nn-montage -v acts.nnt 2>err >out.png && grep "relu1: values 0..*shown 0.*magma" err'
check 'a given range' 'nn-montage -v -r -1,2.5 acts.nnt 2>err >out.png && grep "shown -1..2.5 redblue" err'
check 'silence without -v' 'nn-montage acts.nnt 2>err >out.png && [ ! -s err ]'
check 'maps have names' 'for m in magma viridis grey redblue; do nn-montage -C $m acts.nnt >$m.png || exit; done
	! cmp -s magma.png viridis.png && cmp magma.png out.png'
fails 2 'no colour map .jet.: there are magma viridis grey redblue' 'no jet' nn-montage -C jet acts.nnt
check 'the page lists the maps' 'for m in magma viridis grey redblue; do
	grep -q "^.It Cm $m" "'"$top"'/man/nn-montage.1" || exit; done'

# a stream with NaN and infinity: the numbers of a picture of 2x2 replaced
{ head -c "$(($(wc -c <a.nnt) - 64))" a.nnt; printf '\0\0\300\177\0\0\200\177\0\0\0\0\0\0\0\0'
	head -c 48 /dev/zero; } >odd.nnt
check 'what is not finite is told' 'nn-montage -g 0 -z 1 odd.nnt 2>err >odd.png && grep "2 of 12 values are not finite" err'
check 'unless -q' 'nn-montage -q odd.nnt 2>err >/dev/null && [ ! -s err ]'
nn-image odd.png | tail -c 64 | od -An -v -tf4 | tr -s ' \n' '  ' >got
echo >>got
check 'and is cyan' 'read -r l <got && [ "$l" = "0 0 0 0 1 1 0 0 1 1 0 0 0 0 0 0" ] || { cat got; false; }'

fails 1 'is a net' 'a net is not shown' nn-montage net.nnt
fails 1 '/dev/null' 'nothing' nn-montage /dev/null
head -c 300 acts.nnt >cut.nnt
fails 1 'cut.nnt' 'a stream that is cut off' nn-montage -o never.png cut.nnt
check 'leaves no file' '[ ! -e never.png ] && ! ls | grep never'
fails 1 'too large|cannot be' 'a sheet that is too large' nn-montage -z 1024 acts.nnt
fails 2 'LOW,HIGH' 'a bad range' nn-montage -r 2,1 acts.nnt
fails 2 'LOW,HIGH' 'half a range' nn-montage -r 2 acts.nnt
fails 2 'usage' 'an unknown option' nn-montage -y acts.nnt
fails 1 'cannot write|No space' 'a full disk' sh -c 'nn-montage acts.nnt >/dev/full'
nn-montage acts.nnt 2>err | head -c 10 >part
check 'a closed pipe ends it quietly' '[ ! -s err ] && [ "$(wc -c <part)" -eq 10 ]'
printf 'P1 1 1 1' >dot.pbm
i=0
while [ $i -lt 2048 ]; do echo dot.pbm; i=$((i + 1)); done >list
# shellcheck disable=SC2046 # a list of names
check 'two thousand pictures' "nn-montage -z 1 -g 0 $(tr '\n' ' ' <list) >many.png"
ok 'in 64 columns' sized 64x32 many.png
done_testing
