"""TorchServe's client script as its users run it: a process of its own, with stubs of protos that have TorchServe's names."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
from grpc_tools import protoc

from support.archives import make_archive, with_this_python
from support.digits import PIXELS
from support.process import ROOT
from support.repositories import SHIPPED, serve
from support.torchserve import management_address

DENIED = "Token Authorization failed. Token either incorrect, expired, or not provided correctly"


@pytest.fixture(scope="module")
def script(tmp_path_factory) -> Path:
    """The script, with `inference_pb2` and `management_pb2` generated beside it as TorchServe's users do."""
    folder = tmp_path_factory.mktemp("script")
    for name in ("inference", "management"):
        shutil.copy(ROOT / "proto" / "torchserve" / f"{name}.proto", folder)
    includes = [f"-I{folder}", f"-I{ROOT / 'proto'}", f"-I{Path(protoc.__file__).parent / '_proto'}"]
    made = protoc.main(["protoc", *includes, f"--python_out={folder}", f"--grpc_python_out={folder}", "inference.proto", "management.proto"])
    assert made == 0
    return Path(shutil.copy(ROOT / "tests" / "support" / "torchserve_grpc_client.py", folder))


@pytest.fixture
def run(script, tmp_path, monkeypatch):
    """run(action, …) is the exit code and what the script printed, on a server of digits, storyteller, silero_vad and shout.mar."""
    with_this_python(monkeypatch)
    store = tmp_path / "store"
    store.mkdir()
    for model in ("digits", "storyteller", "silero_vad"):
        (store / model).symlink_to(SHIPPED / model)
    make_archive(store / "shout.mar")
    with serve("--torchserve-management", "127.0.0.1:0", "--torchserve-tokens", str(tmp_path / "keys"), repository=store) as server:
        addresses = ["--inference", server.address, "--management", management_address(server)]

        def run_one(*arguments: str, token: str | None = None) -> tuple[int, str]:
            command = [sys.executable, str(script), *addresses, *arguments, *([f"--auth-token={token}"] if token else [])]
            done = subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=tmp_path)
            assert "Traceback" not in done.stderr, done.stderr
            return done.returncode, done.stdout

        keys = json.loads((tmp_path / "keys").read_text())
        run_one.key = {name: keys[name]["key"] for name in ("inference", "management")}
        run_one.folder = tmp_path
        yield run_one


def file(folder: Path, name: str, data: str) -> str:
    (folder / name).write_text(data)
    return name


def test_the_script_infers_and_streams(run):
    key = run.key["inference"]
    digit = file(run.folder, "digit.json", json.dumps(PIXELS))
    code, answer = run("infer", "digits", digit, token=key)
    assert (code, len(json.loads(answer))) == (0, 5)
    assert run("infer_stream", "digits", digit, token=key) == (0, answer)
    prompt = file(run.folder, "prompt.txt", json.dumps({"prompt": "It was a fine morning, and", "max_tokens": 8}))
    code, whole = run("infer", "storyteller", prompt, token=key)
    code, pieces = run("infer_stream", "storyteller", prompt, token=key)
    assert code == 0
    assert len(pieces.splitlines()) > 1 and pieces.replace("\n", "") == whole.replace("\n", "")


def test_the_script_sends_a_sequence(run):
    speech = numpy.sin(numpy.arange(576 * 3) / 3).astype(numpy.float32).reshape(3, 576)
    files = [file(run.folder, f"{number}.json", json.dumps(values.tolist())) for number, values in enumerate(speech)]
    code, answer = run("infer_stream2", "silero_vad", "7", ", ".join(files), token=run.key["inference"])
    assert code == 0
    assert answer.count('sequence_id: "7"') == answer.count("prediction: ") == 3
    assert answer.endswith("Sequence completed!\n")


def test_the_script_unregisters_and_registers(run):
    key = run.key["management"]
    digit = file(run.folder, "digit.json", json.dumps(PIXELS))
    assert run("unregister", "digits", token=key) == (0, "Model digits unregistered successfully\n")
    assert run("infer", "digits", digit, token=run.key["inference"])[0] == 1
    assert run("register", "digits", "digits.mar", token=key) == (0, "Model digits registered successfully\n")
    assert run("infer", "digits", digit, token=run.key["inference"])[0] == 0
    hello = file(run.folder, "hello.txt", "hello")
    assert run("register", "shout", "digits.mar,shout.mar", token=key) == (0, "Model shout registered successfully\n")
    assert json.loads(run("infer", "shout", hello, token=run.key["inference"])[1]) == {"text": "HELLO!"}


def test_the_script_is_told_what_is_wrong(run):
    digit = file(run.folder, "digit.json", json.dumps(PIXELS))
    code, answer = run("register", "digits", token=run.key["management"])
    assert code == 1
    assert answer.startswith("Given URL https://torchserve.s3.amazonaws.com/mar_files/digits.mar does not match any allowed URL(s)")
    code, answer = run("unregister", "nope", token=run.key["management"])
    assert (code, answer.splitlines()[0]) == (1, "Model not found: nope")
    assert run("infer", "digits", digit) == (1, f"{DENIED}\n")
    assert run("unregister", "digits", token=run.key["inference"]) == (1, f"{DENIED}\n")
