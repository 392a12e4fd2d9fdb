"""Hugging Face folders: config.json, *.safetensors, tokenizer.json. The graph is written from the weights, by
architecture; no torch."""

import json
import pathlib

import openvino as ov

from importer import bert_encoder, tokenizers
from importer.made import Made
from importer.problem import Problem

ENCODERS = {"bert": bert_encoder.build}

# Texts of one length share runs: shorter ones are filled up to the next of these.
LENGTHS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]


def _config(folder: pathlib.Path) -> dict:
    file = folder / "config.json"
    if not file.is_file():
        raise Problem(f"{folder} has no config.json: it is no Hugging Face folder")
    return json.loads(file.read_text())


def _most_tokens(folder: pathlib.Path, config: dict, tokenizer) -> int:
    """Of a text, with those at its borders."""
    file = folder / "sentence_bert_config.json"
    said = json.loads(file.read_text()).get("max_seq_length") if file.is_file() else None
    return min(said or config["max_position_embeddings"], tokenizer.model_max_length, config["max_position_embeddings"])


def _embedding_yaml(most: int) -> str:
    lengths = [length for length in LENGTHS if length < most] + [most]
    return f"""\
backend: openvino
run: worker
embedding: {{max_tokens: {most}, lengths: {lengths}}}
batching: {{max_batch: 16}}
"""


def read(folder: pathlib.Path, target: pathlib.Path, half: bool) -> Made:
    config = _config(folder)
    kind = config.get("model_type", "nothing")
    if kind not in ENCODERS:
        raise Problem(f"config.json says model_type {kind}; can be imported: {', '.join(sorted(ENCODERS))}")
    tokenizer = tokenizers.load(folder)
    ov.save_model(ENCODERS[kind](folder, config), target / "openvino_model.xml", compress_to_fp16=half)
    tokenizers.write(tokenizer, target)
    most = _most_tokens(folder, config, tokenizer)
    return Made(f"{kind} for embeddings of {config['hidden_size']} numbers, {most} tokens at most", _embedding_yaml(most))
