"""One import: what the source is, and who reads it."""

import argparse
import pathlib

from importer import check, gguf_source, graph_source, huggingface, placing
from importer.problem import Problem


def _reader(source: pathlib.Path):
    if source.suffix.lower() == ".gguf":
        return gguf_source.read
    if graph_source.model_file(source):
        return graph_source.read
    if source.is_dir():
        return huggingface.read
    raise Problem(f"{source.name} is nothing that can be imported; a GGUF, ONNX, OpenVINO IR or .mar file or a Hugging Face folder is")


def run(given: argparse.Namespace) -> None:
    read = _reader(given.source)
    placing.tell(placing.place(given, lambda folder: read(given.source, folder, given.half), check.check))
