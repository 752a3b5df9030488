#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Lucid's recipe as a loop in PyTorch, to hold nn-vis against.

    tests/lucid.py MODEL.onnx LAYER FIRST-LAST [STEPS [SIZE]] [DIR]

Makes a picture for each channel, prints the mean activation of the channel on it, without transforms,
and, with DIR (what nn-vis -o DIR wrote), that of the picture there and their ratio; last the sums.
The model wants what nn-load -p caffe gives it.  Needs python3-torch and python3-onnx.
"""
import math
import os
import random
import sys

import numpy as np
import torch
import torch.nn.functional as F

import onnx_torch


class Redirected(torch.autograd.Function):
    """ReLU; an item whose plain gradient is all zero gets that where it raises the objective."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, g):  # g: of the loss, which is lowered
        (x,) = ctx.saved_tensors
        plain = g * (x > 0)
        dead = (plain.flatten(1).abs().sum(1) == 0).view(-1, *[1] * (x.dim() - 1))
        other = torch.where((x <= 0) & (g > 0), torch.zeros_like(g), g)
        return torch.where(dead, other, plain)


class Net:
    def __init__(self, path, layer, channels_last=False):
        self.redirected, self.form = False, torch.contiguous_format
        self.net = onnx_torch.Net(path, layer, self.relu)
        if channels_last:
            self.form = torch.channels_last
            self.net.channels_last()
        self.mean = torch.tensor([104.0, 117.0, 123.0]).view(1, 3, 1, 1)

    def relu(self, x):
        return Redirected.apply(x) if self.redirected else F.relu(x)

    def __call__(self, picture, redirected):
        self.redirected = redirected
        return self.net((picture[:, [2, 1, 0]] * 255 - self.mean).contiguous(memory_format=self.form))


def picture(spectrum, size):
    """spectrum [n][3][size][size/2 + 1][2] to pictures [n][3][size][size]"""
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[: size // 2 + 1]
    scale = size / np.maximum(np.sqrt(fx * fx + fy * fy), 1 / size)
    scale = torch.from_numpy(scale.astype("f4"))[None, None, :, :, None]
    t = torch.fft.irfft2(torch.view_as_complex(spectrum * scale), s=(size, size)) / 4
    mix = np.array([[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]], "f4")
    mix /= np.sqrt((mix * mix).sum(0)).max()
    return torch.sigmoid(torch.einsum("ij,njyx->niyx", torch.from_numpy(mix), t))


def view(x, rng):
    """pad 12, jitter 8, scale, rotate, jitter 4, in one bilinear resampling with grey outside"""
    size, m = x.shape[-1], np.eye(3)

    def then(*rows):
        nonlocal m
        m = m @ np.array(rows + ((0, 0, 1),))

    n = size + 24
    then((1, 0, -12), (0, 1, -12))
    then((1, 0, rng.randint(0, 8)), (0, 1, rng.randint(0, 8)))
    n -= 8
    out = int(n * (1 + rng.randint(-5, 5) / 50) + 1e-9)
    f = n / out
    then((f, 0, f / 2 - 0.5), (0, f, f / 2 - 0.5))
    n, angle = out, math.radians(rng.choice(list(range(-10, 11)) + [0] * 5))
    c, s, h = math.cos(angle), math.sin(angle), (n - 1) / 2
    then((c, -s, h - c * h + s * h), (s, c, h - s * h - c * h))
    then((1, 0, rng.randint(0, 4)), (0, 1, rng.randint(0, 4)))
    n -= 4
    yy, xx = np.mgrid[0:n, 0:n]
    grid = np.stack([m[i, 0] * xx + m[i, 1] * yy + m[i, 2] for i in (0, 1)], -1)
    grid = torch.from_numpy(((grid + 0.5) * 2 / size - 1).astype("f4")).expand(len(x), n, n, 2)
    return F.grid_sample(x - 0.5, grid, padding_mode="zeros", align_corners=False) + 0.5


def climb(net, first, n, steps, size, each=lambda: False):
    """The spectrum of a picture for each of n channels from first on; ends when each() says so."""
    index = torch.arange(n)
    rng = random.Random(1)
    torch.manual_seed(1)
    spectrum = (0.01 * torch.randn(n, 3, size, size // 2 + 1, 2)).requires_grad_()
    adam = torch.optim.Adam([spectrum], lr=0.05)  # its epsilon stands at another place: no matter
    for step in range(steps):
        adam.zero_grad()
        a = net(view(picture(spectrum, size), rng), step < 16)
        (-a[index, index + first].flatten(1).mean(1).sum()).backward()
        adam.step()
        if each():
            break
    return spectrum


def main():
    path, layer, (first, last) = sys.argv[1], sys.argv[2], map(int, sys.argv[3].split("-"))
    numbers = [int(a) for a in sys.argv[4:] if a.isdigit()]
    folder = next((a for a in sys.argv[4:] if not a.isdigit()), None)
    steps, size = (numbers + [512, 128][len(numbers):])[:2]
    net, n = Net(path, layer), last - first + 1
    index = torch.arange(n)
    spectrum = climb(net, first, n, steps, size)
    with torch.no_grad():
        def mean(x):
            return net(x, False)[index, index + first].flatten(1).mean(1).tolist()

        theirs, ours = mean(picture(spectrum, size)), [0.0] * n
        if folder:
            from PIL import Image
            names = [os.path.join(folder, "%s_%d.png" % (layer.replace("/", "_"), first + i))
                     for i in range(n)]
            x = np.stack([np.asarray(Image.open(f), "f4").transpose(2, 0, 1) / 255 for f in names])
            ours = mean(torch.from_numpy(x))
    for i in range(n):
        print("%s:%d\t%.1f" % (layer, first + i, theirs[i]) +
              ("\t%.1f\t%.3f" % (ours[i], ours[i] / max(theirs[i], 1e-9)) if folder else ""))
    print("all\t%.1f" % sum(theirs) +
          ("\t%.1f\t%.3f" % (sum(ours), sum(ours) / max(sum(theirs), 1e-9)) if folder else ""))


if __name__ == "__main__":
    main()
