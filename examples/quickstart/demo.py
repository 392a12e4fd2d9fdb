"""The quickstart: serves the models that ship and calls them as any gRPC client in Python would.

Run it with ./run demo, which builds the server first. --keep leaves the server running at the end.
"""

import argparse
import collections
import csv
import importlib
import itertools
import os
import queue
import statistics
import sys
import tempfile
import time
import types
from pathlib import Path

import grpc
from grpc_tools import protoc

import hot_reload
import picture
import texts
from picture import bold, dim, green, red
from server import DemoError, Server

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/release/parlance"
REPOSITORY = ROOT / "models/repository"
HELD_OUT = ROOT / "models/digits/held_out.csv"
SERVICE = "inference.InferenceService"
DIGITS_SHOWN = 4
PICTURE_COLUMNS = 20
BLOCK_COLUMNS = 40  # of a digit with its bars; two stand side by side
FILES_TYPED = [
    "README.md",
    "run",
    "src/rpc/server.cpp",
    "proto/parlance/inference.proto",
    "CMakePresets.json",
    "models/digits/held_out.csv",
    "models/repository/digits/1/model.onnx",
    "examples/quickstart/demo.py",
    "build/release/protoc-gen-parlance",
]


def make_stubs(folder: str):
    """What grpcio's own tools make of proto/parlance: inference, inference_grpc, management and management_grpc."""
    sys.path.insert(0, folder)
    stubs = types.SimpleNamespace()
    imports = [f"-I{ROOT / 'proto'}", f"-I{Path(protoc.__file__).parent / '_proto'}"]
    for name in ("inference", "management"):
        arguments = ["protoc", *imports, f"--python_out={folder}", f"--grpc_python_out={folder}", f"parlance/{name}.proto"]
        if protoc.main(arguments) != 0:
            raise DemoError(f"proto/parlance/{name}.proto does not compile")
        setattr(stubs, name, importlib.import_module(f"parlance.{name}_pb2"))
        setattr(stubs, f"{name}_grpc", importlib.import_module(f"parlance.{name}_pb2_grpc"))
    return stubs


def read_held_out() -> list[tuple[str, list[float]]]:
    """Pictures the model has not seen: the digit, and 64 pixels of 0 to 16."""
    with HELD_OUT.open() as file:
        rows = csv.reader(file)
        next(rows)
        return [(row[0], [float(pixel) for pixel in row[1:]]) for row in rows]


def article(digit: str) -> str:
    return "an" if digit == "8" else "a"


def heading(text: str) -> None:
    print(f"\n{bold(text)}")


class Demo:
    def __init__(self, channel: grpc.Channel, admin: grpc.Channel, stubs):
        self.messages = stubs.inference
        self.stub = stubs.inference_grpc.InferenceServiceStub(channel)
        self.management = stubs.management_grpc.ModelManagementStub(admin)
        self.load_request = stubs.management.LoadModelRequest

    def digit_request(self, pixels: list[float], request_id: str = ""):
        return self.messages.PredictRequest(request_id=request_id, model_name="digits", features=pixels)

    # --- one picture, one Predict

    def show_digits(self, held_out) -> None:
        heading("Handwritten digits the model has never seen   Predict(digits)")
        one_of_each = {label: pixels for label, pixels in reversed(held_out)}
        chosen = sorted(one_of_each.items(), key=lambda item: held_out.index(item))[:DIGITS_SHOWN]
        blocks = [self.digit_block(label, pixels) for label, pixels in chosen]
        for left, right in itertools.zip_longest(blocks[::2], blocks[1::2], fillvalue=[]):
            print()
            print("\n".join(picture.side_by_side(left, right, BLOCK_COLUMNS)))

    def digit_block(self, label: str, pixels: list[float]) -> list[str]:
        answer = self.stub.Predict(self.digit_request(pixels), timeout=5)
        best = answer.top_k[0].label
        mark = green("✓") if best == label else red("✗")
        lines = [f"{article(label)} {label}, predicted {best} {mark}", ""]
        for score in answer.top_k:
            lines.append(f"{score.label} {green(picture.bar(score.score, 10))} {score.score:6.1%}")
        return picture.side_by_side([f"  {line}" for line in picture.digit_lines(pixels)], lines, PICTURE_COLUMNS)

    # --- the bytes of a file, one Predict

    def type_files(self) -> None:
        heading("What kind of file is this?   Predict(magika), the file's bytes as raw_input")
        print()
        for name in FILES_TYPED:
            if (ROOT / name).exists() and not self.type_file(name):
                return

    def type_file(self, name: str) -> bool:
        request = self.messages.PredictRequest(model_name="magika", raw_input=(ROOT / name).read_bytes()[: 1 << 21])
        try:
            best = self.stub.Predict(request, timeout=5).top_k[0]
        except grpc.RpcError as error:
            print(f"  {red(error.code().name)}: {error.details()}")
            return False
        print(f"  {name:<38} {bold(best.label.ljust(12))} {green(picture.bar(best.score, 12))} {best.score:6.1%}")
        return True

    # --- the whole set on one stream, each request sent when the answer before it is here

    def stream_held_out(self, held_out) -> None:
        heading(f"All {len(held_out)} held-out digits on one stream   StreamingPredict(digits)")
        print()
        requests = queue.SimpleQueue()
        responses = self.stub.StreamingPredict(iter(requests.get, None), timeout=60)
        progress = picture.Progress("digits", len(held_out))
        mistakes = collections.Counter()
        round_trips_ms, model_ms = [], []
        for done, (label, pixels) in enumerate(held_out, 1):
            began = time.perf_counter()
            requests.put(self.digit_request(pixels, str(done)))
            answer = next(responses)
            round_trips_ms.append((time.perf_counter() - began) * 1000)
            model_ms.append(answer.inference_latency_ms)
            best = answer.top_k[0].label
            if best != label:
                mistakes[f"{label}→{best}"] += 1
            progress.show(done)
        requests.put(None)
        right = len(held_out) - mistakes.total()
        print(f"\n  accuracy     {bold(f'{right / len(held_out):.1%}')}  ({right} of {len(held_out)})")
        if mistakes:
            pairs = "  ".join(mistake + (f" ×{times}" if times > 1 else "") for mistake, times in mistakes.most_common(6))
            print(f"  mistakes     {pairs}")
        print(f"  round trip   {quantiles(round_trips_ms)}  {dim('seen by this Python client')}")
        print(f"  in the model {quantiles(model_ms)}  {dim('as the server measured it')}")

    # --- text, token by token, and what texts mean

    def tell_story(self) -> None:
        heading("A story, token by token as the model makes it   Generate(storyteller)")
        print()
        texts.tell_story(self.stub, self.messages)

    def compare_sentences(self) -> None:
        heading("Which of these means the same?   Embed(minilm)")
        print()
        texts.compare_sentences(self.stub, self.messages)

    # --- the model loaded anew while callers call it

    def reload_under_load(self, held_out) -> None:
        heading("A new version without a pause   parlance models load digits, ten times, under load")
        print()
        request = self.digit_request(held_out[0][1])
        hot_reload.show(self.stub.Predict, request, lambda: self.management.LoadModel(self.load_request(model="digits"), timeout=60))


