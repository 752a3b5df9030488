# SPDX-License-Identifier: ISC
"""The graph of an ONNX file as a function in PyTorch, as fast as PyTorch has it: constants are computed
at once, and batch normalisation, Mul and Add by a number per channel ride on the convolution before
them.  Needs python3-torch and python3-onnx."""
import collections

import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper

Step = collections.namedtuple("Step", "function inputs output dead")
AFFINE = ("BatchNormalization", "Mul", "Add")


def tensor(t):
    a = numpy_helper.to_array(t)
    return torch.from_numpy(a.astype("f4") if a.dtype.kind == "f" else a.copy())


def sides(a, dims=2):
    """Padding that the operator itself can do, and what F.pad has to do before, or None."""
    if a.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise ValueError("no auto_pad")
    p = list(a.get("pads", [0] * 2 * dims))
    if p[:dims] == p[dims:]:
        return p[:dims], None
    return [0] * dims, [q for d in reversed(range(dims)) for q in (p[d], p[d + dims])]


def conv(a):
    pad, edges = sides(a)
    stride, dilation = list(a.get("strides", [1, 1])), list(a.get("dilations", [1, 1]))
    groups = a.get("group", 1)

    def run(x, w, b=None):
        return F.conv2d(F.pad(x, edges) if edges else x, w, b, stride, pad, dilation, groups)
    return run


def max_pool(a):
    pad, edges = sides(a)
    size, stride, ceil = list(a["kernel_shape"]), list(a.get("strides", [1, 1])), a.get("ceil_mode", 0)

    def run(x):
        if edges:
            x = F.pad(x, edges, value=-3e38)
        return F.max_pool2d(x, size, stride, pad, 1, bool(ceil))
    return run


def average_pool(a):
    pad, edges = sides(a)
    size, stride, ceil = list(a["kernel_shape"]), list(a.get("strides", [1, 1])), a.get("ceil_mode", 0)
    counted = bool(a.get("count_include_pad", 0))

    def run(x):
        if not edges:
            return F.avg_pool2d(x, size, stride, pad, bool(ceil), counted)
        y = F.avg_pool2d(F.pad(x, edges), size, stride, 0, bool(ceil))
        if counted:
            return y
        part = F.avg_pool2d(F.pad(torch.ones_like(x[:1, :1]), edges), size, stride, 0, bool(ceil))
        return y / part
    return run


def gemm(a):
    if a.get("transA", 0) or a.get("alpha", 1.0) != 1 or a.get("beta", 1.0) != 1:
        raise ValueError("no such Gemm")
    return lambda x, w, b=None: F.linear(x, w if a.get("transB", 0) else w.t(), b)


def softmax(a, opset):
    axis = a.get("axis", -1 if opset >= 13 else 1)
    if opset >= 13:
        return lambda x: F.softmax(x, axis)
    return lambda x: F.softmax(x.flatten(axis), axis).view(x.shape)


def unsqueeze(a):
    def run(x, axes=None):
        for axis in sorted(axes.tolist() if axes is not None else a["axes"]):
            x = x.unsqueeze(axis)
        return x
    return run


def reshape(x, shape):
    return x.reshape([x.shape[i] if d == 0 else d for i, d in enumerate(shape.tolist())])


def clip(a):
    return lambda x, low=a.get("min"), high=a.get("max"): x.clamp(low, high)


def pad(a):
    def run(x, pads=None, value=None):
        p = pads.tolist() if pads is not None else a["pads"]
        return F.pad(x, [q for d in reversed(range(x.dim())) for q in (p[d], p[d + x.dim()])],
                     a.get("mode", b"constant").decode(), float(value or a.get("value", 0)))
    return run


def constant_of_shape(a):
    value = tensor(a["value"]) if "value" in a else torch.zeros(1)
    return lambda shape: value.expand(shape.tolist()).clone()


def function(n, a, opset, relu):
    """What node n does to its inputs."""
    return {
        "Add": lambda: torch.add,
        "AveragePool": lambda: average_pool(a),
        "Clip": lambda: clip(a),
        "Concat": lambda: lambda *x: torch.cat(x, a["axis"]),
        "Constant": lambda: lambda: tensor(a["value"]),
        "ConstantOfShape": lambda: constant_of_shape(a),
        "Conv": lambda: conv(a),
        "Dropout": lambda: lambda x, *rest: x,
        "Flatten": lambda: lambda x: x.flatten(1) if a.get("axis", 1) == 1 else None,
        "Gemm": lambda: gemm(a),
        "GlobalAveragePool": lambda: lambda x: F.adaptive_avg_pool2d(x, 1),
        "Identity": lambda: lambda x: x,
        "LRN": lambda: lambda x: F.local_response_norm(x, a["size"], a.get("alpha", 1e-4),
                                                       a.get("beta", 0.75), a.get("bias", 1.0)),
        "MaxPool": lambda: max_pool(a),
        "Mul": lambda: torch.mul,
        "Pad": lambda: pad(a),
        "Relu": lambda: relu,
        "Reshape": lambda: reshape,
        "Softmax": lambda: softmax(a, opset),
        "Sum": lambda: lambda x, *rest: sum(rest, x),
        "Transpose": lambda: lambda x: x.permute(a["perm"]),
        "Unsqueeze": lambda: unsqueeze(a),
    }[n.op_type]()


