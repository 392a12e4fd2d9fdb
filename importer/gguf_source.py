"""GGUF files. OpenVINO GenAI's reader makes their tokenizer, and their graph where that keeps what the weights say."""

import json
import pathlib

import gguf
import openvino as ov
import openvino_genai

from importer import gguf_weights, llama_decoder
from importer.made import Made
from importer.problem import Problem

ARCHITECTURES = ("llama", "qwen2", "qwen3")
# In bfloat16, the default where a processor tells of AMX, virtual machines that do not let it be used end the process.
OPTIONS = {"INFERENCE_PRECISION_HINT": "f32", "enable_save_ov_model": True}
# Kinds of weights that its reader keeps as they are. Others have an offset, which it rounds to a step: a Q4_1 matrix comes
# out 9 % wrong. Those are unpacked here.
KEPT = {"F32", "F16", "BF16", "Q4_0", "Q8_0", "Q6_K"}
ROPE_FACTORS = "rope_freqs.weight"  # by which the waves of positions are stretched; its reader passes over them


def _write_tokenizer(file: pathlib.Path):
    try:
        return openvino_genai.Tokenizer(file, enable_save_ov_model=True)
    except Exception as error:
        raise Problem(f"its tokenizer cannot be read: {str(error).strip().splitlines()[-1]}") from error


def _keep(file: pathlib.Path) -> None:
    """Its reader's graph, with the weights as they are in the file."""
    try:
        openvino_genai.LLMPipeline(file, "CPU", **OPTIONS)
    except Exception as error:
        raise Problem(f"its weights cannot be read: {str(error).strip().splitlines()[-1]}") from error


def _unpack(weights: gguf_weights.GgufWeights, config: dict, target: pathlib.Path) -> None:
    if ROPE_FACTORS in weights:
        config = {**config, "rope_factors": weights[ROPE_FACTORS]}
    ov.save_model(llama_decoder.build(weights, config), target / "openvino_model.xml", compress_to_fp16=True)


def _describe(reader: gguf.GGUFReader, target: pathlib.Path, config: dict, template: str) -> Made:
    (target / "config.json").write_text(json.dumps(config, indent=1))
    kind, context = config["model_type"], config["max_position_embeddings"]
    made = Made(f"{kind} decoder for texts of {context} tokens", "backend: openvino\n")
    if template:
        (target / "chat_template.jinja").write_text(template)
    else:
        made.notes.append("it has no chat template: completions work, conversations do not")
    if licence := gguf_weights.value(reader, "general.license"):
        made.what += f", licence {licence}"
    return made


def read(source: pathlib.Path, target: pathlib.Path, half: bool) -> Made:
    reader = gguf_weights.open_file(source)
    kind = gguf_weights.value(reader, "general.architecture", "nothing")
    if kind not in ARCHITECTURES:
        raise Problem(f"{source.name} is of architecture {kind}; GGUF files of {', '.join(ARCHITECTURES)} can be imported")
    config = gguf_weights.config(reader)
    weights = gguf_weights.GgufWeights(reader, config)
    beside = target / "model.gguf"  # the reader writes beside what it reads
    beside.symlink_to(source.resolve())
    made = _describe(reader, target, config, _write_tokenizer(beside).chat_template)
    lost = sorted(weights.kinds() - KEPT)
    if lost or ROPE_FACTORS in weights:
        _unpack(weights, config, target)
    else:
        _keep(beside)
    beside.unlink()
    if lost:
        made.notes.append(f"{', '.join(lost)} weights are unpacked to 16 bits, which keeps their values and takes more room")
    elif half:
        made.notes.append("--half changes nothing: this file's weights stay as they are")
    return made