def quantiles(values_ms: list[float]) -> str:
    cuts = statistics.quantiles(values_ms, n=100, method="inclusive")
    return f"p50 {bold(f'{cuts[49]:.3f} ms')}   p99 {bold(f'{cuts[98]:.3f} ms')}"


def say_what_next(server: Server, keep: bool) -> None:
    address = server.address if keep else "localhost:50051"
    heading("What next")
    if keep:
        print(f"\n  The server runs on, on {bold(address)}; its log is {server.log}")
        print(f"  Stop it with: kill {server.process.pid}")
    else:
        print("\n  # serve, until Ctrl-C")
        print("  ./run serve")
    print(f"""
  # what is served, and a prediction, in another terminal
  build/release/parlance call {address} --list
  build/release/parlance call {address} \\
      {SERVICE}/Predict @examples/quickstart/digit.json

  # the same with grpcurl
  .deps/bin/grpcurl -plaintext -d @ {address} \\
      {SERVICE}/Predict < examples/quickstart/digit.json

  # a story that you begin
  build/release/parlance chat {address}

  # your own model: models/README.md; every option: parlance serve --help
""")


def run_demo(server: Server, stubs_folder: str, keep: bool) -> None:
    stubs = make_stubs(stubs_folder)
    with grpc.insecure_channel(server.address) as channel, grpc.insecure_channel(server.admin) as admin:
        server.wait_until_ready(channel, SERVICE)
        print(f"{bold('parlance serve')} models/repository   {green('ready')} on {server.address}")
        demo = Demo(channel, admin, stubs)
        held_out = read_held_out()
        demo.show_digits(held_out)
        demo.type_files()
        demo.stream_held_out(held_out)
        demo.tell_story()
        demo.compare_sentences()
        demo.reload_under_load(held_out)
    say_what_next(server, keep)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run demo", description="Serves the models that ship and calls them.")
    parser.add_argument("--keep", action="store_true", help="leave the server running at the end")
    parser.add_argument("--program", type=Path, default=PROGRAM, help="the server to start (default: %(default)s)")
    options = parser.parse_args()
    server = None
    finished = False
    try:
        with tempfile.TemporaryDirectory() as stubs_folder:
            server = Server(options.program, REPOSITORY)
            run_demo(server, stubs_folder, options.keep)
            finished = True
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
    except grpc.RpcError as error:
        print(f"demo: {error.code().name}: {error.details()}", file=sys.stderr)
    except KeyboardInterrupt:
        print()
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        if server is not None and not (finished and options.keep):
            server.stop()
    return 0 if finished else 1


if __name__ == "__main__":
    sys.exit(main())
