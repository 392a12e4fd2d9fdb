"""`parlance serve` as a program: flags, configuration file, log, end."""

import json
import queue
import subprocess

import grpc
import pytest

from conftest import CHANNEL_OPTIONS, serve
from support.process import ROOT, eventually, program
from support.digits import PIXELS

REPOSITORY = str(ROOT / "models" / "repository")


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([program("parlance"), *arguments], capture_output=True, text=True, timeout=60)


def test_sigterm_ends_it_with_0():
    with serve() as server:
        server.terminate()
        assert server.wait() == 0


def test_open_stream_finishes_after_sigterm(stubs):
    with serve() as server, grpc.insecure_channel(server.address, options=CHANNEL_OPTIONS) as channel:
        todo = queue.Queue()
        stub = stubs.inference_grpc.InferenceServiceStub(channel)
        responses = stub.StreamingPredict(iter(todo.get, None))
        request = stubs.inference.PredictRequest(model_name="digits", features=PIXELS)
        todo.put(request)
        assert next(responses).model_name == "digits"
        server.terminate()
        assert eventually(lambda: "draining" in server.log())
        todo.put(request)
        assert next(responses).model_name == "digits"
        todo.put(None)
        assert list(responses) == []
        assert server.wait() == 0


def test_no_such_repository():
    done = run("serve", "/no/such/folder")
    assert done.returncode == 66
    assert "/no/such/folder" in done.stderr


def test_port_in_use_is_told():
    with serve() as server:
        done = run("serve", REPOSITORY, "--listen", server.address)
        assert done.returncode == 69
        assert server.address in done.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("treads: 4\n", ["serve.yaml:1", "treads", "threads"]),
        ("threads: 2\nshutdown-grace: 10\n", ["serve.yaml:2", "shutdown-grace"]),
        ("listen: [\n", ["serve.yaml"]),
    ],
)
def test_errors_of_the_configuration_name_file_line_and_key(tmp_path, text, expected):
    (tmp_path / "serve.yaml").write_text(text)
    done = run("serve", REPOSITORY, "--config", str(tmp_path / "serve.yaml"))
    assert done.returncode == 78
    assert all(part in done.stderr for part in expected), done.stderr


def test_configuration_file_is_read_and_flags_win(tmp_path):
    (tmp_path / "serve.yaml").write_text("log-format: json\nthreads: 1\nlog-level: error\n")
    with serve("--config", str(tmp_path / "serve.yaml"), "--log-level", "info", "--log-format", "text") as server:
        assert server.is_running()


def test_json_log_has_an_object_a_line(tmp_path):
    with subprocess.Popen(
        [program("parlance"), "serve", REPOSITORY, "--listen", "127.0.0.1:0", "--log-format", "json"],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        entries = []
        for line in process.stderr:
            entries.append(json.loads(line))
            if entries[-1]["msg"] == "ready":
                break
        process.terminate()
        entries += [json.loads(line) for line in process.stderr]
        assert process.wait() == 0
    assert {"ts", "level", "msg"} <= set(entries[0])
    messages = [entry["msg"] for entry in entries]
    assert "listening" in messages and "ready" in messages and "draining" in messages


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["call", "--help"]])
def test_help_is_worth_reading(arguments):
    done = run(*arguments)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 5


@pytest.mark.parametrize("arguments", [["nonsense"], ["serve"], ["serve", REPOSITORY, "--no-such-flag"]])
def test_wrong_usage(arguments):
    assert run(*arguments).returncode == 64