class Net(torch.nn.Module):
    """relu(x): in place of ReLU's own.  Without layer up to the first output."""

    def __init__(self, path, layer=None, relu=F.relu):
        super().__init__()
        model = onnx.load(path)
        graph, self.opset = model.graph, model.opset_import[0].version
        self.weights = {i.name: tensor(i) for i in graph.initializer}
        self.input = next(i.name for i in graph.input if i.name not in self.weights)
        self.output = layer or graph.output[0].name
        self.relu, self.steps = relu, []
        self.read(list(graph.node))
        self.sweep()

    def read(self, nodes):
        made = {o: n for n in nodes for o in n.output}
        wanted, todo = set(), [self.output]
        while todo:
            n = made.get(todo.pop())
            if n is not None and n.output[0] not in wanted:
                wanted.add(n.output[0])
                todo += n.input
        nodes = [n for n in nodes if n.output[0] in wanted]
        uses = collections.Counter(i for n in nodes for i in n.input)
        uses[self.output] += 1
        for n in nodes:
            a = {x.name: onnx.helper.get_attribute_value(x) for x in n.attribute}
            inputs = [i for i in n.input if i]
            if n.op_type in AFFINE and self.affine(n, a, inputs, uses):
                continue
            f = function(n, a, self.opset, self.relu)
            if all(i in self.weights for i in inputs):
                self.weights[n.output[0]] = f(*[self.weights[i] for i in inputs])
            else:
                self.steps.append([n.op_type, f, inputs, n.output[0]])

    def affine(self, n, a, inputs, uses):
        """y = scale x + shift, a number per channel: on the step before, or a step of its own."""
        w = self.weights
        if n.op_type == "BatchNormalization":
            gain, bias, mean, var = (w[i] for i in inputs[1:5])
            scale = gain / torch.sqrt(var + a.get("epsilon", 1e-5))
            shift = bias - mean * scale
        else:
            inputs.sort(key=lambda i: i in w)
            other = w.get(inputs[1])
            if other is None or inputs[0] in w or other.dim() < 3 or other.numel() != other.shape[-3]:
                return False
            other = other.flatten()
            scale = other if n.op_type == "Mul" else torch.ones_like(other)
            shift = other if n.op_type == "Add" else torch.zeros_like(other)
        before = next((s for s in self.steps if s[3] == inputs[0]), None)
        if before and before[0] in ("Conv", "affine") and uses[inputs[0]] == 1:
            weight = w[before[2][1]]
            bias = w[before[2][2]] if len(before[2]) > 2 else torch.zeros_like(scale)
            names = [n.output[0] + "/scale", n.output[0] + "/shift"]
            w[names[0]] = weight * scale.view(-1, *[1] * (weight.dim() - 1))
            w[names[1]] = bias * scale + shift
            before[2][1:] = names
            before[3] = n.output[0]
            return True
        names = [n.output[0] + "/scale", n.output[0] + "/shift"]
        w[names[0]], w[names[1]] = scale, shift
        zero, one = torch.zeros_like(scale), torch.ones_like(scale)
        self.steps.append(["affine", lambda x, s, b: F.batch_norm(x, zero, one, s, b, eps=0.0),
                           [inputs[0]] + names, n.output[0]])
        return True

    def sweep(self):
        """Values are let go after their last use, weights that nobody reads at once."""
        last = {i: k for k, s in enumerate(self.steps) for i in s[2]}
        self.steps = [Step(f, i, o, [x for x in set(i) if last[x] == k and x not in self.weights])
                      for k, (_, f, i, o) in enumerate(self.steps)]
        self.weights = {k: v for k, v in self.weights.items() if k in last}

    def channels_last(self):
        for k, v in self.weights.items():
            if v.dim() == 4:
                self.weights[k] = v.contiguous(memory_format=torch.channels_last)
        return self

    def forward(self, x):
        v = dict(self.weights)
        v[self.input] = x
        for s in self.steps:
            v[s.output] = s.function(*[v[i] for i in s.inputs])
            for i in s.dead:
                del v[i]
        return v[self.output]
