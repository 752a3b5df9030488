#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""OpenCV's dnn as a peer of bench."""
import cv2
import onnx
import peer


def prepare(path, layer, picture, threads):
    if layer:
        raise ValueError("no gradients")
    cv2.setNumThreads(threads)
    model = onnx.load(path)
    for v in list(model.graph.input) + list(model.graph.output):  # it wants to know the number
        v.type.tensor_type.shape.dim[0].dim_value = len(picture)
    net = cv2.dnn.readNetFromONNX(model.SerializeToString())

    def once():
        net.setInput(picture)
        return net.forward()
    return once, ""


peer.serve("OpenCV " + cv2.__version__, prepare)
