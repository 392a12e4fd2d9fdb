"""The angles of rotary positions (RoPE), as config.json describes them."""

import math

import numpy as np

from importer.problem import Problem


def _llama3(frequencies: np.ndarray, said: dict) -> np.ndarray:
    """Long waves are stretched, short ones kept, those between blended."""
    factor, original = said["factor"], said["original_max_position_embeddings"]
    low, high = said["low_freq_factor"], said["high_freq_factor"]
    waves = 2 * math.pi / frequencies
    blend = np.clip((original / waves - low) / (high - low), 0, 1)
    return (1 - blend) * frequencies / factor + blend * frequencies


def frequencies(config: dict, head: int) -> np.ndarray:
    """[head / 2], the angle by which each pair of numbers turns from one position to the next."""
    said = config.get("rope_parameters") or config.get("rope_scaling") or {}
    base = said.get("rope_theta") or config.get("rope_theta", 10_000.0)
    if said.get("partial_rotary_factor", config.get("partial_rotary_factor", 1.0)) != 1.0:
        raise Problem("rotary positions of a part of each head cannot be imported")
    plain = 1.0 / base ** (np.arange(0, head, 2, dtype=np.float64) / head)
    kind = said.get("rope_type", said.get("type", "default"))
    if kind == "default":
        return plain / config.get("rope_factors", 1.0)
    if kind == "linear":
        return plain / said["factor"]
    if kind == "llama3":
        return _llama3(plain, said)
    raise Problem(f"rotary positions of kind {kind} cannot be imported; default, linear and llama3 can")
