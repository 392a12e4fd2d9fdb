"""Writes tiny decoders with weights by chance, as users would bring them. In the importer's Python:

    python tests/support/tiny_models.py FOLDER

llama-q4_1.gguf; llama-f16.gguf with the same values unpacked; qwen3.gguf, and qwen3/ with the same weights as a Hugging Face
folder."""

import json
import pathlib
import sys

import gguf
import numpy as np
import safetensors.numpy
from gguf.quants import dequantize, quantize
from transformers.convert_slow_tokenizer import bytes_to_unicode

LAYERS, WIDTH, HEADS, KV_HEADS, HEAD, INNER, CONTEXT = 2, 64, 4, 2, 32, 96, 128
EPSILON, BASE = 1e-5, 10_000.0
WORDS = [*bytes_to_unicode().values(), "th", "the", "Ġthe", "<|end|>"]
MERGES = ["t h", "th e", "Ġ the"]
END = WORDS.index("<|end|>")
TEMPLATE = "{% for message in messages %}{{ message['content'] }}<|end|>{% endfor %}"
THEIRS = {  # ours in GGUF: theirs in Hugging Face's folders
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj", "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm", "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
}  # fmt: skip


def weights(architecture: str) -> dict[str, np.ndarray]:
    random = np.random.default_rng(7)
    matrices = {"attn_q": (HEADS * HEAD, WIDTH), "attn_k": (KV_HEADS * HEAD, WIDTH), "attn_v": (KV_HEADS * HEAD, WIDTH),
                "attn_output": (WIDTH, HEADS * HEAD), "ffn_gate": (INNER, WIDTH), "ffn_up": (INNER, WIDTH), "ffn_down": (WIDTH, INNER)}
    norms = {"attn_norm": WIDTH, "ffn_norm": WIDTH, **({"attn_q_norm": HEAD, "attn_k_norm": HEAD} if architecture == "qwen3" else {})}
    made = {"token_embd.weight": random.normal(0, 1, (len(WORDS), WIDTH)), "output_norm.weight": random.normal(1, 0.1, WIDTH)}
    for layer in range(LAYERS):
        made |= {f"blk.{layer}.{name}.weight": random.normal(0.05, 0.3, shape) for name, shape in matrices.items()}
        made |= {f"blk.{layer}.{name}.weight": random.normal(1, 0.1, size) for name, size in norms.items()}
    return {name: values.astype(np.float16).astype(np.float32) for name, values in made.items()}


def write_gguf(path: pathlib.Path, architecture: str, tensors: dict[str, np.ndarray], kind: gguf.GGMLQuantizationType) -> None:
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_key_length(HEAD)
    writer.add_value_length(HEAD)
    writer.add_rope_freq_base(BASE)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(WORDS)
    writer.add_token_types([gguf.TokenType.CONTROL if word == WORDS[END] else gguf.TokenType.NORMAL for word in WORDS])
    writer.add_token_merges(MERGES)
    for add in (writer.add_bos_token_id, writer.add_eos_token_id, writer.add_pad_token_id):
        add(END)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    for name, values in tensors.items():
        if values.ndim == 1:
            writer.add_tensor(name, values)
        elif kind == gguf.GGMLQuantizationType.F16:
            writer.add_tensor(name, values.astype(np.float16))
        else:
            writer.add_tensor(name, quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def rounded(tensors: dict[str, np.ndarray], kind: gguf.GGMLQuantizationType) -> dict[str, np.ndarray]:
    return {name: values if values.ndim == 1 else dequantize(quantize(values, kind), kind) for name, values in tensors.items()}


def _theirs(name: str) -> str:
    parts = name.split(".")
    if parts[0] == "blk":
        return f"model.layers.{parts[1]}.{THEIRS[parts[2]]}.weight"
    return {"token_embd": "model.embed_tokens.weight", "output_norm": "model.norm.weight"}[parts[0]]


def write_folder(folder: pathlib.Path, tensors: dict[str, np.ndarray]) -> None:
    folder.mkdir()
    safetensors.numpy.save_file({_theirs(name): values.astype(np.float16) for name, values in tensors.items()},
                                folder / "model.safetensors")
    config = {"model_type": "qwen3", "num_hidden_layers": LAYERS, "hidden_size": WIDTH, "num_attention_heads": HEADS,
              "num_key_value_heads": KV_HEADS, "head_dim": HEAD, "rms_norm_eps": EPSILON, "rope_theta": BASE, "hidden_act": "silu",
              "max_position_embeddings": CONTEXT, "tie_word_embeddings": True, "vocab_size": len(WORDS), "dtype": "float16"}
    (folder / "config.json").write_text(json.dumps(config))
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None, "post_processor": byte_level,
        "added_tokens": [{"id": END, "content": WORDS[END], "special": True, "single_word": False, "lstrip": False,
                          "rstrip": False, "normalized": False}],
        "pre_tokenizer": byte_level, "decoder": byte_level,
        "model": {"type": "BPE", "vocab": {word: index for index, word in enumerate(WORDS)},
                  "merges": [merge.split() for merge in MERGES]},
    }  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": WORDS[END], "chat_template": TEMPLATE}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    llama, q4_1, f16 = weights("llama"), gguf.GGMLQuantizationType.Q4_1, gguf.GGMLQuantizationType.F16
    write_gguf(folder / "llama-q4_1.gguf", "llama", llama, q4_1)
    write_gguf(folder / "llama-f16.gguf", "llama", rounded(llama, q4_1), f16)
    write_gguf(folder / "qwen3.gguf", "qwen3", weights("qwen3"), f16)
    write_folder(folder / "qwen3", weights("qwen3"))


if __name__ == "__main__":
    main()
