#!/bin/sh
# SPDX-License-Identifier: ISC
# Each part of the bench in a small form, without peers: it ends well and prints JSON, a line for each thing.
. "${0%/*}/lib.sh"

bench=$build/tests/bench/bench
perl -MJSON::PP -e 1 2>/dev/null || skip_all "perl has no JSON::PP"

# lines FILE NAME FIELD...: JSON lines, at least one with this in its name, where all fields are above 0
cat >lines.pl <<'EOF'
use JSON::PP;
my ($file, $name, @fields) = @ARGV;
my $good = 0;
open my $f, '<', $file or die;
while (<$f>) {
	my $line = decode_json($_);
	next if index($line->{name}, $name) < 0;
	$line->{$_} > 0 or die "$_ in: " . encode_json($line) . "\n" for @fields;
	$good++;
}
die "no line\n" unless $good;
EOF
small() {
	(cd "$top" && NN_BUILD=$scratch NN_SHARED=$shared "$bench" -j -b 1 -t .001 -n 1 -p none "$@") >out
}
mkdir bin && cp "$build"/bin/nn-* bin/ || exit 1

ok 'conv runs' small -f 1x7 conv
ok 'conv: lines' perl lines.pl out '1x7 s1 128-128 at 17 backward' ms best_ms gflops percent_of_peak threads batch
ok 'vis runs' small -f nn- vis
ok 'vis: start' perl lines.pl out 'nn-info -V' ms best_ms peak_mb
ok 'vis: a job of every tool that is a program' perl lines.pl out 'nn-tune -p' ms peak_mb
if [ -r "$shared/data/models/squeezenet_v1.1.onnx" ]; then
	ok 'net runs' small -f squeezenet_v1.1 net
	ok 'net: lines' perl lines.pl out squeezenet_v1.1 ms best_ms gflops percent_of_peak threads batch
	ok 'grad runs' small -f 'squeezenet fire9' grad
	ok 'grad: lines' perl lines.pl out 'squeezenet fire9' ms best_ms gflops percent_of_peak threads batch
else
	skip 'no shared data' 'net and grad'
fi
fails 2 usage 'an option that is none' small -x
done_testing
