"""Decoders of Llama's shape (llama, mistral, qwen2, qwen3) from their weights to OpenVINO's graph, with keys and values as
the graph's state, as OpenVINO GenAI and Optimum write it:

    input_ids, attention_mask, position_ids INT64 [rows, tokens], beam_idx INT32 [rows] -> logits FP32 [rows, tokens, vocabulary]

Each layer: RMSNorm, attention with grouped heads and rotary positions, RMSNorm, SwiGLU. What the four differ in (biases
of the projections, norms of queries and keys, widths) is seen from config.json and from which weights there are."""

import numpy as np
import openvino as ov
from openvino import opset13 as op
from openvino.op.util import Variable, VariableInfo

from importer import rope
from importer.graph import constant, integers, join_heads, linear, named_input, named_result, rms_norm, split_heads
from importer.problem import Problem

NOT_NEEDED = (".rotary_emb.inv_freq",)  # computed from config.json
SHUT_OUT = float(np.finfo(np.float32).min)


class Shape:
    def __init__(self, config: dict):
        self.layers = config["num_hidden_layers"]
        self.width = config["hidden_size"]
        self.heads = config["num_attention_heads"]
        self.kv_heads = config.get("num_key_value_heads") or self.heads
        self.head = config.get("head_dim") or self.width // self.heads
        self.epsilon = config["rms_norm_eps"]
        if config.get("hidden_act", "silu") != "silu":
            raise Problem(f"the activation {config['hidden_act']} cannot be imported; silu can")


class Inputs:
    """What all layers use: the graph's inputs, the rotations of the positions, who may see whom."""

    def __init__(self, shape: Shape, frequencies: np.ndarray):
        self.ids = named_input("input_ids", ov.Type.i64, [-1, -1])
        self.mask = named_input("attention_mask", ov.Type.i64, [-1, -1])
        self.positions = named_input("position_ids", ov.Type.i64, [-1, -1])
        self.beams = named_input("beam_idx", ov.Type.i32, [-1])
        self.rows = op.gather(op.shape_of(self.ids), integers(0), constant(0, np.int64))
        angles = op.multiply(op.convert(op.unsqueeze(self.positions, integers(2)), "f32"), constant(frequencies[None, None]))
        angles = op.unsqueeze(op.concat([angles, angles], -1), integers(1))
        self.cos, self.sin = op.cos(angles), op.sin(angles)
        self.allowed = self._allowed()

    def all(self) -> list:
        return [self.ids, self.mask, self.positions, self.beams]

    def _allowed(self):
        """[rows, 1, tokens, all tokens so far], 0 where a token may look and the smallest number elsewhere."""
        axis = constant(0, np.int64)
        new = op.gather(op.shape_of(self.ids), constant(1, np.int64), axis)
        total = op.gather(op.shape_of(self.mask), constant(1, np.int64), axis)
        places = op.range(constant(0, np.int64), total, constant(1, np.int64), "i64")
        own = op.range(op.subtract(total, new), total, constant(1, np.int64), "i64")
        before = op.less_equal(op.unsqueeze(places, integers(0)), op.unsqueeze(own, integers(1)))
        shown = op.convert(op.unsqueeze(self.mask, integers(1, 2)), "boolean")
        both = op.logical_and(op.unsqueeze(before, integers(0, 1)), shown)
        return op.select(both, constant(0.0), constant(SHUT_OUT))


