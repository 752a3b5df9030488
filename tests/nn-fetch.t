#!/bin/sh
# SPDX-License-Identifier: ISC
# nn-fetch against a server on loopback: good files, wrong ones, cut and resumed downloads.
# shellcheck disable=SC2016,SC2154
. "${0%/*}/lib.sh"

XDG_DATA_HOME=$scratch/data
export XDG_DATA_HOME
check 'the zoo is listed with sizes' 'nn-load -z | grep -q "^vgg16 .* MB "'
check 'a row has address, size, sum, range' 'nn-load -z alexnet >row &&
	grep -q "^address: https://" row && grep -q "^bytes: [0-9]*$" row &&
	grep -Eq "^sha256: [0-9a-f]{64}$" row && grep -q "^range: caffe$" row'
check 'every row has a checksum' 'for m in $(nn-load -z | sed -n "s/ .* MB .*//p"); do
	nn-load -z "$m" | grep -Eq "^sha256: [0-9a-f]{64}$" || { echo "$m"; exit 1; }
done'
fails 1 'nn-fetch vgg16.* downloads it' 'a model that is not there says how to get it' nn-load vgg16
fails 1 'no such model' 'no such row' nn-load -z nothing
fails 1 'no such model' 'nothing to fetch' nn-fetch nothing
fails 2 'usage' 'no model' nn-fetch
ok 'a model that is built in' nn-fetch tiny
check 'a folder of that name does not hide it' 'mkdir tiny && nn-load tiny >net.nnt'

if ! command -v curl >/dev/null || ! command -v python3 >/dev/null; then
	skip 'no curl or no python3' 'downloads'
	done_testing
	exit
fi

# the server: files below served/, ranges; what is asked below cut/ ends after half of what it says
cat >server.py <<'END'
import http.server, os, re

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = os.path.basename(self.path)
        if self.path.startswith("/none/"):
            self.send_error(404)
            return
        with open(os.path.join("served", name), "rb") as f:
            data = f.read()
        first = re.match(r"bytes=(\d+)-$", self.headers.get("Range", ""))
        start = int(first.group(1)) if first else 0
        with open("requests", "a") as log:
            log.write("%s %d\n" % (self.path, start))
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", "bytes %d-%d/%d" % (start, len(data) - 1, len(data)))
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        end = len(data) // 2 if self.path.startswith("/cut/") else len(data)
        self.wfile.write(data[start:end])

    def log_message(self, *_):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
with open("port.new", "w") as f:
    f.write(str(server.server_port))
os.rename("port.new", "port")
server.serve_forever()
END
mkdir served
nn-load tiny >served/model.onnx
echo 'n01440764 tench, Tinca tinca' >served/synset.txt
: >requests
python3 server.py &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$scratch"' EXIT
i=0
until [ -s port ] || [ $i -ge 100 ]; do
	sleep 0.1
	i=$((i + 1))
done
at=http://127.0.0.1:$(cat port)
size=$(($(wc -c <served/model.onnx)))
sum=$(sha256sum <served/model.onnx | cut -c1-64)
describe() { # FOLDER SIZE SUM
	printf 'name: alexnet\nbytes: %s\naddress: %s/%s/model.onnx\nsha256: %s\nlabels: %s/good/synset.txt\n' \
		"$2" "$at" "$1" "$3" "$at"
}
there=data/nnscope/alexnet.onnx

describe good "$size" "$(printf %064d 0)" >wrong
fails 1 'SHA-256 .* want 0000' 'a wrong checksum is refused' nn-fetch -q -z wrong alexnet
check 'and nothing is left' '[ ! -e data/nnscope/alexnet.onnx ] && [ ! -e data/nnscope/alexnet.onnx.part ]'
describe good $((size + 1)) "$sum" >wrong
fails 1 "has $size bytes" 'a wrong size is refused' nn-fetch -q -z wrong alexnet
fails 1 '404' 'a file that is not there' nn-fetch -q -z wrong -u "$at/none" alexnet

describe cut "$size" "$sum" >row
fails 1 'run it again' 'a cut connection' nn-fetch -q -z row alexnet
check 'what came is kept, under another name' \
	"[ ! -e $there ] && [ \$(wc -c <$there.part) -eq $((size / 2)) ]"
fails 1 'not on this machine' 'and is not taken for the model' nn-load alexnet
describe good "$size" "$sum" >row
ok 'run again' nn-fetch -q -z row alexnet
check 'it went on where it stopped' "grep -qx '/good/model.onnx $((size / 2))' requests"
same 'the file is whole' $there served/model.onnx
ok 'nn-load finds it' sh -c 'nn-load alexnet >alexnet.nnt'
check 'the labels came, too' 'nn-info -j alexnet.nnt | grep -q "\"tench, Tinca tinca\""'
: >requests
ok 'once more' nn-fetch -q -z row alexnet
check 'fetches nothing' '[ ! -s requests ]'
printf x >>$there
fails 1 'remove it' 'a file that was changed is told of' nn-fetch -q -z row alexnet
rm $there
ok 'from a mirror' nn-fetch -q -z row -u "$at/good" alexnet
rm $there
sed -i '/^sha256/d' row
fails 0 'no checksum' 'without a checksum it says so' nn-fetch -z row alexnet
done_testing
