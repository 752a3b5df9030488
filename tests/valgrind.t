#!/bin/sh
# SPDX-License-Identifier: ISC
# One run of each tool under valgrind: no error, nothing lost.
. "${0%/*}/lib.sh"
command -v valgrind >/dev/null || skip_all 'no valgrind'
case $(nm "$build/bin/nn-top" 2>/dev/null) in *__asan_init*) skip_all 'a sanitizer build' ;; esac

nn-load tiny >net.nnt
nn-stimuli -s 64 -n 2 ring >two.nnt
nn-slice -n 1 two.nnt | nn-montage -z 1 -g 0 -o cat.png
nn-activations -m net.nnt -l relu1 two.nnt >acts.nnt
nn-stimuli -s 64 -g angle=0:90:45 line | nn-activations -m net.nnt -l relu1 -R mean >sweep.nnt

# clean TOOL ARG...: status 0 and not a word from valgrind
clean() {
	tool=$1
	shift
	ok "$tool" valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
		"$build/bin/$tool" "$@"
}

clean nn-load tiny
clean nn-info net.nnt acts.nnt
clean nn-image -s 32x24 cat.png
clean nn-activations -m net.nnt -l relu1 -l prob cat.png
clean nn-top -k 3 acts.nnt
clean nn-grad -m net.nnt -O relu1:3 cat.png
clean nn-vis -q -m net.nnt -n 3 -s 32 relu1:3,-4
clean nn-montage -x -o out.png acts.nnt
clean nn-slice -n 1 -i '*,0-3' acts.nnt
clean nn-npy -o out.npz acts.nnt
clean nn-diff acts.nnt acts.nnt
clean nn-stimuli -n 2 -s 48 ring
clean nn-tune -p angle -o tune.png sweep.nnt
done_testing
