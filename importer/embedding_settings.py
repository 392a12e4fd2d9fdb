"""What model.yaml says of a model that makes embeddings."""

import json
import pathlib

import openvino as ov

# Texts of one length share runs: shorter ones are filled up to the next of these.
LENGTHS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]
UNSAID = 512


def makes_embeddings(graph: ov.Model) -> bool:
    names = {name for port in graph.inputs for name in port.names}
    shapes = [port.partial_shape for port in graph.outputs]
    return {"input_ids", "attention_mask"} <= names and any(shape.rank == 2 and shape[1].is_static for shape in shapes)


def most_tokens(folder: pathlib.Path) -> int:
    """Of a text, with those at its borders: the least that a file of the folder says."""
    said = []
    for name, key in (("sentence_bert_config.json", "max_seq_length"), ("config.json", "max_position_embeddings"),
                      ("tokenizer_config.json", "model_max_length")):
        file = folder / name
        if file.is_file() and (most := json.loads(file.read_text()).get(key)):
            said.append(int(most))
    return min(said, default=UNSAID)


def yaml(most: int) -> str:
    lengths = [length for length in LENGTHS if length < most] + [most]
    return f"""\
backend: openvino
run: worker
embedding: {{max_tokens: {most}, lengths: {lengths}}}
batching: {{max_batch: 16}}
"""
