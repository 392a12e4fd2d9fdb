"""The pieces that encoders and decoders are made of, as OpenVINO operations on float32."""

import numpy as np
import openvino as ov
from openvino import opset13 as op


def constant(values, kind=np.float32) -> ov.Node:
    return op.constant(np.asarray(values, kind, order="C"), shared_memory=True)


def integers(*values: int) -> ov.Node:
    return constant(values, np.int64)


def linear(x, weight: np.ndarray, bias: np.ndarray | None = None):
    """`weight` as [out, in]."""
    product = op.matmul(x, constant(weight), transpose_a=False, transpose_b=True)
    return product if bias is None else op.add(product, constant(bias))


def rms_norm(x, weight: np.ndarray, epsilon: float):
    mean = op.reduce_mean(op.power(x, constant(2.0)), integers(-1), keep_dims=True)
    scale = op.divide(constant(1.0), op.sqrt(op.add(mean, constant(epsilon))))
    return op.multiply(op.multiply(x, scale), constant(weight))


def layer_norm(x, weight: np.ndarray, bias: np.ndarray, epsilon: float):
    normal = op.mvn(x, integers(-1), normalize_variance=True, eps=epsilon, eps_mode="INSIDE_SQRT")
    return op.add(op.multiply(normal, constant(weight)), constant(bias))


def split_heads(x, heads: int, width: int):
    """[rows, tokens, heads × width] to [rows, heads, tokens, width]"""
    return op.transpose(op.reshape(x, integers(0, 0, heads, width), special_zero=True), integers(0, 2, 1, 3))


def join_heads(x, width: int):
    return op.reshape(op.transpose(x, integers(0, 2, 1, 3)), integers(0, 0, width), special_zero=True)


def named_input(name: str, kind: ov.Type, shape: list[int]):
    node = op.parameter(ov.PartialShape(shape), kind, name=name)
    node.output(0).get_tensor().set_names({name})
    return node


def named_result(node, name: str):
    result = op.result(node)
    result.output(0).get_tensor().set_names({name})
    return result
