"""Whether the server can run what was made: as it would, in FP32 on the CPU."""

import pathlib

import numpy as np
import openvino as ov
from openvino._offline_transformations import paged_attention_transformation

from importer.problem import Problem

FP32 = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 2}


def _zeros(port) -> np.ndarray:
    shape = [dimension.get_length() if dimension.is_static else 1 for dimension in port.partial_shape]
    if port.element_type == ov.Type.string:
        raise Problem(f"its input {port.any_name} is text; the server takes numbers")
    return np.zeros(shape, port.element_type.to_dtype())


def _check_decoder(graph: ov.Model) -> None:
    """Its attention can be paged, and a token has finite logits."""
    compiled = ov.Core().compile_model(graph, "CPU", FP32)
    given = {"input_ids": np.array([[0]]), "attention_mask": np.array([[1]]), "position_ids": np.array([[0]])}
    names = {port.any_name for port in compiled.inputs}
    given = {**{name: value for name, value in given.items() if name in names}, "beam_idx": np.array([0], np.int32)}
    if not np.isfinite(compiled(given)["logits"]).all():
        raise Problem("the decoder gives no finite logits")
    try:
        paged_attention_transformation(graph)
    except RuntimeError as error:
        raise Problem(f"its attention cannot be paged: {str(error).strip().splitlines()[-1]}") from error
    if not any(name.startswith("key_cache.") for port in graph.inputs for name in port.names):
        raise Problem("its attention cannot be paged: the server's step loop cannot run it")


def _check_graph(graph: ov.Model) -> None:
    compiled = ov.Core().compile_model(graph, "CPU", FP32)
    compiled([_zeros(port) for port in compiled.inputs])


def check(target: pathlib.Path) -> None:
    graph = ov.Core().read_model(target / "openvino_model.xml")
    try:
        _check_decoder(graph) if graph.get_sinks() else _check_graph(graph)
    except RuntimeError as error:
        raise Problem(f"it cannot be run: {str(error).strip().splitlines()[-1]}") from error
