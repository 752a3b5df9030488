#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""lucid_speed.py MODEL.onnx LAYER THREADS SIZE WARM STEPS: ms of a step of the loop of tests/lucid.py, for
one channel, and for 16 in the batches in which it is fastest; a line each, with how it is done.

Some steps go by first: PyTorch prepares anew for each size that the jitter gives."""
import os
import statistics
import sys
import time

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import lucid  # noqa: E402

LIMIT = 20  # seconds for one way


def step_ms(net, batch, warm, steps, size):
    """Median of so many steps, or of fewer when they take too long."""
    begun, at = time.perf_counter(), []

    def each():
        at.append(time.perf_counter())
        return len(at) > warm + 1 and at[-1] - begun > LIMIT

    lucid.climb(net, 0, batch, warm + steps + 1, size, each)
    return 1e3 * statistics.median(b - a for a, b in zip(at[warm:], at[warm + 1:]))


def main():
    path, layer = sys.argv[1:3]
    threads, size, warm, steps = map(int, sys.argv[3:])
    torch.set_num_threads(threads)
    nets = {"nchw": lucid.Net(path, layer), "channels-last": lucid.Net(path, layer, True)}
    one = min((step_ms(net, 1, warm, steps, size), how) for how, net in nets.items())
    print("%.4f\t%s" % one, flush=True)
    of_16 = [(16 * one[0], one[1] + ", one by one")]
    four = min((4 * step_ms(net, 4, warm, steps, size), how) for how, net in nets.items())
    of_16.append((four[0], four[1] + ", 4 at a time"))
    of_16.append((step_ms(nets[four[1]], 16, warm, steps, size), four[1] + ", 16 at a time"))
    print("%.4f\t%s" % min(of_16), flush=True)


main()
