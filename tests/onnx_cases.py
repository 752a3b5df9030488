# SPDX-License-Identifier: ISC
"""onnx_cases.py DIR: writes the operator cases of the ONNX standard (of the onnx that is installed)
as folders below DIR, for tests/conformance; tells which operators are left out, with their cases."""
import collections
import os
import sys
import warnings

import numpy as np

warnings.filterwarnings("ignore")
for name in ("float", "int", "bool", "object"):  # names that numpy dropped and onnx 1.12 still says
    if not hasattr(np, name):
        setattr(np, name, __builtins__.__dict__[name])

import onnx  # noqa: E402
from onnx import numpy_helper  # noqa: E402
from onnx.backend.test.case.node import collect_testcases  # noqa: E402

OUT_OF_SCOPE = {
    "control flow": "If Loop Scan SequenceMap",
    "sequences": "ConcatFromSequence SequenceAt SequenceConstruct SequenceEmpty SequenceErase "
                 "SequenceInsert SequenceLength SplitToSequence",
    "strings": "StringNormalizer TfIdfVectorizer",
    "optional types": "Optional OptionalGetElement OptionalHasElement",
    "training": "Adagrad Adam Gradient Momentum NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss",
    "recurrent": "GRU LSTM RNN",
    "signal": "BlackmanWindow DFT HammingWindow HannWindow MelWeightMatrix STFT",
    "random numbers": "Bernoulli Multinomial RandomNormal RandomNormalLike RandomUniform "
                      "RandomUniformLike",
}
OUT = {op: why for why, ops in OUT_OF_SCOPE.items() for op in ops.split()}


def reason(case):
    """Why a case is out of scope, or None."""
    graph = case.model.graph
    for node in graph.node:
        if node.op_type in OUT:
            return "%s (%s)" % (node.op_type, OUT[node.op_type])
        if any(a.name == "training_mode" and a.i for a in node.attribute) or (
                node.op_type == "Dropout" and len(node.input) > 2):
            return "%s in training mode (training)" % node.op_type
    for value in list(graph.input) + list(graph.output):
        if value.type.WhichOneof("value") != "tensor_type":
            return "%s of %s" % (graph.node[0].op_type, value.type.WhichOneof("value"))
        if value.type.tensor_type.elem_type == onnx.TensorProto.STRING:
            return "%s of strings (strings)" % graph.node[0].op_type
    return None


def save(path, value, kind):
    value = np.asarray(value)
    if kind == onnx.TensorProto.BFLOAT16:  # given as the bits
        tensor = onnx.TensorProto(data_type=kind, dims=value.shape, raw_data=value.tobytes())
    else:
        tensor = numpy_helper.from_array(value)
    with open(path, "wb") as f:
        f.write(tensor.SerializeToString())


def write(case, folder):
    data = os.path.join(folder, "test_data_set_0")
    os.makedirs(data, exist_ok=True)  # two cases of onnx 1.12 have the name of another one
    onnx.save(case.model, os.path.join(folder, "model.onnx"))
    inputs, outputs = case.data_sets[0]
    for kind, values, infos in (("input", inputs, case.model.graph.input),
                                ("output", outputs, case.model.graph.output)):
        for i, value in enumerate(values):
            save(os.path.join(data, "%s_%d.pb" % (kind, i)), value,
                 infos[i].type.tensor_type.elem_type)


def main():
    left_out = collections.Counter()
    names = set()
    for case in collect_testcases(None):
        why = reason(case)
        if why:
            left_out[why] += 1
            continue
        write(case, os.path.join(sys.argv[1], case.name))
        names.add(case.name)
    for why, n in sorted(left_out.items()):
        print("out of scope: %d of %s" % (n, why))
    print("%d cases" % len(names))


main()
