#!/bin/sh
# SPDX-License-Identifier: ISC
# nn-npy: what NumPy writes is read, what is written NumPy reads.
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"

nn-load tiny >net.nnt
printf 'P3 2 1 255 255 0 0 0 0 255\n' >p.ppm
nn-activations -m net.nnt -l conv1 -l prob p.ppm >acts.nnt

check 'one tensor becomes .npy, and comes back' \
	'nn-slice -n 1 acts.nnt | nn-npy >c.npy && nn-npy c.npy | nn-diff -t 0 - acts.nnt 2>&1 | grep -q equal'
check 'the name is that of the file' 'nn-npy c.npy | nn-diff - c.npy | grep -q "^c 1x"'
check 'a folder of files' 'nn-npy -o dir acts.nnt && [ "$(ls dir)" = "conv1.npy
prob.npy" ]'
check 'an archive, and back' 'nn-npy -o a.npz acts.nnt && nn-npy a.npz >a.nnt && nn-diff -t 0 a.nnt acts.nnt'
check 'the suffix .npy is one file' 'nn-slice -n 1 acts.nnt | nn-npy -o one.npy && cmp one.npy c.npy'
check 'a picture becomes an array' 'nn-npy p.ppm | nn-diff -t 0 - p.ppm'
check 'equal names get numbers' 'cat acts.nnt acts.nnt acts.nnt | nn-npy -o dup &&
	[ "$(ls dup | tr "\n" " ")" = "conv1.2.npy conv1.3.npy conv1.npy prob.2.npy prob.3.npy prob.npy " ]'
check 'slashes become _' 'nn-slice -k "mixed2/1x1.*" net.nnt | nn-npy -o s && [ -f s/mixed2_1x1.bias.npy ]'
check 'arrays one after another' 'cat c.npy c.npy | nn-npy >2.nnt && cat c.npy c.npy | nn-diff -t 0 - 2.nnt'

fails 1 "^nn-npy: more than one tensor \('conv1', 'prob'\)" 'two tensors on stdout' nn-npy acts.nnt
fails 1 "more than one tensor" 'two tensors in one file' nn-npy -o two.npy acts.nnt
ok 'and there is no file' test ! -e two.npy
fails 1 '^nn-npy: nowhere/x.npz: No such file' 'no folder' nn-npy -o nowhere/x.npz acts.nnt
head -c 100 c.npy >cut.npy
fails 1 '^nn-npy: cut.npy: the file ends inside the header' 'a cut header' nn-npy cut.npy
head -c 1000 c.npy >cut.npy
fails 1 '^nn-npy: cut.npy: want 12288 bytes of numbers, 872 are left|^nn-npy: cut.npy: want [0-9]* bytes' \
	'cut numbers' nn-npy cut.npy
head -c 1000 a.npz >cut.npz
fails 1 '^nn-npy: cut.npz: archive without an end' 'a cut archive' nn-npy cut.npz
fails 1 '^nn-npy: cannot write.*: No space' 'a full disk' sh -c 'nn-npy c.npy >/dev/full'
fails 1 '^nn-npy: labels/conv1.npy: Not a directory' 'a file where the folder should be' sh -c '>labels; nn-npy -o labels acts.nnt'

if /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
	cat >make.py <<-'PY'
		import numpy as np
		a = np.arange(24).reshape(2, 3, 4)
		types = 'f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1'.split()
		all = {}
		for t in types:
		    for o in '<>':
		        all[f'{t}{"be"[o == "<"]}'] = a.astype(o + t)
		        all[f'{t}{"be"[o == "<"]}f'] = np.asfortranarray(a.astype(o + t))
		all['scalar'] = np.float64(1.5)
		all['empty'] = np.zeros((0, 3))
		np.savez('stored.npz', **all)
		np.savez_compressed('packed.npz', **all)
		plain = {k: np.asarray(v, order='C').astype(
		    {'f2': 'f2', 'f4': 'f4', 'f8': 'f4', 'u1': 'u1', 'b1': 'u1', 'i8': 'i8', 'u4': 'i8',
		     'u8': 'i8'}.get(k[:2], 'f4' if k in ('scalar', 'empty') else 'i4')) for k, v in all.items()}
		np.savez('plain.npz', **plain)
	PY
	cat >same.py <<-'PY'
		import sys, numpy as np
		a, b = np.load(sys.argv[1]), np.load(sys.argv[2])
		assert list(a) == list(b), (list(a), list(b))
		for k in a:
		    assert a[k].dtype == b[k].dtype and a[k].shape == b[k].shape, (k, a[k].dtype, b[k].dtype)
		    assert (a[k] == b[k]).all(), k
	PY
	/usr/bin/python3 make.py
	nn-npy stored.npz >stored.nnt
	nn-npy packed.npz >packed.nnt
	same 'deflated and stored archives are the same' stored.nnt packed.nnt
	nn-npy -o ours.npz stored.nnt
	ok 'all types and orders, as NumPy converts them' /usr/bin/python3 same.py ours.npz plain.npz
	ok 'NumPy finds no fault in the archive' /usr/bin/python3 -c 'if 1:
		import zipfile
		assert zipfile.ZipFile("ours.npz").testzip() is None'
	/usr/bin/python3 -c 'if 1:
		import numpy as np
		np.save("c8.npy", np.zeros(2, "c8")); np.save("big.npy", np.array([2**63], "u8"))
		np.save("rec.npy", np.zeros(2, [("a", "f4")]))'
	fails 1 "c8.npy: numbers of type '<c8'" 'complex numbers' nn-npy c8.npy
	fails 1 'big.npy: 9223372036854775808 does not fit' 'too large an integer' nn-npy big.npy
	fails 1 'rec.npy: an array of records' 'records' nn-npy rec.npy
else
	skip 'no NumPy' 'what NumPy writes'
fi
done_testing
