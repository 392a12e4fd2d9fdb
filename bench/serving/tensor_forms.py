"""What a tensor costs in each form that the Open Inference Protocol has: raw and typed over gRPC, binary data and JSON over REST.

A model that answers with its input, 1 MiB of FP32 unless told; the same values in every form, one request after the other. What
is printed is the server's own CPU time of a request, by the kernel's count, which other load on the machine changes little, and
the bytes of a request and its answer."""

import argparse
import json
import pathlib
import sys
import tempfile
from collections.abc import Callable

import grpc
import httpx
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.repositories import add_synthetic, serve  # noqa: E402
from support.stubs import generate  # noqa: E402

METHOD = "/inference.GRPCInferenceService/ModelInfer"
PATH = "/v2/models/copy/infer"
LENGTH = "Inference-Header-Content-Length"


def cpu_s(pid: int) -> float:
    """Of all threads."""
    return sum(int(file.read_text().split()[0]) for file in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def over_grpc(channel: grpc.Channel, message) -> tuple[int, Callable[[], int]]:
    body = message.SerializeToString()
    call = channel.unary_unary(METHOD)  # bytes in, bytes out
    return len(body), lambda: len(call(body, timeout=60))


def over_rest(client: httpx.Client, body: bytes, **headers: str) -> tuple[int, Callable[[], int]]:
    def call() -> int:
        answer = client.post(PATH, content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return len(answer.content)
    return len(body), call


def forms(stubs, values: np.ndarray, channel: grpc.Channel, client: httpx.Client) -> dict[str, tuple[int, Callable[[], int]]]:
    shape = list(values.shape)
    raw = stubs.kserve.ModelInferRequest(model_name="copy", raw_input_contents=[values.tobytes()])
    typed = stubs.kserve.ModelInferRequest(model_name="copy")
    for request in (raw, typed):
        request.inputs.add(name="x", datatype="FP32", shape=shape)
    typed.inputs[0].contents.fp32_contents.extend(values.flatten())
    head = {"name": "x", "datatype": "FP32", "shape": shape}
    binary = json.dumps({"inputs": [{**head, "parameters": {"binary_data_size": values.nbytes}}],
                         "parameters": {"binary_data_output": True}}).encode()
    text = json.dumps({"inputs": [{**head, "data": [float(str(value)) for value in values.flatten()]}]}).encode()
    return {"gRPC, raw": over_grpc(channel, raw),
            "gRPC, typed": over_grpc(channel, typed),
            "REST, binary data": over_rest(client, binary + values.tobytes(), **{LENGTH: str(len(binary))}),
            "REST, JSON": over_rest(client, text)}


def measure(stubs, kib: int, runs: int) -> list[tuple[str, int, int, float]]:
    """For each form: its name, bytes in and out, CPU seconds of a request."""
    values = np.random.default_rng(1).standard_normal((1, kib * 256), np.float32)
    limit = f"{kib // 64 + 4}MiB"
    found = []
    with tempfile.TemporaryDirectory() as folder:
        add_synthetic(pathlib.Path(folder), "copy", columns=values.shape[1])
        with serve("--max-receive-message-bytes", limit, repository=pathlib.Path(folder)) as server, \
                grpc.insecure_channel(server.address, options=[("grpc.max_receive_message_length", -1)]) as channel, \
                httpx.Client(base_url=f"http://{server.address}", timeout=60) as client:
            for name, (sent, call) in forms(stubs, values, channel, client).items():
                received = call()
                began = cpu_s(server.process.pid)
                for _ in range(runs):
                    call()
                found.append((name, sent, received, (cpu_s(server.process.pid) - began) / runs))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kib", type=int, default=1024, help="of the tensor")
    parser.add_argument("--runs", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as out:
        print("| form | bytes in | bytes out | server's CPU of a request |\n|---|---|---|---|")
        for name, sent, received, seconds in measure(generate(pathlib.Path(out)), given.kib, given.runs):
            print(f"| {name} | {sent:,} | {received:,} | {seconds * 1e3:.2f} ms |")


if __name__ == "__main__":
    main()
