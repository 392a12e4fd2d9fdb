"""`parlance explain` on what clients print of real errors."""

import base64
import subprocess

import grpc
import pytest

from support.process import program, tool


def explain(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
    return subprocess.run([program("parlance"), "explain", *arguments], input=stdin, capture_output=True, text=True)


@pytest.fixture(scope="module")
def failure(model_channel) -> grpc.RpcError:
    call = model_channel.unary_unary("/no.such.Service/Method")
    with pytest.raises(grpc.RpcError) as raised:
        call(b"")
    return raised.value


def is_explained(done: subprocess.CompletedProcess) -> None:
    assert done.returncode == 0, done.stderr
    assert "UNIMPLEMENTED (12): unknown service 'no.such.Service'" in done.stdout
    assert "What happened:  The server has no service of that name." in done.stdout
    assert "Where:          on the server" in done.stdout
    assert "More:           docs/errors.md#UNKNOWN_SERVICE" in done.stdout


def test_the_details_of_a_status_as_base64(failure):
    details = dict(failure.trailing_metadata())["grpc-status-details-bin"]
    is_explained(explain(base64.b64encode(details).decode()))
    is_explained(explain("-", stdin=f"grpc-status-details-bin: {base64.b64encode(details).decode().rstrip('=')}\n"))


def test_what_parlance_call_prints(model_server):
    done = subprocess.run(
        [program("parlance"), "call", model_server.address, "no.such.Service/Method", "{}"], capture_output=True, text=True
    )
    explained = explain(stdin=done.stderr)
    assert explained.returncode == 0, done.stderr
    assert "NOT_FOUND" in explained.stdout


def test_what_grpcurl_prints(model_server):
    command = [tool("grpcurl"), "-plaintext", "-d", "@", model_server.address, "inference.InferenceService/Predict"]
    done = subprocess.run(command, input='{"model_name": "nope"}', capture_output=True, text=True)
    explained = explain(stdin=done.stderr)
    assert explained.returncode == 0, explained.stderr
    assert "More:           docs/errors.md#MODEL_NOT_FOUND" in explained.stdout


def test_what_grpcio_prints_has_no_details_and_the_answer_says_so(failure):
    done = explain(stdin=str(failure))
    assert done.returncode == 0, done.stderr
    assert "UNIMPLEMENTED (12): unknown service 'no.such.Service'" in done.stdout
    assert "Details:        none" in done.stdout


def test_no_error_is_found_where_none_is():
    assert explain("all is well").returncode == 65
