"""The tokenizer of a Hugging Face folder as the two graphs that the server reads."""

import os
import pathlib

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import openvino as ov  # noqa: E402
import openvino_tokenizers  # noqa: E402
import transformers  # noqa: E402

from importer.problem import Problem  # noqa: E402


FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt")


def load(folder: pathlib.Path):
    if not any((folder / name).is_file() for name in FILES):  # one without words would come of it
        raise Problem(f"{folder} has no tokenizer: none of {', '.join(FILES)}")
    try:
        return transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # whatever it says, it is about the files of the folder
        raise Problem(f"the tokenizer of {folder} cannot be read: {error}") from error


def write(tokenizer, target: pathlib.Path) -> None:
    try:
        graphs = openvino_tokenizers.convert_tokenizer(tokenizer, with_detokenizer=True, clean_up_tokenization_spaces=False)
    except Exception as error:
        raise Problem(f"a {type(tokenizer).__name__} cannot be made into OpenVINO's graphs: {error}") from error
    for graph, name in zip(graphs, ("openvino_tokenizer.xml", "openvino_detokenizer.xml")):
        ov.save_model(graph, target / name)
