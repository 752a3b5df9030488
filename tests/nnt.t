#!/bin/sh
# SPDX-License-Identifier: ISC
# The readers in nnt(5) are complete: they are taken from the page, compiled, run and compared.
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

# the displays of the page, each a file that its first line names
awk '/^\.Bd -literal/ { inside = 1; file = ""; next }
	/^\.Ed/ { inside = 0; next }
	!inside { next }
	file == "" { file = $2 }
	{ gsub(/\\e/, "\\"); print >file }' "$top/man/nnt.5"

ok 'the C reader compiles' cc -std=c99 -Wall -Wextra -Wno-sign-compare -Werror -o nntsum nntsum.c
nn-load tiny >net.nnt
nn-slice -k 'conv*' net.nnt >weights.nnt
cat net.nnt weights.nnt >both.nnt
./nntsum <both.nnt >sums
check 'it reads a net and what follows' \
	'[ "$(grep -c " sum " sums)" -eq "$((1 + $(sed -n "s/^weights=//p" sums) + 4))" ]'
check 'name, shape and metadata are there' \
	'grep -q "^u8 [0-9]* .tiny. sum " sums && grep -q "^kind=net$" sums &&
	grep -q "^f32 [0-9]* [0-9]* 7 7 .conv1.weight. sum" sums'
head -c 1000 net.nnt >cut.nnt
fails 1 'ends inside a record' 'it refuses a cut stream' sh -c './nntsum <cut.nnt'

numpy() {
	/usr/bin/python3 -c 'import numpy' 2>/dev/null
}
if numpy; then
	/usr/bin/python3 nnt.py <both.nnt >copy.nnt
	same 'the NumPy module reads and writes the same bytes' both.nnt copy.nnt
	cat >make.py <<-'PY'
		import nnt, sys, numpy as np
		for i, t in enumerate(nnt.TYPES.values()):
		    for shape in (), (0,), (3,), (2, 0, 3), (1, 2, 3, 1, 2, 1, 1, 2):
		        a = (np.arange(np.prod(shape, dtype=int)).reshape(shape) - (2 if i != 2 else 0))
		        a = (a * (1.25 if i < 2 else 1)).astype(t)
		        nnt.write(sys.stdout.buffer, f'\udcff{i}', {'key': 'a=b', 'e': ''}, a)
		        print(a.dtype.name.replace('float', 'f').replace('uint', 'u').replace('int', 'i'),
		              *shape, "sum %.9g" % a.sum(dtype=float), file=sys.stderr)
	PY
	/usr/bin/python3 make.py >types.nnt 2>want
	check 'the NumPy module makes all types' '[ "$(wc -l <want)" -eq 25 ]'
	./nntsum <types.nnt | grep -a sum | sed "s/ '.*' / /" >got
	same 'the C reader gives the same sums' want got
	nn-slice types.nnt >again.nnt
	same 'nn-slice copies them' types.nnt again.nnt
	nn-npy -o npz.npz types.nnt
	ok 'nn-npy writes the same numbers' nn-diff -t 0 types.nnt npz.npz
else
	skip 'no NumPy' 'the NumPy module'
fi
done_testing
