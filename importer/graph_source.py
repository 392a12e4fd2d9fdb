"""ONNX files and OpenVINO IR, alone or in a folder as Optimum writes it (openvino_model.xml, tokenizer and all)."""

import pathlib
import shutil

import openvino as ov

from importer import embedding_settings, tokenizers
from importer.made import Made
from importer.problem import Problem

BESIDE = ("config.json", "chat_template.jinja", "generation_config.json")
TOKENIZER = [f"openvino_{part}.{ending}" for part in ("tokenizer", "detokenizer") for ending in ("xml", "bin")]


def model_file(source: pathlib.Path) -> pathlib.Path | None:
    """The graph that `source` is, or has; nothing when it has none."""
    if source.is_file():
        return source if source.suffix.lower() in (".onnx", ".xml") else None
    names = ("openvino_model.xml", "model.xml", "model.onnx", "onnx/model.onnx")
    return next((source / name for name in names if (source / name).is_file()), None)


def _copy_beside(folder: pathlib.Path, target: pathlib.Path) -> bool:
    """Whether the version has a tokenizer now."""
    for name in (*BESIDE, *TOKENIZER):
        if (folder / name).is_file():
            shutil.copy(folder / name, target / name)
    if not (target / "openvino_tokenizer.xml").is_file() and (folder / "tokenizer.json").is_file():
        tokenizers.write(tokenizers.load(folder), target)
    return (target / "openvino_tokenizer.xml").is_file()


def read(source: pathlib.Path, target: pathlib.Path, half: bool) -> Made:
    file = model_file(source)
    try:
        graph = ov.Core().read_model(file)
    except Exception as error:
        raise Problem(f"{file.name} cannot be read: {str(error).strip().splitlines()[-1]}") from error
    has_tokenizer = _copy_beside(source, target) if source.is_dir() else False
    ov.save_model(graph, target / "openvino_model.xml", compress_to_fp16=half)
    inputs = ", ".join(f"{next(iter(port.names), '?')} {port.partial_shape}" for port in graph.inputs)
    made = Made(f"a graph with the inputs {inputs}", "backend: openvino\n")
    if has_tokenizer and embedding_settings.makes_embeddings(graph):
        made.what += ", which makes embeddings"
        made.model_yaml = embedding_settings.yaml(embedding_settings.most_tokens(source))
    elif has_tokenizer and not graph.get_sinks():
        made.notes.append("it has a tokenizer, but neither a state (a decoder would) nor one row of numbers a text as output")
    return made
