"""The weights of a GGUF file by the names that Hugging Face has for them, and its shape as config.json would tell it."""

import pathlib

import gguf
import numpy as np
from gguf.quants import dequantize

from importer.problem import Problem

_LAYER = {
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm", "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}  # fmt: skip
_OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def _name(theirs: str) -> str:
    """blk.3.attn_q.weight is model.layers.3.self_attn.q_proj.weight; what is unknown keeps its name."""
    parts = theirs.split(".")
    if parts[0] == "blk" and len(parts) == 4 and parts[2] in _LAYER:
        return f"model.layers.{parts[1]}.{_LAYER[parts[2]]}.{parts[3]}"
    return f"{_OUTSIDE[parts[0]]}.{parts[1]}" if parts[0] in _OUTSIDE else theirs


def open_file(file: pathlib.Path) -> gguf.GGUFReader:
    try:
        return gguf.GGUFReader(file)
    except (ValueError, IndexError, OverflowError) as error:
        raise Problem(f"{file.name} is no GGUF file, or damaged: {error}") from error


def value(reader: gguf.GGUFReader, key: str, default=None):
    field = reader.get_field(key)
    return default if field is None else field.contents()


def config(reader: gguf.GGUFReader) -> dict:
    """As config.json would have it."""
    kind = value(reader, "general.architecture", "nothing")

    def get(key: str, default=None):
        found = value(reader, f"{kind}.{key}", default)
        if found is None:
            raise Problem(f"the file lacks {kind}.{key}")
        return found

    width, heads = get("embedding_length"), get("attention.head_count")
    made = {
        "model_type": kind,
        "num_hidden_layers": get("block_count"),
        "hidden_size": width,
        "num_attention_heads": heads,
        "num_key_value_heads": get("attention.head_count_kv", heads),
        "head_dim": get("attention.key_length", width // heads),
        "rms_norm_eps": get("attention.layer_norm_rms_epsilon"),
        "rope_theta": get("rope.freq_base", 10_000.0),
        "max_position_embeddings": get("context_length"),
    }
    scaling = get("rope.scaling.type", "none")
    if scaling != "none":
        made["rope_scaling"] = {"rope_type": scaling, "factor": get("rope.scaling.factor", 1.0)}
    return made


class GgufWeights:
    """As safetensors_file.Weights; quantised weights become float32, exactly."""

    def __init__(self, reader: gguf.GGUFReader, config: dict):
        self._tensors = {_name(tensor.name): tensor for tensor in reader.tensors}
        self._config = config
        self._used = set()

    def kinds(self) -> set[str]:
        """F16, Q4_1 …"""
        return {tensor.tensor_type.name for tensor in self._tensors.values()}

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._tensors:
            raise Problem(f"the weights lack {name}")
        self._used.add(name)
        tensor = self._tensors[name]
        try:
            values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        except NotImplementedError as error:
            raise Problem(f"weights of kind {tensor.tensor_type.name} cannot be read") from error
        return self._in_order(name, values)

    def _in_order(self, name: str, values: np.ndarray) -> np.ndarray:
        """Llama's queries and keys are written with the two numbers of each rotated pair side by side."""
        heads = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}.get(name.split(".")[-2])
        if self._config["model_type"] != "llama" or heads is None:
            return values
        pairs = values.reshape(self._config[heads], -1, 2, *values.shape[1:])
        return pairs.swapaxes(1, 2).reshape(values.shape)

    def unused(self) -> list[str]:
        return sorted(set(self._tensors) - self._used)
