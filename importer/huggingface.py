"""Hugging Face folders: config.json, *.safetensors, tokenizer.json. The graph is written from the weights, by
architecture; no torch."""

import json
import pathlib
import shutil

import openvino as ov

from importer import bert_encoder, embedding_settings, llama_decoder, tokenizers
from importer.made import Made
from importer.problem import Problem
from importer.safetensors_file import Weights

ENCODERS = ("bert",)
DECODERS = ("llama", "mistral", "qwen2", "qwen3")


def _config(folder: pathlib.Path) -> dict:
    file = folder / "config.json"
    if not file.is_file():
        raise Problem(f"{folder} has no config.json: it is no Hugging Face folder")
    try:
        return json.loads(file.read_text())
    except ValueError as error:
        raise Problem(f"{file} is no JSON: {error}") from error


def _context(config: dict) -> int:
    """Within a window of attention all tokens see each other, as the server has it."""
    windows = config.get("use_sliding_window", True) and config.get("sliding_window")
    return min(config["max_position_embeddings"], windows or config["max_position_embeddings"])


def _make_decoder(folder: pathlib.Path, target: pathlib.Path, config: dict, tokenizer) -> Made:
    template = getattr(tokenizer, "chat_template", None)
    if isinstance(template, str):
        (target / "chat_template.jinja").write_text(template)
    context = _context(config)
    (target / "config.json").write_text(json.dumps({**config, "max_position_embeddings": context}, indent=1))
    if (folder / "generation_config.json").is_file():
        shutil.copy(folder / "generation_config.json", target)
    made = Made(f"{config['model_type']} decoder for texts of {context} tokens", "backend: openvino\n")
    if not template:
        made.notes.append("it has no chat template: completions work, conversations do not")
    return made


def _make_encoder(folder: pathlib.Path, config: dict) -> Made:
    most = embedding_settings.most_tokens(folder)
    what = f"{config['model_type']} for embeddings of {config['hidden_size']} numbers, {most} tokens at most"
    return Made(what, embedding_settings.yaml(most))


def read(folder: pathlib.Path, target: pathlib.Path, half: bool) -> Made:
    config = _config(folder)
    kind = config.get("model_type", "nothing")
    if kind not in ENCODERS + DECODERS:
        raise Problem(f"config.json says model_type {kind}; can be imported: {', '.join(ENCODERS + DECODERS)}. Others: a GGUF "
                      "file of the model, or OpenVINO IR as Optimum writes it")
    if "quantization_config" in config:
        raise Problem("the weights are quantised; folders with plain weights can be imported, and GGUF files with quantised ones")
    tokenizer = tokenizers.load(folder)
    try:
        weights = Weights(folder)
        graph = llama_decoder.build(weights, config) if kind in DECODERS else bert_encoder.build(weights, folder, config)
    except KeyError as error:
        raise Problem(f"config.json lacks {error}") from error
    is_short = str(config.get("dtype") or config.get("torch_dtype")) in ("float16", "bfloat16")
    ov.save_model(graph, target / "openvino_model.xml", compress_to_fp16=half or is_short)
    tokenizers.write(tokenizer, target)
    return _make_decoder(folder, target, config, tokenizer) if kind in DECODERS else _make_encoder(folder, config)
