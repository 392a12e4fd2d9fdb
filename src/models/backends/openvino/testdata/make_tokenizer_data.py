#!/usr/bin/env python3
"""Writes what the tests of tokenizers compare with; run with a Python that has openvino and openvino-tokenizers in the
versions of packages/python-runtime.txt (and numpy).

  storyteller_tokens.json  texts, each with the tokens that the package gives for it with models/storyteller, and the text that
                           it makes of these tokens again
  byte_fallback.xml, .bin  a detokenizer of Llama's kind: words with U+2581 for spaces, bytes as <0x0A>, a space at the
                           beginning of a text left out
  byte_alphabet.xml, .bin  a detokenizer whose tokens are written in GPT-2's alphabet of bytes
  padded/                  a tokenizer of whole words that puts <s> before and </s> after a text and fills up to 8 tokens
"""

import json
import pathlib

import openvino
import openvino_tokenizers  # registers the operators
from openvino_tokenizers import tokenizer_pipeline as steps, utils

HERE = pathlib.Path(__file__).resolve().parent
STORYTELLER = HERE.parents[4] / "models/repository/storyteller/1"

TEXTS = [
    "",
    " ",
    "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife.",
    '"My dear Mr. Bennet," said his lady to him one day, "have you heard that Netherfield Park is let at last?"',
    "Fräulein Müller aß süße Klöße; draußen schneite es übermäßig.",
    "ÄÖÜäöüß ẞ",
    "😀",
    "a😀b👩‍👩‍👧‍👦c🇩🇪",
    "Ελληνικά, русский, עברית, العربية, हिन्दी, 中文, 日本語, 한국어",
    "e\u0301 is é in two characters",
    "line\nline\r\nline\n\n\nand\ttabs\t\t",
    "   leading and trailing   ",
    "0123456789 3.14159 1,000,000 2026-11-21",
    "don't I'LL we've they'd it's",
    "<|endoftext|>",
    "One.<|endoftext|>Two.<|endoftext|>",
    "<|endoftext| >, <|im_start|>",
    "zero\0byte",
    "\u0001\u001b\u007f\u0085\u00a0\u2028\ufeff\ufffd",
    "\U0010ffff\ue000",
    "f(x) = {x**2 for x in [1, 2, 3] if x != 2};  // #!$%&@^_~`|\\",
    "Donaudampfschifffahrtsgesellschaftskapitän" * 5,
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
]


def write_tokens():
    core = openvino.Core()
    tokenizer = core.compile_model(STORYTELLER / "openvino_tokenizer.xml", "CPU")
    detokenizer = core.compile_model(STORYTELLER / "openvino_detokenizer.xml", "CPU")
    cases = []
    for text in TEXTS:
        tokens = tokenizer([text])["input_ids"]
        cases.append({"text": text, "tokens": tokens[0].tolist(), "decoded": str(detokenizer(tokens)["string_output"][0])})
    lines = ",\n".join(json.dumps(case) for case in cases)
    (HERE / "storyteller_tokens.json").write_text(f"[\n{lines}\n]\n")


def write_detokenizer(name, decoding):
    pipeline = steps.TokenizerPipeline()
    pipeline.add_steps(decoding)
    openvino.save_model(pipeline.get_detokenizer_ov_subgraph(), HERE / f"{name}.xml", compress_to_fp16=False)


def write_padded():
    words = ["<s>", "</s>", "<unk>", "<pad>", "one", "two"]
    pipeline = steps.TokenizerPipeline(vocab=words)
    pipeline.add_steps([
        steps.SpecialTokensSplit([steps.SpecialToken("<s>")]),
        steps.WhitespaceSplitStep(),
        steps.WordPieceTokenizationStep(words, unk_token="<unk>"),
        steps.CombineSegmentsStep([steps.AddToken(_token_id=0), steps.Sequence(), steps.AddToken(_token_id=1)]),
        steps.PaddingStep(_token_id=3, max_length=8, pad_to_max_length=True),
        steps.VocabDecoderStep([f" {word}" for word in words], skip_tokens=[3, 0, 1, 2]),
        steps.FuseStep(),
        steps.UTF8ValidateStep(),
    ])
    folder = HERE / "padded"
    folder.mkdir(exist_ok=True)
    tokenizer = utils.change_outputs_type(pipeline.get_tokenizer_ov_subgraph(), openvino.Type.i64)
    detokenizer = utils.change_inputs_type(pipeline.get_detokenizer_ov_subgraph(), openvino.Type.i64)
    openvino.save_model(tokenizer, folder / "openvino_tokenizer.xml", compress_to_fp16=False)
    openvino.save_model(detokenizer, folder / "openvino_detokenizer.xml", compress_to_fp16=False)


def main():
    write_tokens()
    sentencepiece = ["<s>", "</s>", "\u2581Hello", "\u2581", "wor", "ld", "\u00e9", *(f"<0x{byte:02X}>" for byte in range(256))]
    write_detokenizer("byte_fallback", [
        steps.VocabDecoderStep(sentencepiece, skip_tokens=[0, 1]),
        steps.RegexDecodingStep.replace_sp_spaces(),
        steps.ByteFallbackStep(),
        steps.FuseStep(),
        steps.RegexDecodingStep.strip_forward_space(),
        steps.UTF8ValidateStep(),
    ])
    # "Ġ" stands for a space, "Ċ" for a line feed, "Ã©" for the bytes of "é", "ðŁ" for the first two of an emoji
    write_detokenizer("byte_alphabet", [
        steps.VocabDecoderStep(["<|end|>", "Hello", "\u0120world", "\u010a", "\u00c3\u00a9", "\u00f0\u0141", "\u013a\u0122"], skip_tokens=[0]),
        steps.CharsToBytesStep(),
        steps.UTF8ValidateStep(),
    ])
    write_padded()


if __name__ == "__main__":
    main()
