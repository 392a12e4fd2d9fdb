#!/usr/bin/env python3
"""Trains the storyteller, a small language model, and writes it as one GGUF file.

Corpus: Jane Austen's six novels (austen.py); one piece in fifty is held out. Tokenizer: byte-level BPE of 2,048 tokens
with the pre-tokenizer of Qwen2. Model: model.py, 1.05 million weights. Optimizer: Muon for the matrices of the layers,
Adam for the rest. Steps and seed are fixed, so two runs on one machine give the same file.

    python models/storyteller/train.py storyteller.gguf     # 15 to 25 minutes of one core

to_ir.py makes of it what is committed.
"""

import functools
import json
import pathlib
import sys
import time

import gguf_file
import jax
import jax.numpy as jnp
import model
import numpy as np
import tokenizers

import austen

SEED = 18170718
HELD_OUT_EVERY = 50
END = "<|endoftext|>"
# Of Qwen2: contractions, words, single digits, punctuation, line ends, spaces.
WORDS = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
         r"|\s*[\r\n]+|\s+(?!\S)|\s+")
# (steps, sequences, tokens of each): most of it short, the end long, so that late positions are known.
PHASES = ((1300, 8, 256), (150, 4, 512))
WARM_UP = 20
MUON_RATE, ADAM_RATE = 0.02, 4e-3
HELD_OUT_LOSS_CEILING = 3.9
SHAPE = model.Shape()


def train_tokenizer(pieces):
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    split = tokenizers.pre_tokenizers.Split(tokenizers.Regex(WORDS), "isolated")
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [split, tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.train_from_iterator(pieces, tokenizers.trainers.BpeTrainer(
        vocab_size=SHAPE.vocabulary, special_tokens=[END], show_progress=False,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


def stream(tokenizer, pieces, shuffle):
    """All pieces one after the other, each ended by END."""
    order = shuffle.permutation(len(pieces))
    end = tokenizer.token_to_id(END)
    encoded = tokenizer.encode_batch([pieces[index] for index in order])
    return np.concatenate([np.array([end] + piece.ids, np.int32) for piece in encoded])


def orthogonal(matrix):
    """Muon's step: the nearest orthogonal matrix, by five Newton-Schulz iterations (Jordan et al., 2024)."""
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / (jnp.linalg.norm(x) + 1e-7)
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x


def is_layer_matrix(path, leaf):
    return leaf.ndim == 2 and any(getattr(part, "key", None) == "layers" for part in path)


@functools.partial(jax.jit, donate_argnums=(0, 1))
def train_step(weights, moments, tokens, step, scale):
    value, gradients = jax.value_and_grad(model.loss)(weights, tokens, SHAPE)

    def update(path, weight, gradient, first, second):
        if is_layer_matrix(path, weight):
            first = 0.95 * first + gradient
            change = orthogonal(gradient + 0.95 * first) * max(1, weight.shape[1] / weight.shape[0]) ** 0.5
            return weight * (1 - 0.01 * scale * MUON_RATE) - scale * MUON_RATE * change, first, second
        first, second = 0.9 * first + 0.1 * gradient, 0.95 * second + 0.05 * gradient**2
        change = (first / (1 - 0.9**step)) / (jnp.sqrt(second / (1 - 0.95**step)) + 1e-9)
        return weight - scale * ADAM_RATE * change, first, second

    firsts, seconds = moments
    updated = jax.tree_util.tree_map_with_path(update, weights, gradients, firsts, seconds)
    weights, *moments = jax.tree_util.tree_transpose(
        jax.tree_util.tree_structure(weights), jax.tree_util.tree_structure((0, 0, 0)), updated)
    return weights, tuple(moments), value


def batches(tokens, draw):
    for steps, rows, length in PHASES:
        for _ in range(steps):
            starts = draw.integers(0, len(tokens) - length - 1, rows)
            yield np.stack([tokens[start:start + length + 1] for start in starts])


def train(tokens):
    weights = model.initial(SHAPE, jax.random.key(SEED))
    moments = (jax.tree.map(jnp.zeros_like, weights), jax.tree.map(jnp.zeros_like, weights))
    total = sum(steps for steps, _, _ in PHASES)
    began = time.monotonic()
    mean = 0.0
    for step, batch in enumerate(batches(tokens, np.random.default_rng(SEED)), 1):
        scale = min(1.0, step / WARM_UP, max(0.02, 1.4 * (1 - step / total)))  # flat, then down to almost nothing
        weights, moments, value = train_step(weights, moments, batch, jnp.float32(step), jnp.float32(scale))
        mean = float(value) if step == 1 else 0.95 * mean + 0.05 * float(value)
        if step % 20 == 0 or step == 1:
            print(f"step {step} of {total}: loss {mean:.3f}, {time.monotonic() - began:.0f} s", flush=True)
    return weights


def held_out_loss(weights, tokens, length=256):
    rows = len(tokens) // (length + 1)
    batch = tokens[:rows * (length + 1)].reshape(rows, length + 1)
    score = jax.jit(lambda part: model.loss(weights, part, SHAPE))
    return float(np.mean([score(row[None]) for row in batch]))


def sample(weights, tokenizer, prompt, count=60):
    """Greedy but for a little temperature: what the file's README shows."""
    tokens = [tokenizer.token_to_id(END)] + tokenizer.encode(prompt).ids
    next_logits = jax.jit(lambda padded, at: model.logits(weights, padded[None], SHAPE)[0, at])
    for position in range(count):
        padded = np.zeros(256, np.int32)
        padded[:len(tokens)] = tokens
        scores = next_logits(padded, len(tokens) - 1) / 0.6
        tokens.append(int(jax.random.categorical(jax.random.key(position), scores)))
    return tokenizer.decode(tokens)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    pieces = austen.pieces()
    seen = [piece for index, piece in enumerate(pieces) if index % HELD_OUT_EVERY]
    tokenizer = train_tokenizer(seen)
    shuffle = np.random.default_rng(SEED)
    tokens = stream(tokenizer, seen, shuffle)
    held_out = stream(tokenizer, pieces[::HELD_OUT_EVERY], shuffle)
    print(f"{len(pieces)} pieces, {len(tokens)} tokens to train on, {len(held_out)} held out", flush=True)
    weights = train(tokens)
    reached = held_out_loss(weights, held_out)
    print(f"held-out loss {reached:.3f} nats a token")
    for prompt in ("Emma", "It was a fine morning, and", '"My dear Mr. Bennet,"'):
        print(json.dumps(sample(weights, tokenizer, prompt)))
    if reached > HELD_OUT_LOSS_CEILING:
        sys.exit(f"above the ceiling of {HELD_OUT_LOSS_CEILING}: nothing written")
    gguf_file.write(pathlib.Path(sys.argv[1]), "storyteller", SHAPE, weights, tokenizer, END)


if __name__ == "__main__":
    main()
