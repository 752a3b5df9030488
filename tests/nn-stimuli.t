#!/bin/sh
# nn-stimuli: every family draws, sweeps and series are what they say, the same bytes from the same seed
. "${0%/*}/lib.sh"

families=$(nn-stimuli -l | sed -n 's/^\([a-z]*\): .*/\1/p')
check 'at least 20 classes' '[ "$(nn-stimuli -c | wc -l)" -ge 20 ]'
check 'patterns, objects and the scene are listed' \
	'for f in line edge curve grating noise letter wheel scene; do
		nn-stimuli -l | grep -q "^$f: " || exit 1
	done'
for f in $families; do
	ok "$f draws" sh -c "nn-stimuli -s 32 -n 3 $f >$f.nnt"
	ok "$f: the same again, with one thread" sh -c "OMP_NUM_THREADS=1 nn-stimuli -s 32 -n 3 $f | cmp - $f.nnt"
done
nn-stimuli -s 40x24 -n 5 scene >five.nnt
nn-stimuli -s 40x24 -n 2 scene >first.nnt
nn-stimuli -s 40x24 -n 3 -f 2 scene >rest.nnt
ok 'a series in parts' sh -c 'cat first.nnt rest.nnt | cmp - five.nnt'
ok 'another seed is another series' sh -c '! nn-stimuli -s 40x24 -S 1 -n 5 scene | cmp -s - five.nnt'
ok 'two threads' sh -c 'OMP_NUM_THREADS=2 nn-stimuli -s 40x24 -n 5 scene | cmp - five.nnt'

# what the metadata says draws the same picture
nn-stimuli -s 32 -S 7 -f 3 -n 1 wheel >wheel.nnt
text=$(strings wheel.nnt | sed -n 's/^stimulus=//p')
ok 'stimulus= gives the picture back' sh -c "nn-stimuli -s 32 -S 7 -f 3 '$text' | cmp - wheel.nnt"

# a sweep: count, order, and the values in the metadata
nn-stimuli -s 16 -g angle=0:90:45 -g radius=0.5,1 curve >sweep.nnt
strings sweep.nnt | grep '^\(angle\|radius\)=' | paste -s -d ' ' >got
echo 'angle=0 radius=0.5 angle=0 radius=1 angle=45 radius=0.5 angle=45 radius=1' \
	'angle=90 radius=0.5 angle=90 radius=1' >want
same 'the last of a grid varies fastest' got want
nn-stimuli -s 16 curve:angle=45,radius=0.5 >one.nnt
ok 'a swept picture is the one written out' sh -c \
	'nn-slice -i "*" sweep.nnt >/dev/null && nn-slice -k curve-2 sweep.nnt >a.nnt && nn-diff a.nnt one.nnt'

# boxes: where the object is, in a scene with nothing else
nn-stimuli -s 64 -n 20 'scene:class=die,occlusion=0,clutter=0,ground=plain,noise=0,blur=0' >die.nnt
check 'labels and classes' '[ "$(strings die.nnt | grep -c "^label=die$")" = 20 ] &&
	[ "$(strings die.nnt | grep -c "^class=$(($(nn-stimuli -c | grep -n die | cut -d: -f1) - 1))$")" = 20 ]'
check 'boxes are within the picture' 'strings die.nnt | sed -n "s/^box=//p" | awk -F, "
	!(\$1 >= 0 && \$1 < \$3 && \$3 <= 64 && \$2 >= 0 && \$2 < \$4 && \$4 <= 64) { bad = 1 }
	END { exit bad || NR != 20 }"'
check 'two objects, two classes' 'nn-stimuli -n 40 scene:objects=2 | strings |
	awk -F= "/^class=/ { c = \$2 } /^class2=/ { n++; if (\$2 == c) bad = 1 } END { exit bad || n != 40 }"'

fails 2 'want a family' 'no family' nn-stimuli
fails 1 "no family 'whel': did you mean 'wheel'" 'a wrong family' nn-stimuli whel
fails 1 "wheel has no parameter 'spoke': did you mean 'spokes'" 'a wrong parameter' nn-stimuli wheel:spoke=3
fails 1 'spokes is within 3 and 16, not 17' 'out of range' nn-stimuli wheel:spokes=17
fails 1 'spokes is a whole number, not 3.5' 'not whole' nn-stimuli wheel:spokes=3.5
fails 1 'want PARAMETER=VALUE' 'no value' nn-stimuli wheel:spokes
fails 1 "not a number|number" 'not a number' nn-stimuli wheel:spokes=x
fails 1 'ground is one of plain gradient noise patches' 'not a word' nn-stimuli wheel:ground=grass
fails 2 'want PARAMETER=LOW:HIGH:STEP' 'a grid without values' nn-stimuli -g angle wheel
fails 1 'STEP above 0' 'a grid without end' nn-stimuli -g angle=0:90:0 wheel
fails 1 'more than a million' 'a huge grid' nn-stimuli -g angle=0:90:1e-9 wheel
fails 2 "-s" 'a size of nothing' nn-stimuli -s 0 wheel
done_testing
