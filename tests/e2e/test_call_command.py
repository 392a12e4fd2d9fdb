"""`parlance call`: all four call types, JSON in and out, exit codes; against our server and against grpcio's."""

import json
import subprocess
from concurrent import futures

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from support.process import ROOT, program
from support.digits import PIXELS

USAGE, DATA, NO_INPUT = 64, 65, 66
PREDICT = "inference.InferenceService/Predict"


def call(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
    return subprocess.run([program("parlance"), "call", *arguments], input=stdin, capture_output=True, text=True)


def lines(done: subprocess.CompletedProcess) -> list[dict]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def digit(**fields) -> str:
    return json.dumps({"model_name": "digits", "features": PIXELS, **fields})


# --- the four call types


def test_unary_by_reflection(model_server):
    done = call(model_server.address, PREDICT, digit(request_id="r-7"))
    assert done.returncode == 0, done.stderr
    response = json.loads(done.stdout)
    assert response["modelName" if "modelName" in response else "model_name"] == "digits"


def test_unary_from_a_file(model_server, tmp_path):
    (tmp_path / "digit.json").write_text(digit())
    assert call(model_server.address, PREDICT, f"@{tmp_path / 'digit.json'}").returncode == 0


def test_client_streaming_from_stdin(server):
    requests = "".join(json.dumps({"text": str(i)}) + "\n" for i in range(5))
    done = call(server.address, "parlance.testing.Echo/ClientStreaming", "@-", "-c", stdin=requests)
    [response] = lines(done)
    assert (response["text"], response["requests"]) == ("4", "5")


def test_server_streaming_prints_a_response_a_line(server):
    request = json.dumps({"text": "t", "response_count": 4})
    done = call(server.address, "parlance.testing.Echo/ServerStreaming", request, "-c")
    assert [response["text"] for response in lines(done)] == ["t"] * 4


def test_bidi(model_server):
    requests = "".join(digit(request_id=str(i)) for i in range(3))
    done = call(model_server.address, "inference.InferenceService/StreamingPredict", "@-", "-c", stdin=requests)
    assert len(lines(done)) == 3


def test_bidi_is_a_conversation(server):
    arguments = [program("parlance"), "call", server.address, "parlance.testing.Echo/Bidi", "@-", "-c"]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as talk:
        for i in range(5):
            talk.stdin.write(json.dumps({"text": str(i)}) + "\n")
            talk.stdin.flush()
            assert json.loads(talk.stdout.readline())["text"] == str(i)
        talk.stdin.close()
        assert talk.wait() == 0


def test_types_from_a_proto_file(model_server):
    proto = ["--proto", "parlance/inference.proto", "-I", str(ROOT / "proto")]
    assert call(model_server.address, PREDICT, digit(), *proto).returncode == 0


def test_without_data_the_request_is_empty(server):
    [response] = lines(call(server.address, "parlance.testing.Echo/Unary", "-c"))
    assert response["requests"] == "1"


# --- metadata, deadline, lists


def test_headers_are_sent_and_trailers_shown(server):
    request = json.dumps({"echo_metadata": True})
    headers = ["-H", "x-one: 1", "-H", "x-two-bin: AP8=", "-v"]
    done = call(server.address, "parlance.testing.Echo/Unary", request, *headers)
    assert done.returncode == 0, done.stderr
    assert "x-one" in done.stderr and "x-two-bin" in done.stderr


def test_timeout_is_the_calls_deadline(server):
    done = call(server.address, "parlance.testing.Echo/UntilCancelled", "--timeout", "300ms")
    assert done.returncode == grpc.StatusCode.DEADLINE_EXCEEDED.value[0]
    assert "DEADLINE_EXCEEDED" in done.stderr
    assert done.stdout == ""


def test_list_and_describe(model_server):
    assert "inference.InferenceService" in call(model_server.address, "--list").stdout
    assert "Predict" in call(model_server.address, "inference.InferenceService", "--list").stdout
    described = call(model_server.address, "--describe", "inference.PredictRequest")
    assert "repeated float features = 4;" in described.stdout


# --- failures


@pytest.mark.parametrize("code", range(1, 17))
def test_exit_code_is_the_status(server, code):
    request = json.dumps({"failure": {"code": code, "message": "wanted"}})
    done = call(server.address, "parlance.testing.Echo/Unary", request)
    assert done.returncode == code
    assert "wanted" in done.stderr


def test_responses_before_a_failure_are_printed(server):
    request = json.dumps({"text": "t", "response_count": 2, "failure": {"code": 10, "message": "then"}})
    done = call(server.address, "parlance.testing.Echo/ServerStreaming", request, "-c")
    assert done.returncode == 10
    assert len(done.stdout.splitlines()) == 2


def test_nobody_listening_is_unavailable():
    assert call("127.0.0.1:1", PREDICT, "{}", "--timeout", "20s").returncode == grpc.StatusCode.UNAVAILABLE.value[0]


@pytest.mark.parametrize("data", ["{", '{"no_such_field": 1}', '{"features": "text"}', '{"model_version": 99999999999}'])
def test_wrong_data_is_told(model_server, data):
    done = call(model_server.address, PREDICT, data)
    assert done.returncode == DATA
    assert done.stdout == ""
    assert done.stderr


def test_a_file_that_is_not_there(model_server):
    assert call(model_server.address, PREDICT, "@/no/such/file.json").returncode == NO_INPUT


@pytest.mark.parametrize("arguments", [[], ["127.0.0.1:1"], ["127.0.0.1:1", PREDICT, "--no-such-flag"],
                                       ["127.0.0.1:1", PREDICT, "--timeout", "fast"]])  # fmt: skip
def test_wrong_usage(arguments):
    assert call(*arguments).returncode == USAGE


def test_unknown_methods_are_told(model_server):
    done = call(model_server.address, "inference.InferenceService/Nope", "{}")
    assert done.returncode != 0
    assert "Nope" in done.stderr


# --- other servers


def test_a_server_of_grpcio():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    servicer = health.HealthServicer()
    servicer.set("there", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    reflection.enable_server_reflection(["grpc.health.v1.Health", reflection.SERVICE_NAME], server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        done = call(f"127.0.0.1:{port}", "grpc.health.v1.Health/Check", '{"service": "there"}', "-c")
        assert lines(done) == [{"status": "SERVING"}]
        missing = call(f"127.0.0.1:{port}", "grpc.health.v1.Health/Check", '{"service": "gone"}')
        assert missing.returncode == grpc.StatusCode.NOT_FOUND.value[0]
    finally:
        server.stop(grace=None)
