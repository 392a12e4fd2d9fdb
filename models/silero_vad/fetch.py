#!/usr/bin/env python3
"""Puts silero-vad (voice activity at 16 kHz; Silero Team, MIT) into the shipped repository.

The model travels inside the PyPI package `silero-vad`. Writes

  repository/silero_vad/1/model.onnx    input FP32 [1, 576], state FP32 [2, 1, 128] -> output FP32 [1, 1], stateN
  repository/silero_vad/1/ORIGIN        where it comes from

    python3 models/silero_vad/fetch.py   # does nothing when the file is already there and right

Needs a Python with pip and nothing else. Exits with 1 and the reason when the package cannot be had.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import wheels  # noqa: E402

PACKAGE = "silero-vad==6.2.3"
FOLDER = "silero_vad/data/"
FILE = "silero_vad_openvino_16k.onnx"
SHA256 = "7776b81ad1b0350c15d7f1555943b9232eb53e9ca5d989c6d0cea9ebc8664d87"

VERSION = wheels.REPOSITORY / "silero_vad" / "1"
ORIGIN = f"""\
model.onnx: {FILE} from the PyPI package {PACKAGE} (https://github.com/snakers4/silero-vad),
copyright Silero Team, MIT License, unchanged (sha256 {SHA256}).
"""


def main() -> None:
    if wheels.is_there(VERSION / "model.onnx", SHA256):
        return
    model = wheels.fetch(PACKAGE, FOLDER, {FILE: SHA256})[FILE]
    wheels.put(VERSION / "ORIGIN", ORIGIN.encode())
    wheels.put(VERSION / "model.onnx", model)
    print(f"silero_vad: {len(model):,} bytes in {VERSION.relative_to(VERSION.parents[3])}")


if __name__ == "__main__":
    main()
