# SPDX-License-Identifier: ISC
"""What peer.c talks to, for peers in Python; peer.h tells the protocol."""
import statistics
import sys
import time


def measure(once, seconds):
    """Median and best of what ran for so long, in ms."""
    times, begun = [], time.perf_counter()
    while not times or time.perf_counter() - begun < seconds:
        before = time.perf_counter()
        once()
        times.append(time.perf_counter() - before)
    return 1e3 * statistics.median(times), 1e3 * min(times)


def serve(name, prepare):
    """prepare(file, layer, picture, threads) gives what runs once and returns an array, and how it does."""
    import numpy as np

    def say(text):
        print(text.replace("\n", " "), flush=True)

    say(name)
    once = None
    for line in sys.stdin:
        word, *rest = line.rstrip("\n").split("\t")
        try:
            if word == "open":
                once = None
                path, layer, shape, threads, source, result = rest
                shape = [int(d) for d in shape.split("x")]
                picture = np.fromfile(source, "f4").reshape(shape)
                once, how = prepare(path, layer, picture, int(threads))
                np.ascontiguousarray(once(), "f4").tofile(result)
                say("ok\t" + how)
            elif word == "close":
                once = None
                say("ok\t")
            else:
                median, best = measure(once, float(rest[0]))
                time.sleep(.02)  # threads that spin for a while are asleep when the next one begins
                say("%.6f\t%.6f" % (median, best))
        except Exception as e:  # whatever it is, bench goes on without this peer
            say("no\t%s: %s" % (type(e).__name__, e))