def _rotate(x, inputs: Inputs, head: int):
    first = op.slice(x, integers(0), integers(head // 2), integers(1), integers(3))
    second = op.slice(x, integers(head // 2), integers(head), integers(1), integers(3))
    turned = op.concat([op.negative(second), first], -1)
    return op.add(op.multiply(x, inputs.cos), op.multiply(turned, inputs.sin))


def _remember(x, name: str, inputs: Inputs, shape: Shape, sinks: list):
    """All of a sequence so far: what the state holds, and `x` behind it, [rows, kv_heads, tokens, head]."""
    info = VariableInfo()
    info.data_shape = ov.PartialShape([-1, shape.kv_heads, -1, shape.head])
    info.data_type = ov.Type.f32
    info.variable_id = name
    variable = Variable(info)
    empty = op.concat([inputs.rows, integers(shape.kv_heads), integers(0), integers(shape.head)], 0)
    kept = op.read_value(op.broadcast(constant(0.0), empty), variable)
    everything = op.concat([op.gather(kept, inputs.beams, constant(0, np.int64)), x], 2)
    sinks.append(op.assign(everything, variable))
    return everything


def _for_all_heads(x, inputs: Inputs, shape: Shape):
    """Each head of keys or values as often as heads of queries share it."""
    times = shape.heads // shape.kv_heads
    if times == 1:
        return x
    target = op.concat([inputs.rows, integers(shape.kv_heads, times, 1, shape.head)], 0)
    spread = op.broadcast(op.unsqueeze(x, constant(2, np.int64)), target, broadcast_spec="BIDIRECTIONAL")
    return op.reshape(spread, integers(0, shape.heads, -1, shape.head), special_zero=True)


class Layer:
    def __init__(self, weights, number: int, shape: Shape):
        self._weights, self._number, self._shape = weights, number, shape

    def _get(self, name: str):
        return self._weights[f"model.layers.{self._number}.{name}.weight"]

    def _linear(self, x, name: str):
        bias = f"model.layers.{self._number}.{name}.bias"
        return linear(x, self._get(name), self._weights[bias] if bias in self._weights else None)

    def _norm(self, x, name: str):
        return rms_norm(x, self._get(name), self._shape.epsilon)

    def _heads(self, x, part: str, heads: int):
        split = split_heads(self._linear(x, f"self_attn.{part}_proj"), heads, self._shape.head)
        norm = f"self_attn.{part}_norm"
        return self._norm(split, norm) if f"model.layers.{self._number}.{norm}.weight" in self._weights else split

    def attention(self, x, inputs: Inputs, sinks: list):
        shape = self._shape
        query = _rotate(self._heads(x, "q", shape.heads), inputs, shape.head)
        key = _rotate(self._heads(x, "k", shape.kv_heads), inputs, shape.head)
        value = self._heads(x, "v", shape.kv_heads)
        state = f"past_key_values.{self._number}.{{0}}present.{self._number}.{{0}}"
        key = _for_all_heads(_remember(key, state.format("key"), inputs, shape, sinks), inputs, shape)
        value = _for_all_heads(_remember(value, state.format("value"), inputs, shape, sinks), inputs, shape)
        mixed = op.scaled_dot_product_attention(query, key, value, inputs.allowed, causal=False)
        return self._linear(join_heads(mixed, shape.heads * shape.head), "self_attn.o_proj")

    def run(self, x, inputs: Inputs, sinks: list):
        x = op.add(x, self.attention(self._norm(x, "input_layernorm"), inputs, sinks))
        normal = self._norm(x, "post_attention_layernorm")
        gated = op.multiply(op.swish(self._linear(normal, "mlp.gate_proj")), self._linear(normal, "mlp.up_proj"))
        return op.add(x, self._linear(gated, "mlp.down_proj"))


def _understood(weights, tied: bool) -> None:
    """Weights that nobody asked for belong to something that this graph does not have."""
    left = [name for name in weights.unused() if not name.endswith(NOT_NEEDED) and not (tied and name == "lm_head.weight")]
    if left:
        raise Problem(f"{len(left)} weights are of a kind that cannot be imported, such as {left[0]}")


def build(weights, config: dict) -> ov.Model:
    """`weights` as safetensors_file.Weights."""
    shape = Shape(config)
    inputs, sinks = Inputs(shape, rope.frequencies(config, shape.head)), []
    words = constant(weights["model.embed_tokens.weight"])
    x = op.gather(words, inputs.ids, constant(0, np.int64))
    for number in range(shape.layers):
        x = Layer(weights, number, shape).run(x, inputs, sinks)
    x = rms_norm(x, weights["model.norm.weight"], shape.epsilon)
    tied = config.get("tie_word_embeddings", False) or "lm_head.weight" not in weights
    head = words if tied else constant(weights["lm_head.weight"])
    logits = named_result(op.matmul(x, head, transpose_a=False, transpose_b=True), "logits")
    _understood(weights, tied)
    return ov.Model([logits], sinks, inputs.all(), "decoder")
