#!/usr/bin/env python3
"""Trains the digits model and writes everything of it that is committed.

Data: the handwritten digits bundled with scikit-learn (1,797 pictures of 8 x 8 pixels, each 0..16; UCI "Optical
Recognition of Handwritten Digits"). One picture in five is held out, the same number of each digit.

Model: pixels / 16 -> 64 -> ReLU -> 32 -> ReLU -> 10 -> softmax, written node by node with onnx.helper.

    python models/digits/train.py            # writes the files below, prints the accuracy

  repository/digits/1/model.onnx    features FP32 [-1, 64] -> probabilities FP32 [-1, 10]
  repository/digits/1/labels.txt    the names of the ten classes, in order
  digits/held_out.csv               label, then 64 pixels: the pictures the model has not seen
  digits/reference.csv              row of held_out.csv, then 10 probabilities as numpy computes them in float64

The seed is fixed. Another BLAS may round differently and so give another model of the same quality; what is
committed is what the tests hold to.
"""

import csv
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

SEED = 20240607
HELD_OUT_SHARE = 0.2
HIDDEN = (64, 32)
PIXEL_MAX = 16.0
ACCURACY_FLOOR = 0.97
REFERENCE_ROWS = 16

MODELS = pathlib.Path(__file__).resolve().parent.parent
LABELS = [str(digit) for digit in range(10)]


def train(pixels, digits):
    """Weights and biases, layer by layer, as float32."""
    classifier = MLPClassifier(HIDDEN, activation="relu", alpha=1e-3, learning_rate_init=2e-3, batch_size=32,
                               max_iter=200, random_state=SEED)
    classifier.fit(pixels / PIXEL_MAX, digits)
    return [(w.astype(np.float32), b.astype(np.float32))
            for w, b in zip(classifier.coefs_, classifier.intercepts_)]


def probabilities(layers, pixels):
    """The model in numpy, in float64: what the engine's answer is compared with."""
    x = np.asarray(pixels, np.float64) / PIXEL_MAX
    for index, (weights, bias) in enumerate(layers):
        x = x @ weights.astype(np.float64) + bias.astype(np.float64)
        if index + 1 < len(layers):
            x = np.maximum(x, 0)
    x = np.exp(x - x.max(axis=1, keepdims=True))
    return x / x.sum(axis=1, keepdims=True)


def to_onnx(layers):
    initializers = [numpy_helper.from_array(np.float32(1 / PIXEL_MAX), "scale")]
    nodes = [helper.make_node("Mul", ["features", "scale"], ["scaled"])]
    at = "scaled"
    for index, (weights, bias) in enumerate(layers):
        initializers += [numpy_helper.from_array(weights, f"weights_{index}"),
                         numpy_helper.from_array(bias, f"bias_{index}")]
        nodes.append(helper.make_node("Gemm", [at, f"weights_{index}", f"bias_{index}"], [f"layer_{index}"]))
        at = f"layer_{index}"
        if index + 1 < len(layers):
            nodes.append(helper.make_node("Relu", [at], [f"relu_{index}"]))
            at = f"relu_{index}"
    nodes.append(helper.make_node("Softmax", [at], ["probabilities"], axis=1))
    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", layers[0][0].shape[0]])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", layers[-1][0].shape[1]])],
        initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8,
                              producer_name="parlance models/digits/train.py")
    onnx.checker.check_model(model, full_check=True)
    return model


def main():
    pixels, digits = load_digits(return_X_y=True)
    seen, held_out, seen_digits, held_out_digits = train_test_split(
        pixels, digits, test_size=HELD_OUT_SHARE, random_state=SEED, stratify=digits)
    layers = train(seen, seen_digits)
    held_out_probabilities = probabilities(layers, held_out)
    accuracy = float(np.mean(held_out_probabilities.argmax(axis=1) == held_out_digits))
    print(f"accuracy over {len(held_out)} held-out pictures: {accuracy:.2%}")
    if accuracy < ACCURACY_FLOOR:
        sys.exit(f"below the floor of {ACCURACY_FLOOR:.0%}: nothing written")

    version = MODELS / "repository" / "digits" / "1"
    version.mkdir(parents=True, exist_ok=True)
    onnx.save(to_onnx(layers), version / "model.onnx")
    (version / "labels.txt").write_text("\n".join(LABELS) + "\n")
    with open(MODELS / "digits" / "held_out.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["label"] + [f"pixel_{i}" for i in range(64)])
        writer.writerows([int(label), *map(int, row)] for label, row in zip(held_out_digits, held_out))
    with open(MODELS / "digits" / "reference.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["row"] + [f"probability_{i}" for i in range(10)])
        writer.writerows([row, *(f"{p:.9g}" for p in held_out_probabilities[row])] for row in range(REFERENCE_ROWS))


if __name__ == "__main__":
    main()
