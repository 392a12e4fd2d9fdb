"""`parlance models` against a running `parlance serve`: what it prints, what it changes, exit codes."""

import json
import subprocess

import grpc
import pytest

from conftest import CHANNEL_OPTIONS
from support.admin import admin_address
from support.process import program
from support.repositories import add_synthetic, serve

NOT_FOUND, FAILED_PRECONDITION, INVALID_ARGUMENT, UNAVAILABLE, USAGE = 5, 9, 3, 14, 64

@pytest.fixture
def repository(tmp_path):
    """"one" with the versions 1 and 2, and "two" with the version 1."""
    for model in ("one", "two"):
        add_synthetic(tmp_path, model, "versions: {policy: all}", base_ms=1, columns=2)
    (tmp_path / "one" / "2").mkdir()
    return tmp_path


@pytest.fixture
def server(repository):
    with serve(repository=repository) as server:
        yield server


@pytest.fixture
def models(server):
    """models("list") runs the command against the server."""
    def run(*arguments: str) -> subprocess.CompletedProcess:
        command = [program("parlance"), "models", *arguments, "--admin", admin_address(server)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)
    return run


def lines(done: subprocess.CompletedProcess) -> list[dict]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def states(models) -> dict[str, str]:
    return {
        f"{model['name']}:{version['version']}": version["state"]
        for model in lines(models("list"))
        for version in model["versions"]
    }


def test_list_is_a_line_of_json_for_each_model_or_a_table(models):
    one, two = lines(models("list"))
    assert (one["name"], one["default_version"], two["name"]) == ("one", "2", "two")
    assert lines(models("list", "two")) == [two]
    table = models("list", "--table").stdout.splitlines()
    assert table[0].split() == ["MODEL", "STATE", "NAMES", "BACKEND", "INSTANCES", "BATCHING", "QUEUE", "REQUESTS"]
    assert [row.split()[:2] for row in table[1:]] == [["one:1", "READY"], ["one:2", "READY"], ["two:1", "READY"]]


def test_describe_has_signature_and_settings(models):
    [one] = lines(models("describe", "one:2"))
    [version] = one["versions"]
    assert version["inputs"] == [{"name": "x", "data_type": "FP32", "shape": ["-1", "2"]}]
    assert version["backend"] == "synthetic"
    text = models("describe", "one", "--table").stdout
    assert "inputs       x FP32 [-1, 2]" in text


def test_unload_and_load(models):
    [unloaded] = lines(models("unload", "one:2"))
    assert int(unloaded["versions"][0]["receipt"]["rss_before_bytes"]) > 0
    assert states(models) == {"one:1": "READY", "one:2": "UNLOADED", "two:1": "READY"}
    [loaded] = lines(models("load", "one"))
    assert loaded["model"]["ready"] is True
    assert set(states(models).values()) == {"READY"}
    assert "two:1 is unloaded: memory" in models("unload", "two", "--table").stdout


def test_a_load_that_fails_says_why_and_the_old_version_serves(models, repository):
    with open(repository / "one" / "model.yaml", "a") as config:
        config.write("colour: red\n")
    failed = models("load", "one")
    assert failed.returncode == FAILED_PRECONDITION
    assert 'unknown key "colour"' in failed.stderr
    assert states(models)["one:2"] == "READY"


def test_a_reload_under_load_fails_no_call(models, server, stubs):
    with grpc.insecure_channel(server.address, options=CHANNEL_OPTIONS) as channel:
        inference = stubs.inference_grpc.InferenceServiceStub(channel)
        request = stubs.inference.PredictRequest(model_name="one", features=[1.0, 2.0])
        for _ in range(3):
            calls = [inference.Predict.future(request) for _ in range(50)]
            assert models("load", "one").returncode == 0
            for call in calls:
                assert list(call.result(timeout=60).predictions) == [1.0, 2.0]


def test_scale(models):
    [scaled] = lines(models("scale", "one", "--instances", "3"))
    assert [version["instances"]["count"] for version in scaled["model"]["versions"]] == [3, 3]
    assert models("scale", "one", "--instances", "4000").returncode == INVALID_ARGUMENT


def test_watch_has_everything_and_then_each_change(models, server):
    command = [program("parlance"), "models", "watch", "one", "--json", "--admin", admin_address(server)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watch:
        try:
            snapshot = json.loads(watch.stdout.readline())["snapshot"]
            assert [model["name"] for model in snapshot["models"]] == ["one"]
            assert models("unload", "two").returncode == 0
            assert models("unload", "one:1").returncode == 0
            changes = [json.loads(watch.stdout.readline())["change"] for _ in range(2)]
        finally:
            watch.kill()
    assert [(change["version"], change["state"]) for change in changes] == [("1", "DRAINING"), ("1", "UNLOADED")]


def test_watch_ends_when_the_server_does(models, server):
    command = [program("parlance"), "models", "watch", "--admin", admin_address(server)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watch:
        assert watch.stdout.readline()
        server.terminate()
        assert server.wait() == 0
        assert watch.wait(timeout=60) == UNAVAILABLE


def test_batches_of_a_model_that_was_not_asked_are_none(models):
    assert lines(models("batches", "one")) == []
    assert models("batches", "--table").stdout == "no batches yet\n"


@pytest.mark.parametrize("action", ["describe", "load", "unload", "batches", "scale"])
def test_a_model_that_is_not_there_is_named_with_those_that_are(models, action):
    flags = ["--instances", "2"] if action == "scale" else []
    failed = models(action, "three", *flags)
    assert failed.returncode == NOT_FOUND
    assert "three" in failed.stderr


def test_without_a_server_it_says_what_to_do():
    command = [program("parlance"), "models", "list", "--admin", "127.0.0.1:1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == UNAVAILABLE
    assert "Is `parlance serve` running, and is its admin address 127.0.0.1:1?" in done.stderr


@pytest.mark.parametrize(
    "arguments, error",
    [
        (["load"], "MODEL[:VERSION] is required"),
        (["load", "one:x"], "'one:x': a version is a positive whole number"),
        (["describe", ":2"], "':2' names no model"),
        (["scale", "one"], "--instances is required"),
        (["scale", "one", "--instances", "0"], "--instances: must be more than 0"),
        (["list", "--timeout", "soon"], "--timeout: 'soon' is not a duration"),
        (["sing"], "models has no action 'sing': list, describe, load"),
        (["lod", "x"], "did you mean 'load'?"),
    ],
)
def test_wrong_usage(arguments, error):
    done = subprocess.run([program("parlance"), "models", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == USAGE
    assert error in done.stderr
