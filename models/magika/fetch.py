#!/usr/bin/env python3
"""Puts the magika model (file types from bytes; Google, Apache-2.0) into the shipped repository.

The model travels inside the PyPI package `magika`; this takes the pinned wheel with pip, checks the two files it
needs against their SHA-256, and writes

  repository/magika/1/model.onnx    bytes INT32 [-1, 2048] -> target_label FP32 [-1, 214]
  repository/magika/1/labels.txt    the names of the 214 types, in order
  repository/magika/1/ORIGIN        where they come from

    python3 models/magika/fetch.py       # does nothing when the files are already there and right

Needs a Python with pip and nothing else. Exits with 1 and the reason when the package cannot be had.
"""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "magika==1.0.3"
FOLDER = "magika/models/standard_v3_3/"
SHA256 = {
    "model.onnx": "fe2d2eb49c5f88a9e0a6c048e15d6ffdf86235519c2afc535044de433169ec8c",
    "config.min.json": "ae24c742205358f6ff6dfd5facb6743fb69743dbba8373e73da58ff0cbd695db",
}
LABELS = 214

VERSION = pathlib.Path(__file__).resolve().parent.parent / "repository" / "magika" / "1"
ORIGIN = f"""\
model.onnx and labels.txt: file-type detection model standard_v3_3 from the PyPI package {PACKAGE}
(https://github.com/google/magika), copyright Google LLC, Apache License 2.0. model.onnx is unchanged
(sha256 {SHA256["model.onnx"]}); labels.txt lists "target_labels_space" of its config.min.json.
"""


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def present():
    model, labels = VERSION / "model.onnx", VERSION / "labels.txt"
    return (model.is_file() and sha256(model.read_bytes()) == SHA256["model.onnx"]
            and labels.is_file() and len(labels.read_text().split()) == LABELS)


def download(folder):
    """The wheel, as a path in `folder`."""
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                    "--only-binary", ":all:", "--dest", folder, PACKAGE], check=True)
    return next(pathlib.Path(folder).glob("magika-*.whl"))


def checked(wheel, name):
    content = wheel.read(FOLDER + name)
    if sha256(content) != SHA256[name]:
        sys.exit(f"{PACKAGE}: {name} has sha256 {sha256(content)}, expected {SHA256[name]}")
    return content


def put(name, content):
    """Whole or not at all: a run that is cut off leaves no half file under the real name."""
    partial = VERSION / f".{name}.partial"
    partial.write_bytes(content)
    partial.rename(VERSION / name)


def main():
    if present():
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = download(folder)
        except (subprocess.CalledProcessError, StopIteration) as error:
            sys.exit(f"cannot download {PACKAGE} with pip: {error}")
        with zipfile.ZipFile(path) as wheel:
            model = checked(wheel, "model.onnx")
            labels = json.loads(checked(wheel, "config.min.json"))["target_labels_space"]
    if len(labels) != LABELS:
        sys.exit(f"{PACKAGE}: {len(labels)} labels, expected {LABELS}")
    VERSION.mkdir(parents=True, exist_ok=True)
    put("labels.txt", ("\n".join(labels) + "\n").encode())
    put("ORIGIN", ORIGIN.encode())
    put("model.onnx", model)
    print(f"magika: {len(model):,} bytes and {len(labels)} labels in {VERSION.relative_to(VERSION.parents[3])}")


if __name__ == "__main__":
    main()
