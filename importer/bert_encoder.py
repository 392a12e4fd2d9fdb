"""Sentence encoders of BERT's shape (all-MiniLM and its relatives) from their weights to OpenVINO's graph.

    input_ids, attention_mask INT64 [rows, tokens] -> sentence_embedding FP32 [rows, width]

A row is the mean over the tokens that its mask names, or its first token, as the folder's 1_Pooling says; it is not
scaled to length 1. What stands behind the mask changes nothing."""

import json
import math
import pathlib

import numpy as np
import openvino as ov
from openvino import opset13 as op

from importer.graph import constant, integers, join_heads, layer_norm, linear, named_input, named_result, split_heads
from importer.problem import Problem

INFINITELY_SMALL = -1e9  # added to the score of a masked token; float32 has no room for more digits beside it


def _embeddings(weights, ids, epsilon: float):
    axis = constant(0, np.int32)
    length = op.gather(op.shape_of(ids), constant(1, np.int32), axis)
    positions = op.range(constant(0, np.int64), length, constant(1, np.int64), "i64")
    # Of the segments only the first is used: one text is one segment.
    table = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    words = op.gather(constant(weights["embeddings.word_embeddings.weight"]), ids, axis)
    summed = op.add(words, op.gather(constant(table), positions, axis))
    return layer_norm(summed, weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"], epsilon)


def _attention(x, mask, get, heads: int, width: int):
    query, key, value = (
        split_heads(linear(x, *get(f"attention.self.{part}")), heads, width // heads) for part in ("query", "key", "value")
    )
    scores = op.multiply(op.matmul(query, key, False, True), constant(1 / math.sqrt(width // heads)))
    mixed = op.matmul(op.softmax(op.add(scores, mask), axis=3), value, False, False)
    return linear(join_heads(mixed, width), *get("attention.output.dense"))


def _layer(x, mask, weights, number: int, config: dict):
    def get(name: str):
        prefix = f"encoder.layer.{number}.{name}"
        return weights[prefix + ".weight"], weights[prefix + ".bias"]

    epsilon = config["layer_norm_eps"]
    attended = _attention(x, mask, get, config["num_attention_heads"], config["hidden_size"])
    x = layer_norm(op.add(x, attended), *get("attention.output.LayerNorm"), epsilon)
    inner = op.gelu(linear(x, *get("intermediate.dense")), "erf")
    return layer_norm(op.add(x, linear(inner, *get("output.dense"))), *get("output.LayerNorm"), epsilon)


def _mean(x, mask):
    weight = op.unsqueeze(mask, constant(2, np.int64))
    total = op.reduce_sum(op.multiply(x, weight), integers(1), keep_dims=False)
    return op.divide(total, op.maximum(op.reduce_sum(weight, integers(1), keep_dims=False), constant(1e-9)))


def _pooling(folder: pathlib.Path) -> str:
    file = folder / "1_Pooling" / "config.json"
    if not file.is_file():
        return "mean"
    said = json.loads(file.read_text())
    ways = [key.removeprefix("pooling_mode_") for key, on in said.items() if key.startswith("pooling_mode_") and on is True]
    if ways == ["mean_tokens"]:
        return "mean"
    if ways == ["cls_token"]:
        return "first"
    raise Problem(f"1_Pooling asks for {', '.join(ways) or 'nothing'}; mean_tokens or cls_token can be served")


def build(weights, folder: pathlib.Path, config: dict) -> ov.Model:
    """`weights` as safetensors_file.Weights."""
    if config.get("hidden_act", "gelu") != "gelu" or config.get("position_embedding_type", "absolute") != "absolute":
        raise Problem("of BERT encoders those with GELU and absolute positions can be imported")
    ids = named_input("input_ids", ov.Type.i64, [-1, -1])
    mask = named_input("attention_mask", ov.Type.i64, [-1, -1])
    shown = op.convert(mask, "f32")
    hidden = op.multiply(op.subtract(constant(1.0), shown), constant(INFINITELY_SMALL))
    hidden = op.unsqueeze(hidden, integers(1, 2))
    x = _embeddings(weights, ids, config["layer_norm_eps"])
    for number in range(config["num_hidden_layers"]):
        x = _layer(x, hidden, weights, number, config)
    pooled = _mean(x, shown) if _pooling(folder) == "mean" else op.gather(x, constant(0, np.int32), constant(1, np.int32))
    return ov.Model([named_result(pooled, "sentence_embedding")], [ids, mask], "sentence_encoder")
