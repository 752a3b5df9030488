# SPDX-License-Identifier: ISC
"""networks.py [NAME...]: networks of torchvision with seeded weights, exported to ONNX, forward and
backward against torch in float64, as TAP.  Largest error of the logits and of a middle layer under
1e-4 of their largest value, of the gradient of one channel's mean with respect to the picture under
1e-3.  Where what a ReLU gets is all but zero, float32 takes it for either side, and a part of the
gradient is there or not, over the patch that the unit sees: torch in float32 differs from itself in
float64 as much.  So a gradient may agree with either, and a pixel may fail in a picture, but not the
same one in each of eight."""
import io
import os
import subprocess
import sys
import warnings

import numpy as np
import torch
import torchvision

# network: its middle layer, sizes, are height and width free in the file
NETWORKS = {
    "alexnet": ("features.6", (224, 416), False),
    "convnext_tiny": ("features.3", (224, 160), True),
    "densenet121": ("features.denseblock2", (224, 160), True),
    "efficientnet_b0": ("features.4", (224, 160), True),
    "googlenet": ("inception4b", (224, 160), True),
    "inception_v3": ("Mixed_6b", (224, 160), True),
    "mnasnet1_0": ("layers.10", (224, 160), True),
    "mobilenet_v2": ("features.8", (224, 160), True),
    "mobilenet_v3_large": ("features.8", (224, 160), True),
    "regnet_y_400mf": ("trunk_output.block2", (224, 160), True),
    "resnet18": ("layer2", (224, 160), True),
    "resnet50": ("layer2", (224, 160), True),
    "shufflenet_v2_x1_0": ("stage3", (224, 160), True),
    "squeezenet1_0": ("features.7", (224, 160), True),
    "swin_t": ("features.3", (224,), False),
    "vgg16_bn": ("features.23", (224, 448), False),
    "vit_b_16": ("encoder.layers.encoder_layer_4", (224,), False),
}
count = failed = 0


class Middle(torch.nn.Module):
    """Logits, and the middle layer as [n][c] or [n][c][h][w]."""

    def __init__(self, net, layer):
        super().__init__()
        self.net = net
        dict(net.named_modules())[layer].register_forward_hook(self.keep)

    def keep(self, module, inputs, output):
        self.kept = output

    def forward(self, x):
        logits = self.net(x)
        y = self.kept
        if y.dim() == 3:  # tokens [n][t][c]
            y = y.transpose(1, 2).unsqueeze(-1)
        elif type(self.net).__name__ == "SwinTransformer":  # [n][h][w][c]
            y = y.permute(0, 3, 1, 2)
        else:
            y = y * 1  # a node of its own, as the exporter names it
        return logits, y


def tap(good, text, why=""):
    global count, failed
    count += 1
    failed += not good
    print("%sok %d - %s" % ("" if good else "not ", count, text), flush=True)
    if not good and why:
        print("# " + why.strip().replace("\n", "\n# "))


def seeded(name):
    torch.manual_seed(1)
    extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    net = getattr(torchvision.models, name)(weights=None, **extra).eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # as training would leave it: not 0 and 1
            module.running_mean.normal_(0, .1)
            module.running_var.uniform_(.5, 1.5)
        if isinstance(module, torch.nn.Linear) and not module.weight.any():  # vit_b_16's last
            torch.nn.init.normal_(module.weight, 0, .02)
        if isinstance(module, torch.nn.MultiheadAttention):  # else a fused one, of no standard
            module.training = True
    for parameter in net.parameters():
        parameter.requires_grad_(False)
    return net


def run(*command):
    p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if p.returncode:
        raise RuntimeError("%s: %s" % (" ".join(command), p.stderr.decode()))
    return p.stdout


def ours(*command):
    """The tensor that a tool writes."""
    with open("tensor.nnt", "wb") as f:
        f.write(run(*command))
    return np.load(io.BytesIO(subprocess.run(["nn-npy"], stdin=open("tensor.nnt", "rb"),
                                             stdout=subprocess.PIPE, check=True).stdout))


def errors_of(have, want):
    """As parts of the largest value."""
    if have.shape != want.shape:
        raise RuntimeError("shape %s, not %s" % (have.shape, want.shape))
    return np.abs(have - want) / np.abs(want).max()


def measure(net, size, seed):
    """Largest errors of logits and middle layer, and those of the gradient, for one picture."""
    torch.manual_seed(seed)
    picture = torch.rand(1, 3, size, size)
    x = picture.double().requires_grad_(True)
    logits, middle = net(x)
    channel = int(middle.detach().flatten(2).mean(2).argmax())  # one that is alive
    middle[0, channel].mean().backward()
    np.save("input.npy", picture.numpy())
    errors = [errors_of(ours("nn-activations", "-m", "net.nnt", "-l", layer, "input.npy"),
                        want.detach().numpy()).max()
              for layer, want in (("logits", logits), ("middle", middle))]
    have = ours("nn-grad", "-m", "net.nnt", "-O", "channel(middle:%d)" % channel, "input.npy")
    gradient = errors_of(have, x.grad.numpy())
    if gradient.max() >= 1e-3:
        net.float()
        x = picture.clone().requires_grad_(True)
        net(x)[1][0, channel].mean().backward()
        gradient = np.minimum(gradient, errors_of(have, x.grad.numpy()))
        net.double()
    return errors, gradient


def try_size(name, net, size):
    try:
        worst = np.inf
        for seed in range(2, 10):
            (logits, middle), gradient = measure(net, size, seed)
            if seed == 2:
                tap(logits < 1e-4, "%s at %d, logits (%.1e)" % (name, size, logits))
                tap(middle < 1e-4, "%s at %d, middle (%.1e)" % (name, size, middle))
            worst = np.minimum(worst, gradient)
            if worst.max() < 1e-3:
                break
            print("# %s at %d, picture %d: gradient %.1e" % (name, size, seed, gradient.max()))
        tap(worst.max() < 1e-3, "%s at %d, gradient (%.1e)" % (name, size, worst.max()))
    except RuntimeError as e:
        tap(False, "%s at %d" % (name, size), str(e))


def check(name):
    layer, sizes, free = NETWORKS[name]
    net = Middle(seeded(name), layer)
    axes = {"picture": {2: "height", 3: "width"}} if free else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, torch.zeros(1, 3, sizes[0], sizes[0]), "net.onnx", opset_version=13,
                          training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=True,
                          input_names=["picture"], output_names=["logits", "middle"],
                          dynamic_axes=axes)
    try:
        with open("net.nnt", "wb") as f:
            f.write(run("nn-load", "-p", "unit", "net.onnx"))
        net.double()
        for size in sizes:
            try_size(name, net, size)
    except RuntimeError as e:
        tap(False, "%s loads" % name, str(e))
    os.remove("net.onnx")


torch.set_num_threads(2)
for wanted in sys.argv[1:] or NETWORKS:
    check(wanted)
print("1..%d" % count)
sys.exit(failed > 0)
