"""What a Python model costs beside calling its function in process: the time of a run in a worker, alone and over gRPC.

The same function on the same array: called in this process; by `parlance serve` over KServe's ModelInfer, one call after the
other, as the server's own figures have its run (compute: to the worker and back) and as the caller sees it."""

import argparse
import pathlib
import sys
import tempfile
import time

import grpc
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.python_models import add_python  # noqa: E402
from support.repositories import counter, serve  # noqa: E402
from support.stubs import generate  # noqa: E402

PREDICT = "  def predict(self, batch): return {'y': batch['x'] + 1}\n"


def in_process(array: np.ndarray, runs: int) -> float:
    began = time.perf_counter()
    for _ in range(runs):
        array + 1
    return (time.perf_counter() - began) / runs


def served(server, stubs, array: np.ndarray, runs: int) -> tuple[float, float]:
    """Seconds of a run, by the server's histogram, and of a call."""
    channel = grpc.insecure_channel(server.address, options=[("grpc.max_receive_message_length", -1)])
    stub = stubs.kserve_grpc.GRPCInferenceServiceStub(channel)
    request = stubs.kserve.ModelInferRequest(model_name="plus_one", raw_input_contents=[array.tobytes()])
    request.inputs.add(name="x", datatype="FP32", shape=list(array.shape))
    for _ in range(runs // 10 + 1):
        stub.ModelInfer(request, timeout=60)
    names = [f"parlance_compute_seconds_{part}" for part in ("sum", "count")]
    before = [counter(server, name, model="plus_one") for name in names]
    began = time.perf_counter()
    for _ in range(runs):
        stub.ModelInfer(request, timeout=60)
    call = (time.perf_counter() - began) / runs
    seconds, count = (counter(server, name, model="plus_one") - was for name, was in zip(names, before, strict=True))
    channel.close()
    return seconds / count, call


def measure(stubs, sizes: list[int], runs: int) -> list[tuple[int, float, float, float]]:
    """For each number of rows of two floats: seconds in process, of a run in the worker, of a call."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        add_python(pathlib.Path(folder), "plus_one", PREDICT)
        with serve(repository=pathlib.Path(folder)) as server:
            for rows in sizes:
                array = np.zeros((rows, 2), np.float32)
                found.append((rows * 8, in_process(array, runs), *served(server, stubs, array, runs)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as out:
        stubs = generate(pathlib.Path(out))
        print("| bytes in and out | in process | run in a worker | call by grpcio |\n|---|---|---|---|")
        for size, *seconds in measure(stubs, [1, 512, 16_384, 131_072], given.runs):
            print(f"| {size} | " + " | ".join(f"{each * 1e6:.1f} µs" for each in seconds) + " |")


if __name__ == "__main__":
    main()
