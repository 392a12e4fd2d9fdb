"""Weights and tokenizer as one GGUF file of architecture qwen2, which llama.cpp and OpenVINO GenAI read."""

import json
import pathlib

import gguf
import numpy as np

NAMES = {"q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down"}
NORMS = {"attention_norm": "attn_norm", "feed_forward_norm": "ffn_norm"}


def _write_shape(writer: gguf.GGUFWriter, shape) -> None:
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)


def _write_tokenizer(writer: gguf.GGUFWriter, tokenizer, end: str) -> None:
    described = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(described["vocab"], key=described["vocab"].get)
    merges = [" ".join(merge) if isinstance(merge, list) else merge for merge in described["merges"]]
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([control if token == end else normal for token in tokens])
    writer.add_token_merges(merges)
    for add in (writer.add_bos_token_id, writer.add_eos_token_id, writer.add_pad_token_id):
        add(tokenizer.token_to_id(end))
    writer.add_add_bos_token(False)


def _write_weights(writer: gguf.GGUFWriter, weights) -> None:
    def matrix(name, value):  # GGUF keeps [out, in]
        writer.add_tensor(name, np.ascontiguousarray(np.asarray(value).T, np.float16))

    def vector(name, value):
        writer.add_tensor(name, np.asarray(value, np.float32))

    writer.add_tensor("token_embd.weight", np.asarray(weights["embedding"], np.float16))
    for number, layer in enumerate(weights["layers"]):
        for ours, theirs in NAMES.items():
            matrix(f"blk.{number}.{theirs}.weight", layer[ours])
        for ours, theirs in NORMS.items():
            vector(f"blk.{number}.{theirs}.weight", layer[ours])
        for part in "qkv":
            vector(f"blk.{number}.attn_{part}.bias", layer[f"{part}_bias"])
    vector("output_norm.weight", weights["norm"])


def write(path: pathlib.Path, name: str, shape, weights, tokenizer, end: str) -> None:
    writer = gguf.GGUFWriter(str(path), "qwen2")
    writer.add_name(name)
    _write_shape(writer, shape)
    _write_tokenizer(writer, tokenizer, end)
    _write_weights(writer, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
