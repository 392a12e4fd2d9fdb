"""Tensors in the memory that is shared with the server: inputs are views of it, outputs are copied into it."""

import mmap
import os
import struct

import numpy as np

ALIGNMENT = 64
TYPES = {
    "BOOL": "bool", "UINT8": "uint8", "UINT16": "uint16", "UINT32": "uint32", "UINT64": "uint64", "INT8": "int8",
    "INT16": "int16", "INT32": "int32", "INT64": "int64", "FP16": "float16", "FP32": "float32", "FP64": "float64",
    "BF16": "uint16",  # numpy has no such type: its bits
}  # fmt: skip
DTYPES = {name: np.dtype(dtype) for name, dtype in TYPES.items()}
NAMES = {dtype: name for name, dtype in DTYPES.items() if name != "BF16"}


class Memory:
    def __init__(self, inputs: int, outputs: int, most: int) -> None:
        self.input_file = inputs
        self.output_file = outputs
        self.most = most
        self.input_map = mmap.mmap(inputs, os.fstat(inputs).st_size)
        self.output_map = mmap.mmap(outputs, os.fstat(outputs).st_size)

    def inputs(self, message: dict, specs: list[dict]) -> dict[str, np.ndarray]:
        if message["memory"] > len(self.input_map):
            self.input_map = mmap.mmap(self.input_file, message["memory"])
        return {spec["name"]: self._input(said, spec["type"]) for said, spec in zip(message["inputs"], specs, strict=True)}

    def _input(self, said: dict, kind: str) -> np.ndarray:
        shape, offset = said["shape"], said["offset"]
        if kind == "BYTES":
            return _elements(self.input_map, offset, shape)
        return np.ndarray(shape, DTYPES[kind], self.input_map, offset)

    def joined(self, parts: list[dict]) -> dict[str, np.ndarray]:
        """The parts of a stream as one answer: along the first dimension."""
        names = {name: None for part in parts for name in part}
        return {name: np.concatenate([np.atleast_1d(_array(part[name])) for part in parts if name in part]) for name in names}

    def outputs(self, outputs: dict, specs: list[dict]) -> dict:
        """Copies them; what the server is told of where they lie. Names and types are checked there."""
        if not hasattr(outputs, "items"):
            raise TypeError(f"predict must give a dict of arrays by output, gave {type(outputs).__name__}")
        kinds = {spec["name"]: spec["type"] for spec in specs}
        said, contents, end = [], [], 0
        for name, value in outputs.items():
            kind, shape, content = _content(value, kinds.get(name))
            said.append({"name": str(name), "type": kind, "shape": shape, "offset": end, "size": _size(content)})
            contents.append(content)
            end += -(-_size(content) // ALIGNMENT) * ALIGNMENT
        self._reserve(end)
        for each, content in zip(said, contents, strict=True):
            self._copy(content, each["offset"], each["size"])
        return {"outputs": said}

    def _reserve(self, size: int) -> None:
        if size > self.most:
            raise MemoryError(f"the outputs have {size} bytes, more than python.max_output_mb allows ({self.most})")
        if size > len(self.output_map):
            os.ftruncate(self.output_file, size)
            self.output_map = mmap.mmap(self.output_file, size)

    def _copy(self, content: bytes | np.ndarray, offset: int, size: int) -> None:
        if isinstance(content, bytes):
            self.output_map[offset : offset + size] = content
        elif size:
            np.copyto(np.ndarray(content.shape, content.dtype, self.output_map, offset), content)


def _array(value) -> np.ndarray:
    if hasattr(value, "detach"):  # a tensor of torch, wherever it lies
        value = value.detach().cpu().numpy()
    return np.asarray(value)


def _content(value, kind: str | None) -> tuple[str, list[int], bytes | np.ndarray]:
    if kind == "BYTES":
        array = np.asarray(value, dtype=object)
        return kind, list(array.shape), b"".join(map(_element, array.ravel()))
    array = _array(value)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if kind == "BF16" and array.dtype == np.uint16:
        return kind, list(array.shape), array
    name = NAMES.get(array.dtype)
    if name is None:
        raise TypeError(f"an output of type {array.dtype} is none that can be sent")
    return name, list(array.shape), array


def _size(content: bytes | np.ndarray) -> int:
    return len(content) if isinstance(content, bytes) else content.nbytes


def _element(value) -> bytes:
    data = value.encode() if isinstance(value, str) else bytes(value)
    return struct.pack("<I", len(data)) + data


def _elements(memory: mmap.mmap, at: int, shape: list[int]) -> np.ndarray:
    array = np.empty(int(np.prod(shape, dtype=np.int64)), dtype=object)
    for i in range(len(array)):
        (size,) = struct.unpack_from("<I", memory, at)
        array[i] = memory[at + 4 : at + 4 + size]
        at += 4 + size
    return array.reshape(shape)
