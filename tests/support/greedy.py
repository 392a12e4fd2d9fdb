"""The tokens with which a version goes on after a prompt, without the server: the importer's Python prints them as JSON.

    python tests/support/greedy.py VERSION PROMPT COUNT

`genai`: OpenVINO GenAI's pipeline; `graph`: the graph itself, one token after the other; `logits`: for the first."""

import json
import pathlib
import sys

import numpy as np
import openvino as ov
import openvino_genai
import openvino_tokenizers  # noqa: F401  its operators, for the tokenizer

FP32 = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32"}


def by_genai(version: pathlib.Path, prompt: str, count: int) -> list[int]:
    pipeline = openvino_genai.LLMPipeline(version, "CPU", **FP32)
    tokens = pipeline.get_tokenizer().encode(prompt)
    return list(pipeline.generate(tokens, max_new_tokens=count, do_sample=False, ignore_eos=True).tokens[0])


def by_graph(version: pathlib.Path, prompt: str, count: int) -> tuple[list[int], np.ndarray]:
    core = ov.Core()
    new = core.compile_model(version / "openvino_tokenizer.xml", "CPU")([prompt])["input_ids"]
    request = core.compile_model(version / "openvino_model.xml", "CPU", FP32).create_infer_request()
    tokens, past, first = [], 0, None
    while len(tokens) < count:
        total = past + new.shape[1]
        request.infer({"input_ids": new, "attention_mask": np.ones((1, total), np.int64),
                       "position_ids": np.arange(past, total)[None], "beam_idx": np.zeros(1, np.int32)})
        logits = request.get_tensor("logits").data[0]
        first = logits[-1].copy() if first is None else first
        tokens.append(int(logits[-1].argmax()))
        past, new = total, np.array([[tokens[-1]]])
    return tokens, first


def main() -> None:
    version, prompt, count = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    tokens, logits = by_graph(version, prompt, count)
    print(json.dumps({"genai": by_genai(version, prompt, count), "graph": tokens, "logits": logits.tolist()}))


if __name__ == "__main__":
    main()
