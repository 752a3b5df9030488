#!/bin/sh
# SPDX-License-Identifier: ISC
# nn-image: pictures become tensors.
# shellcheck disable=SC2016,SC2154 # the text of checks is for sh -c; shared is of lib.sh
. "${0%/*}/lib.sh"

printf 'P6 2 1 255\n\377\0\063\0\377\146' >a.ppm
printf 'P5 4 2 255\n\0\0\0\0\377\377\377\377' >b.pgm

# numbers FILE COUNT: the first numbers of the only tensor of a stream, whose rest is zeros
numbers() {
	tail -c 64 "$1" | od -An -v -tf4 | tr -s ' \n' '  ' | cut -d' ' -f 2-"$(($2 + 1))"
}

check 'a picture' 'nn-image a.ppm >a.nnt && nn-info a.nnt | grep "^a  f32 1x3x1x2"'
numbers a.nnt 6 >got
check 'red, green, blue, 0 to 1' 'read -r l <got && [ "$l" = "1 0 0 1 0.2 0.4" ] || { cat got; false; }'
check 'where it is from' 'nn-info a.nnt | grep "source=a.ppm"'
check 'stdin' 'nn-image <a.ppm >b.nnt && nn-image - <a.ppm | cmp - b.nnt &&
	nn-info b.nnt | grep "^stdin  f32 1x3x1x2"'
check 'several' 'nn-image a.ppm b.pgm >ab.nnt && [ "$(nn-info ab.nnt | grep -c f32)" -eq 2 ]'
check 'as one stream after the other' 'nn-image b.pgm >b.nnt && cat a.nnt b.nnt | cmp - ab.nnt'
check 'a size' 'nn-image -s 6x5 b.pgm >s.nnt && nn-info s.nnt | grep "b  f32 1x3x5x6" &&
	nn-info s.nnt | grep "size=4x2" && nn-info s.nnt | grep "scale=2.5"'
check 'a stream is fitted as a picture is' 'nn-image -s 6x5 b.nnt | cmp - s.nnt'
check 'a square' 'nn-image -s 3 b.pgm | nn-info | grep 1x3x3x3'
check 'pad' 'nn-image -f pad -s 8 b.pgm | nn-info | grep "crop=0,-1,4,4"'
check 'stretch' 'nn-image -f stretch -s 8x2 b.pgm | nn-info | grep "scale=2,1"'
check 'a batch' 'nn-image -b -s 4 a.ppm b.pgm | nn-info >info && grep "pictures  f32 2x3x4x4" info &&
	grep "source.0=a.ppm" info && grep "source.1=b.pgm" info && grep "size.1=4x2" info'
check 'a batch comes apart again' 'nn-image -b -s 4 a.ppm b.pgm | nn-image | nn-slice -n 1 >one &&
	nn-image -s 4 a.ppm | tail -c 192 >want && tail -c 192 one | cmp - want'

fails 1 'b: a batch wants one size: have 4x2 after 2x1, give -s' 'a batch of two sizes' \
	nn-image -b a.ppm b.pgm
fails 1 "cannot open|No such file" 'a file that is not there' nn-image nothing.png
fails 1 'not a picture' 'a text' nn-image "$tests/lib.sh"
fails 1 '/dev/null' 'nothing' nn-image /dev/null
head -c 12 a.ppm >cut.ppm
fails 1 'cut.ppm: PNM: the file ends early' 'a picture that is cut off' nn-image cut.ppm
head -c 100 a.nnt >cut.nnt
fails 1 'cut.nnt' 'a stream that is cut off' nn-image cut.nnt
nn-image -b -s 4 a.ppm a.ppm >two.nnt
nn-slice -i '*,0,*,*' two.nnt >one.nnt
fails 1 'is not a picture' 'a tensor that is none' nn-image one.nnt
fails 2 '.box. is none of crop pad stretch' 'an unknown fit' nn-image -f box -s 4 a.ppm
fails 2 '-s, which is missing' 'a fit without a size' nn-image -f pad a.ppm
fails 2 'not a size' 'a bad size' nn-image -s 0x4 a.ppm
fails 2 'usage' 'an unknown option' nn-image -y a.ppm
fails 1 'cannot write stdout' 'a full disk' sh -c 'nn-image a.ppm >/dev/full'
fails 1 'too many' 'a size that is too large' nn-image -s 65535 a.ppm
nn-image -s 2000 a.ppm 2>err | head -c 100 >part
check 'a closed pipe ends it quietly' '[ ! -s err ] && [ "$(wc -c <part)" -eq 100 ]'

if [ -d "$shared/data/reference" ]; then
	for p in cat ILSVRC2012_val_00008338; do
		want=$shared/data/reference/alexnet_conv/$p/input.npy
		nn-image -s 227 "$shared/data/pictures/$p.jpg" >"$p.nnt"
		# the reference was cut to 8 bits between and after the two directions of its resampling
		ok "$p.jpg is what Python makes of it" nn-diff -a 0.017 "$p.nnt" "$want"
	done
	ok 'a thousand photographs' sh -c \
		"nn-image -b -s 8 '$shared'/data/photos/*.jpg | nn-info | grep 1000x3x8x8"
else
	skip 'no shared data' 'pictures are what Python makes of them'
fi
done_testing
