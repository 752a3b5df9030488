#!/bin/sh
# SPDX-License-Identifier: ISC
# The built-in model says what pictures show.
. "${0%/*}/lib.sh"

# named LABEL AWK: a picture of 64 x 64, whose red, green, blue at x, y the text gives, is named so
named() {
	awk "BEGIN {
		print \"P3 64 64 255\"
		for (y = 0; y < 64; y++)
			for (x = 0; x < 64; x++) {
				$2
				printf \"%d %d %d\\n\", r, g, b
			}
	}" > p.ppm
	check "$1" "nn-activations -m tiny p.ppm | nn-top -k 1 | grep -q '	$1\$'"
}

named 'red' 'r = 255; g = b = 0'
named 'green' 'g = 255; r = b = 0'
named 'blue' 'b = 255; r = g = 0'
named 'yellow' 'r = g = 255; b = 0'
named 'bright' 'r = g = b = 255'
named 'dark' 'r = g = b = 0'
named 'fine vertical lines' 'r = g = b = x % 3 ? 60 : 250'
named 'fine horizontal lines' 'r = g = b = y % 3 ? 60 : 250'
named 'coarse vertical lines' 'r = g = b = x % 6 < 3 ? 60 : 250'
named 'coarse rising lines' 'r = g = b = (x + y) % 8 < 4 ? 60 : 250'
named 'coarse falling lines' 'r = g = b = (x - y + 64) % 8 < 4 ? 60 : 250'
named 'light spots' 'i = x % 10 - 5; j = y % 10 - 5; r = g = b = 110 + 130 * exp(-(i * i + j * j) / 4)'
named 'dark spots' 'i = x % 10 - 5; j = y % 10 - 5; r = g = b = 110 - 100 * exp(-(i * i + j * j) / 4)'

# no unit of any layer is silent on noise and edges
awk 'BEGIN {
	srand(1)
	print "P3 64 64 255"
	for (i = 0; i < 4096; i++) {
		x = i % 64; y = int(i / 64)
		if (x % 16 == 0 || y % 16 == 0) {
			r = rand() * 255; g = rand() * 255; b = rand() * 255
		}
		print int(r), int(g), int(b)
	}
}' > p.ppm
nn-activations -m tiny -l 'relu?' -R max p.ppm > max.nnt
check 'no unit is dead' 'nn-info -j max.nnt | tee max.json | grep -c "\"min\":0[,}]" | grep -qx 0 && test -s max.json'

done_testing
