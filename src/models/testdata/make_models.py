#!/usr/bin/env python3
"""Writes the tiny ONNX models that the tests of this folder load; run with the Python of models/requirements.txt.

  add.onnx          a, b FP32 [-1, 2] -> sum FP32 [-1, 2]
  where.onnx        x FP32 [-1, 4] -> places INT64 [-1, 2]: (row, column) of each value that is not 0, so that
                    the rows of the output are not those of the input
  reshape.onnx      values FP32 [-1], shape INT64 [2] -> shaped FP32 [-1, -1]: fails when it runs with a shape that
                    does not have as many elements as there are values
  unsupported.onnx  an operator of ai.onnx.ml, which the engine does not know
"""

import pathlib

import onnx
from onnx import TensorProto, helper

HERE = pathlib.Path(__file__).resolve().parent


def tensor(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def save(name, nodes, inputs, outputs, initializers=(), domains=("",)):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    opsets = [helper.make_opsetid(domain, 17 if domain == "" else 3) for domain in domains]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), HERE / f"{name}.onnx")


def main():
    f32, i64 = TensorProto.FLOAT, TensorProto.INT64
    save("add", [helper.make_node("Add", ["a", "b"], ["sum"])],
         [tensor("a", f32, ["n", 2]), tensor("b", f32, ["n", 2])], [tensor("sum", f32, ["n", 2])])
    save("where", [helper.make_node("NonZero", ["x"], ["found"]),
                   helper.make_node("Transpose", ["found"], ["places"], perm=[1, 0])],
         [tensor("x", f32, ["n", 4])], [tensor("places", i64, ["m", 2])])
    save("reshape", [helper.make_node("Reshape", ["values", "shape"], ["shaped"])],
         [tensor("values", f32, ["n"]), tensor("shape", i64, [2])], [tensor("shaped", f32, ["rows", "columns"])])
    weights = [0.5] * 4
    save("unsupported",
         [helper.make_node("LinearRegressor", ["x"], ["y"], domain="ai.onnx.ml", coefficients=weights, targets=1)],
         [tensor("x", f32, ["n", 4])], [tensor("y", f32, ["n", 1])], domains=("", "ai.onnx.ml"))


if __name__ == "__main__":
    main()
