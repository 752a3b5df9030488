# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# TAP for tests in sh.  A test begins with:  . "${0%/*}/lib.sh"  and is then in an empty scratch
# folder of its own, with the tools of the build first on PATH.  It ends with:  done_testing

set -u
tests=$(cd "${0%/*}" && pwd)
top=${tests%/*}
build=${NN_BUILD:-$top/build}
PATH=$build/bin:$PATH
export PATH LC_ALL=C
# threads that wait for work by spinning take the processor from those that have some, on a busy machine
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
shared=${NN_SHARED:-$top/../shared} # real networks and pictures; tests skip by name what needs it
scratch=$(mktemp -d "${TMPDIR:-/tmp}/nn-test.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
cd "$scratch" || exit 1
count=0

# ok NAME COMMAND...: the command succeeds
ok() {
	count=$((count + 1)) name=$1
	shift
	if "$@" >out.tap 2>&1; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name (status $?)"
		sed 's/^/# /' out.tap | head -n 20
	fi
}

# check NAME 'SHELL': the shell text succeeds; its output is shown when it does not
check() {
	ok "$1" sh -c "$2"
}

# fails STATUS PATTERN NAME COMMAND...: exits with STATUS and says PATTERN (a grep -E) on stderr, in one line
fails() {
	status=$1 pattern=$2 name=$3
	shift 3
	count=$((count + 1))
	"$@" >out.tap 2>err.tap
	got=$?
	if [ "$got" -eq "$status" ] && grep -Eq -e "$pattern" err.tap; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		echo "# status $got, want $status; stderr, want '$pattern':"
		sed 's/^/# /' err.tap | head -n 20
	fi
}

# same NAME A B: two files have the same bytes
same() {
	ok "$1" cmp "$2" "$3"
}

# skip REASON NAME: what cannot be tried here
skip() {
	count=$((count + 1))
	echo "ok $count - $2 # SKIP $1"
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

done_testing() {
	echo "1..$count"
}
