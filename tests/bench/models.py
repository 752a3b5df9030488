#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""models.py DIR SHARED NAME: makes DIR/NAME.onnx, a network that bench wants.

One of torchvision is exported; a light_*.onnx of SHARED/conformance/network, which has one number
for all weights and takes one picture, gets random weights and any number.  Weights are seeded.
Exit status 1: no such network, or Python lacks what it takes.
"""
import os
import sys
import warnings

TORCHVISION = ("alexnet", "googlenet", "resnet50", "squeezenet1_1")


def export(name, path):
    import torch
    import torchvision

    torch.manual_seed(1)
    extra = {"init_weights": False} if name == "googlenet" else {}
    net = getattr(torchvision.models, name)(weights=None, **extra).eval()
    for m in net.modules():
        if isinstance(m, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(m.weight)
        if isinstance(m, torch.nn.BatchNorm2d):  # as training would leave it: not 0 and 1
            m.running_mean.normal_(0, .1)
            m.running_var.uniform_(.5, 1.5)
            torch.nn.init.uniform_(m.weight, .5, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, torch.zeros(1, 3, 224, 224), path, opset_version=13,
                          training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
                          input_names=["picture"], output_names=["logits"],
                          dynamic_axes={"picture": {0: "N"}, "logits": {0: "N"}})
    forward_identities(path)


def forward_identities(path):
    """Weights that are alike come as one and Identity; OpenCV does not know constants through it."""
    import onnx

    model = onnx.load(path)
    weights = {i.name for i in model.graph.initializer}
    alias = {n.output[0]: n.input[0] for n in model.graph.node
             if n.op_type == "Identity" and n.input[0] in weights}
    nodes = [n for n in model.graph.node if n.output[0] not in alias]
    for n in nodes:
        n.input[:] = [alias.get(i, i) for i in n.input]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, path)


class Filler:
    """Random weights in the place of those that are all alike."""

    def __init__(self, model):
        import numpy as np
        from onnx import numpy_helper

        self.graph, self.to, self.of = model.graph, numpy_helper.from_array, numpy_helper.to_array
        self.rng = np.random.default_rng(1)
        self.value = {i.name: self.of(i) for i in self.graph.initializer}
        self.last = [n for n in self.graph.node if n.op_type in ("Conv", "Gemm")][-1].name

    def weight(self, node, k, shape):
        """Input k of node: the signal keeps its size, and the last layer does not saturate."""
        r = self.rng
        if node.op_type in ("Conv", "Gemm") and k == 1:
            fan = shape[1] * (shape[2] * shape[3] if len(shape) == 4 else 1)
            gain = .1 if node.name == self.last else 1
            return r.standard_normal(shape) * gain * (2 / fan) ** .5
        if node.op_type == "Mul" or (node.op_type == "BatchNormalization" and k in (1, 4)):
            return r.uniform(.5, 1.5 if k == 4 else 1, shape)
        return r.standard_normal(shape) * .1

    def fill(self):
        """Every constant of floats that a node reads, also through Unsqueeze, becomes an initializer."""
        made, kept = {}, []
        for n in self.graph.node:
            if n.op_type == "ConstantOfShape":
                made[n.output[0]] = tuple(self.value[n.input[0]])
                continue
            if n.op_type == "Unsqueeze" and n.input[0] not in self.made_by_nodes(kept):
                shape = made.get(n.input[0]) or self.value[n.input[0]].shape
                made[n.output[0]] = tuple(shape) + (1, 1)
                continue
            kept.append(n)
        for name, v in self.value.items():
            if v.dtype.kind == "f":
                made[name] = v.shape
        weights, shapes = {}, {}
        for n in kept:
            for k, i in enumerate(n.input):
                if i in made and i not in weights:
                    weights[i] = self.to(self.weight(n, k, made[i]).astype("f4"), i)
                elif i in self.value and i not in made:
                    v = self.value[i].copy()
                    if n.op_type == "Reshape" and n.input[0] not in made and v[0] == 1:
                        v[0] = 0  # as many pictures as there are
                    shapes[i] = self.to(v, i)
        self.finish(kept, list(weights.values()) + list(shapes.values()))

    @staticmethod
    def made_by_nodes(nodes):
        return {o for n in nodes for o in n.output}

    def finish(self, nodes, initializers):
        g = self.graph
        inputs = [i for i in g.input if i.name not in self.value]
        for field, items in ((g.node, nodes), (g.initializer, initializers), (g.input, inputs)):
            items = list(items)
            del field[:]
            field.extend(items)
        for v in list(g.input) + list(g.output):
            v.type.tensor_type.shape.dim[0].dim_param = "N"


def fill(source, path):
    import onnx

    model = onnx.load(source)
    model.ir_version = max(model.ir_version, 4)  # initializers need not be inputs
    Filler(model).fill()
    onnx.save(model, path)


def main():
    folder, shared, name = sys.argv[1:]
    path = os.path.join(folder, name + ".onnx")
    light = os.path.join(shared, "conformance/network", name + ".onnx")
    try:
        if name in TORCHVISION:
            export(name, path + ".part")
        elif os.path.exists(light):
            fill(light, path + ".part")
        else:
            sys.exit(1)
        os.rename(path + ".part", path)
    except ImportError as e:
        sys.exit("models.py: %s: %s" % (name, e))


main()
