#!/bin/sh
# SPDX-License-Identifier: ISC
# What make install puts where, and that make uninstall takes all of it away.
. "${0%/*}/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS

# -o all: what is built is taken as it is
made() {
	make -s -C "$top" B="$build" -o all PREFIX=/usr DESTDIR="$scratch/root" "$@"
}

ok 'install' made install
ok 'a tool runs from there' root/usr/bin/nn-load -V
check 'every tool and script is there' \
	"for f in '$build'/bin/*; do [ -x root/usr/bin/\${f##*/} ] || exit 1; done"
check 'every page is there' \
	"for f in '$top'/man/*.[1-9]; do [ -f root/usr/share/man/man\${f##*.}/\${f##*/} ] || exit 1; done"
ok 'uninstall' made uninstall
check 'nothing is left' '[ -z "$(find root -type f)" ]'
done_testing
