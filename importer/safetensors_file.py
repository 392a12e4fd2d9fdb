"""The weights of safetensors files, read where they lie. The format: 8 bytes with the length of a header in JSON, the
header (type, shape and place of each tensor), the values, little-endian."""

import json
import pathlib

import numpy as np

from importer.problem import Problem

_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "U8": "u1"}
_LARGEST_HEADER = 100 * 1024 * 1024


def _header(file: pathlib.Path) -> tuple[dict, int]:
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if not 2 <= length <= _LARGEST_HEADER:
            raise Problem(f"{file.name} is no safetensors file")
        try:
            return json.loads(opened.read(length)), 8 + length
        except ValueError as error:
            raise Problem(f"{file.name}: its header is no JSON: {error}") from error


class Weights:
    """All tensors of the *.safetensors files of a folder, by name. A tensor is read when it is asked for, once: which
    ones were never asked for is how a builder shows that it understood the whole model."""

    def __init__(self, folder: pathlib.Path):
        files = sorted(folder.glob("*.safetensors"))
        if not files:
            raise Problem(f"{folder} has no *.safetensors file (weights of another kind: save them as safetensors first)")
        self._places = {}
        self._used = set()
        for file in files:
            header, start = _header(file)
            for name, place in header.items():
                if name != "__metadata__":
                    self._places[name] = (file, start, place)

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def __getitem__(self, name: str) -> np.ndarray:
        """As float32, or as it is when it holds whole numbers."""
        if name not in self._places:
            raise Problem(f"the weights lack {name}")
        file, start, place = self._places[name]
        if place["dtype"] not in _TYPES:
            raise Problem(f"{name} is {place['dtype']}: quantised safetensors are not read; a GGUF file of the model can be")
        self._used.add(name)
        first, end = place["data_offsets"]
        kind = np.dtype(_TYPES[place["dtype"]])
        values = np.memmap(file, kind, "r", start + first, ((end - first) // kind.itemsize,))
        if place["dtype"] == "BF16":  # the upper half of a float32
            values = (values.astype(np.uint32) << 16).view(np.float32)
        elif kind.kind == "f":
            values = values.astype(np.float32)
        return np.array(values).reshape(place["shape"])

    def unused(self) -> list[str]:
        return sorted(set(self._places) - self._used)
