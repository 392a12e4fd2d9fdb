"""Server CPU per Predict call, of Parlance and of grpc++ in the same run: one connection with 100 calls in flight.

    first_light.py [--runs N] [--calls N] [--build FOLDER]

The server is pinned to core 0, h2load to core 1. Servers take turns, so that a slow minute of the machine hits all of
them; the figure is the median over the runs, with the smallest and the largest beside it. CPU is the run time of all
the server's threads over a run, user and system, divided by its calls; all of them must succeed.
"""

import argparse
import os
import re
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVER_CORE, CLIENT_CORE = "0", "1"
WARM_UP_CALLS = 20_000


def varint(number: int) -> bytes:
    out = bytearray()
    while number >= 128:
        out.append(number % 128 + 128)
        number //= 128
    return bytes([*out, number])


def bytes_field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def framed(message: bytes) -> bytes:
    """Behind the prefix of a gRPC message."""
    return b"\0" + len(message).to_bytes(4, "big") + message


def predict_request(model: str, features: list[float]) -> bytes:
    """A serialised inference.PredictRequest, framed: request_id, model_name, model_version 1 and the features."""
    packed = struct.pack(f"<{len(features)}f", *features)
    return framed(
        bytes_field(1, b"req-000001") + bytes_field(2, model.encode()) + b"\x18\x01" + bytes_field(4, packed)
    )


ECHO = predict_request("resnet50", [0.5])
DIGIT = predict_request("digits", [float(i % 17) for i in range(64)])


@dataclass
class Contender:
    name: str
    command: list[str]
    body: bytes
    calls: int
    cpu_us: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def contenders(build: Path, calls: int) -> list[Contender]:
    parlance = build / "parlance"
    found = [
        Contender("echo, parlance", [str(build / "parlance-bench-server"), "--threads", "1", "--port"], ECHO, calls),
        Contender("echo, grpc++", [str(build / "grpcpp-bench-server"), "--port"], ECHO, calls),
    ]
    if parlance.exists():
        repository = str(ROOT / "models" / "repository")
        serve = [str(parlance), "serve", repository, "--require", "digits", "--threads", "1", "--listen", "127.0.0.1:PORT"]
        found.append(Contender("digits, parlance", serve, DIGIT, calls))
    return found


def start(contender: Contender, port: int) -> subprocess.Popen:
    command = [part.replace("PORT", str(port)) for part in contender.command]
    if command == contender.command:
        command.append(str(port))
    process = subprocess.Popen(["taskset", "-c", SERVER_CORE, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until_served(contender, process, port)
    return process


def wait_until_served(contender: Contender, process: subprocess.Popen, port: int) -> None:
    """h2load looks at the HTTP status only; so one call is seen to be OK before any is measured."""
    answer = ""
    for _ in range(600):
        if process.poll() is not None:
            sys.exit(f"{contender.name}: the server ended with {process.returncode}")
        answer = one_answer(contender, port)
        if re.search(r"grpc-status: 0\b", answer):
            return
        time.sleep(0.1)
    sys.exit(f"{contender.name}: the answer is not OK:\n{answer[-500:]}")


def cpu_ns(process: subprocess.Popen) -> int:
    """Run time of all its threads, those that have ended too: the CPU clock of another process, whose number is made of
    its pid (clock_getcpuclockid(3)). Summing /proc/PID/task/*/schedstat would miss threads that ended."""
    return time.clock_gettime_ns((~process.pid << 3) | 2)


def load(contender: Contender, port: int, calls: int) -> tuple[int, float]:
    """Calls that were answered with 200, and calls a second."""
    with tempfile.NamedTemporaryFile() as body:
        body.write(contender.body)
        body.flush()
        command = ["taskset", "-c", CLIENT_CORE, "h2load", "-c1", "-m100", "-t1", "-n", str(calls), "-d", body.name]
        command += ["-H", "content-type: application/grpc", "-H", "te: trailers"]
        command += [f"http://127.0.0.1:{port}/inference.InferenceService/Predict"]
        out = subprocess.run(command, capture_output=True, text=True).stdout
    succeeded = re.search(r"(\d+) succeeded", out)
    rate = re.search(r"finished in .*?, ([\d.]+) req/s", out)
    return (int(succeeded.group(1)) if succeeded else 0, float(rate.group(1)) if rate else 0.0)


def one_answer(contender: Contender, port: int) -> str:
    with tempfile.NamedTemporaryFile() as body:
        body.write(contender.body)
        body.flush()
        command = ["nghttp", "-nv", "--no-dep", "-d", body.name]
        command += ["-H", "content-type: application/grpc", "-H", "te: trailers"]
        command.append(f"http://127.0.0.1:{port}/inference.InferenceService/Predict")
        return subprocess.run(command, capture_output=True, text=True).stdout


def measure(contender: Contender) -> None:
    port = free_port()
    process = start(contender, port)
    try:
        load(contender, port, WARM_UP_CALLS)
        before = cpu_ns(process)
        succeeded, per_second = load(contender, port, contender.calls)
        used = cpu_ns(process) - before
        if succeeded != contender.calls:
            sys.exit(f"{contender.name}: {succeeded} of {contender.calls} calls succeeded")
        contender.cpu_us.append(used / 1000 / succeeded)
        contender.per_second.append(per_second)
    finally:
        process.terminate()
        process.wait()


def print_table(rows: list[Contender]) -> None:
    base = next((statistics.median(row.cpu_us) for row in rows if row.name == "echo, parlance"), None)
    print(f"\n{'server':<20}{'CPU µs a call':>15}{'smallest':>10}{'largest':>10}{'calls/s':>10}{'ratio':>8}")
    for row in rows:
        median = statistics.median(row.cpu_us)
        rate = statistics.median(row.per_second)
        print(f"{row.name:<20}{median:>15.2f}{min(row.cpu_us):>10.2f}{max(row.cpu_us):>10.2f}{rate:>10.0f}{median / base:>7.1f}×")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--calls", type=int, default=200_000)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    options = parser.parse_args()
    if (os.cpu_count() or 1) < 2:
        sys.exit("needs two cores: one for the server, one for the load")

    rows = contenders(options.build, options.calls)
    for run in range(1, options.runs + 1):
        for row in rows if run % 2 else reversed(rows):
            measure(row)
            print(f"run {run}/{options.runs}  {row.name:<20}{row.cpu_us[-1]:>8.2f} µs", flush=True)
    print_table(rows)


if __name__ == "__main__":
    main()
