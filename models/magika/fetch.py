#!/usr/bin/env python3
"""Puts the magika model (file types from bytes; Google, Apache-2.0) into the shipped repository.

The model travels inside the PyPI package `magika`. Writes

  repository/magika/1/model.onnx    bytes INT32 [-1, 2048] -> target_label FP32 [-1, 214]
  repository/magika/1/labels.txt    the names of the 214 types, in order
  repository/magika/1/ORIGIN        where they come from

    python3 models/magika/fetch.py       # does nothing when the files are already there and right

Needs a Python with pip and nothing else. Exits with 1 and the reason when the package cannot be had.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import wheels  # noqa: E402

PACKAGE = "magika==1.0.3"
FOLDER = "magika/models/standard_v3_3/"
SHA256 = {
    "model.onnx": "fe2d2eb49c5f88a9e0a6c048e15d6ffdf86235519c2afc535044de433169ec8c",
    "config.min.json": "ae24c742205358f6ff6dfd5facb6743fb69743dbba8373e73da58ff0cbd695db",
}
LABELS = 214

VERSION = wheels.REPOSITORY / "magika" / "1"
ORIGIN = f"""\
model.onnx and labels.txt: file-type detection model standard_v3_3 from the PyPI package {PACKAGE}
(https://github.com/google/magika), copyright Google LLC, Apache License 2.0. model.onnx is unchanged
(sha256 {SHA256["model.onnx"]}); labels.txt lists "target_labels_space" of its config.min.json.
"""


def present() -> bool:
    labels = VERSION / "labels.txt"
    return (wheels.is_there(VERSION / "model.onnx", SHA256["model.onnx"])
            and labels.is_file() and len(labels.read_text().split()) == LABELS)


def main() -> None:
    if present():
        return
    files = wheels.fetch(PACKAGE, FOLDER, SHA256)
    labels = json.loads(files["config.min.json"])["target_labels_space"]
    if len(labels) != LABELS:
        sys.exit(f"{PACKAGE}: {len(labels)} labels, expected {LABELS}")
    wheels.put(VERSION / "labels.txt", ("\n".join(labels) + "\n").encode())
    wheels.put(VERSION / "ORIGIN", ORIGIN.encode())
    wheels.put(VERSION / "model.onnx", files["model.onnx"])
    print(f"magika: {len(files['model.onnx']):,} bytes and {len(labels)} labels in {VERSION.relative_to(VERSION.parents[3])}")


if __name__ == "__main__":
    main()
