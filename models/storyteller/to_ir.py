#!/usr/bin/env python3
"""Turns a GGUF file into the OpenVINO files that are served: decoder, tokenizer, detokenizer.

    python models/storyteller/to_ir.py storyteller.gguf models/repository/storyteller/1

Needs openvino-genai (requirements-ir.txt), whose reader does the work, and says how the model goes on after a prompt.
"""

import pathlib
import shutil
import sys
import tempfile

import openvino_genai

FILES = [f"openvino_{part}.{suffix}" for part in ("model", "tokenizer", "detokenizer") for suffix in ("xml", "bin")]
PROMPT = "It was a fine morning, and"
# In bfloat16, the default where a processor tells of AMX, virtual machines that do not let it be used end the process.
OPTIONS = {"INFERENCE_PRECISION_HINT": "f32", "enable_save_ov_model": True}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, target = map(pathlib.Path, sys.argv[1:])
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(source, folder)  # the files are written beside the one that is read
        pipeline = openvino_genai.LLMPipeline(copy, "CPU", **OPTIONS)
        print(PROMPT + str(pipeline.generate(PROMPT, max_new_tokens=20, apply_chat_template=False)))
        for name in FILES:
            shutil.copy(pathlib.Path(folder) / name, target / name)
    print(f"{sum((target / name).stat().st_size for name in FILES):,} bytes in {target}")


if __name__ == "__main__":
    main()
