"""What TorchServe's clients are told of each bad request, word for word: with the server's statuses, with TorchServe's own, over REST."""

import concurrent.futures
import http.client
import json

import grpc
import pytest

from conftest import CHANNEL_OPTIONS
from support.failures import failure_of
from support.repositories import add_synthetic, serve

TWO_INPUTS = """\
backend: synthetic
inputs: [{name: a, type: INT64, shape: [-1, 2]}, {name: b, type: BOOL, shape: [-1]}]
outputs: [{name: c, type: INT64, shape: [-1, 2]}, {name: d, type: BOOL, shape: [-1]}]
"""
ROW = b"[1, 2, 3, 4]"
NO_WORKER = (
    'Model "full" has no worker to serve inference request. Please use scale workers API to add workers. If this is a sequence '
    "inference, please check if it is closed, or expired; or exceeds maxSequenceJobQueueSize"
)
NOT_JSON = (
    "input is not JSON (The JSON document has an improper structure: missing or superfluous commas, braces, missing keys, etc.); send "
    "the model's numbers as a JSON array, or an object of arrays by input"
)

# Of a model or version that there is not: the server's text, and TorchServe's with its exception.
MISSING = {
    "wrong name": ("nope", "", 'Model "nope" not found; available: copy, full, halves, two', "Model not found: nope", "ModelNotFoundException"),
    "wrong version": ("copy", "9.0", 'Model "copy" has no version 9; available: 1',
                      "Model version: 9.0 does not exist for model: copy", "ModelVersionNotFoundException"),
    "version that is no number": ("copy", "new", 'Model "copy" has no version labelled "new"; labels: none',
                                  "Model version: new does not exist for model: copy", "ModelVersionNotFoundException"),
}  # fmt: skip

# Of an input that is not right: the same text everywhere.
WRONG = {
    "nothing": ("copy", b"", "input is empty"),
    "no JSON": ("copy", b"[1, 2", NOT_JSON),
    "a text": ("copy", b'["a", 1, 2, 3]', 'Input "x" has a text, which is no FP32'),
    "null": ("copy", b"[null, 1, 2, 3]", 'Input "x" has null, which is no FP32'),
    "another shape": ("copy", b"[1, 2]", 'Input "x" must have the shape [-1, 4], got [1, 2]'),
    "too few dimensions": ("copy", b"7", 'Input "x" must have the shape [-1, 4], got []'),
    "too many dimensions": ("copy", b"[[[1, 2, 3, 4]]]", 'Input "x" has arrays in more than its 2 dimensions'),
    "rows of different lengths": ("copy", b"[[1, 2, 3, 4], [1, 2]]",
                                  'Input "x" has arrays of different lengths; its first ones have the shape [2, 4]'),
    "a row and a number": ("copy", b"[1, [2], 3, 4]", 'Input "x" has arrays of different lengths; its first ones have the shape [4]'),
    "too large a number": ("copy", b"[1e39, 2, 3, 4]", 'Input "x" has the number 1e+39, which is no FP32'),
    "no whole number": ("two", b'{"a": [1.5, 2], "b": true}', 'Input "a" has the number 1.5, which is no INT64'),
    "an unknown input": ("two", b'{"a": [1, 2], "c": true}', 'There is no input "c"; the inputs are: a, b'),
    "too few inputs": ("two", b'{"a": [1, 2]}', 'Input "b" is missing'),
    "an input twice": ("two", b'{"a": [1, 2], "a": [1, 2], "b": true}', 'Input "a" is there more than once'),
    "inputs without names": ("two", b"[1, 2]", "input is an array; a model of 2 inputs takes a JSON object of arrays by input"),
}  # fmt: skip


class Session:
    def __init__(self, stubs, server):
        self.messages = stubs.torchserve
        self.address = server.address
        self.channel = grpc.insecure_channel(server.address, options=CHANNEL_OPTIONS)
        self.stub = stubs.torchserve_grpc.InferenceAPIsServiceStub(self.channel)

    def request(self, model: str, version: str, data: bytes):
        return self.messages.PredictionsRequest(model_name=model, model_version=version, input={"data": data})

    def told(self, model: str, version: str, data: bytes) -> set[tuple[str, str]]:
        """Code and text of each of the calls, which are to be one."""
        request = self.request(model, version, data)
        failures = [failure_of(self.stub.Predictions, request, timeout=60),
                    failure_of(lambda: list(self.stub.StreamPredictions(request, timeout=60)))]  # fmt: skip
        (response,) = self.stub.StreamPredictions2(iter([request]), timeout=60)
        code = {code.value[0]: code.name for code in grpc.StatusCode}[response.status.code]
        return {(failure.code().name, failure.details()) for failure in failures} | {(code, response.status.message)}

    def rest(self, model: str, version: str, data: bytes) -> tuple[int, dict]:
        connection = http.client.HTTPConnection(self.address, timeout=60)
        connection.request("POST", f"/predictions/{model}" + (f"/{version}" if version else ""), data)
        response = connection.getresponse()
        return response.status, json.loads(response.read())


@pytest.fixture(scope="module")
def sessions(stubs, tmp_path_factory):
    """By the flag."""
    repository = tmp_path_factory.mktemp("golden")
    add_synthetic(repository, "copy")
    add_synthetic(repository, "halves", datatype="FP16")
    add_synthetic(repository, "full", "queue: {max_size: 1}", "instances: 1", base_ms=300)
    (repository / "two" / "1").mkdir(parents=True)
    (repository / "two" / "model.yaml").write_text(TWO_INPUTS)
    flags = ("--max-receive-message-bytes", "100000", "--torchserve-statuses")
    with serve(*flags, "grpc", repository=repository) as one, serve(*flags, "torchserve", repository=repository) as other:
        yield {"grpc": Session(stubs, one), "torchserve": Session(stubs, other)}


def test_a_request_without_a_name(sessions):
    assert sessions["grpc"].told("", "", ROW) == {("INVALID_ARGUMENT", "model_name is required and must not be empty")}
    assert sessions["torchserve"].told("", "", ROW) == {("INTERNAL", "Parameter model_name is required.\nBadRequestException.()")}


@pytest.mark.parametrize("case", MISSING)
def test_what_is_not_there(sessions, case):
    model, version, ours, text, exception = MISSING[case]
    assert sessions["grpc"].told(model, version, ROW) == {("NOT_FOUND", ours)}
    assert sessions["torchserve"].told(model, version, ROW) == {("INTERNAL", f"{text}\norg.pytorch.serve.archive.model.{exception}")}
    assert sessions["grpc"].rest(model, version, ROW) == (404, {"code": 404, "type": exception, "message": text})


@pytest.mark.parametrize("case", WRONG)
def test_an_input_that_is_not_right(sessions, case):
    model, data, text = WRONG[case]
    assert sessions["grpc"].told(model, "", data) == {("INVALID_ARGUMENT", text)}
    own = f"{text}\norg.pytorch.serve.http.InternalServerException"
    assert sessions["torchserve"].told(model, "", data) == {("INVALID_ARGUMENT", own)}
    assert sessions["grpc"].rest(model, "", data) == (400, {"code": 400, "type": "BadRequestException", "message": text})


@pytest.mark.parametrize("entries, text", [
    ({}, 'input must have an entry "data" or "body", or one alone; it has 0 entries'),
    ({"a": ROW, "b": ROW}, 'input must have an entry "data" or "body", or one alone; it has 2 entries'),
])  # fmt: skip
def test_an_input_that_is_not_to_be_found(sessions, entries, text):
    request = sessions["grpc"].messages.PredictionsRequest(model_name="copy", input=entries)
    failure = failure_of(sessions["grpc"].stub.Predictions, request, timeout=60)
    assert (failure.code().name, failure.details()) == ("INVALID_ARGUMENT", text)


def test_a_type_without_numbers_in_json(sessions):
    text = 'Input "x" is FP16, which JSON has no numbers for; call the model over another of the server\'s protocols'
    assert sessions["grpc"].told("halves", "", ROW) == {("UNIMPLEMENTED", text)}
    assert sessions["grpc"].rest("halves", "", ROW) == (501, {"code": 501, "type": "InternalServerException", "message": text})


def test_a_queue_that_is_full(sessions):
    def outcome(mode: str, how: str):
        if how == "rest":
            return sessions[mode].rest("full", "", ROW)
        try:
            return sessions[mode].stub.Predictions(sessions[mode].request("full", "", ROW), timeout=60).prediction
        except grpc.RpcError as failure:
            return failure.code().name, failure.details()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ours = list(pool.map(lambda _: outcome("grpc", "grpc"), range(8)))
        own = list(pool.map(lambda _: outcome("torchserve", "grpc"), range(8)))
        rest = list(pool.map(lambda _: outcome("grpc", "rest"), range(8)))
    assert {code for code, _ in (each for each in ours if isinstance(each, tuple))} == {"RESOURCE_EXHAUSTED"}
    assert {each for each in own if isinstance(each, tuple)} == {("INTERNAL", f"{NO_WORKER}\nInternalServerException.()")}
    refused = [error for status, error in rest if status != 200]
    assert refused and all(error == {"code": 503, "type": "ServiceUnavailableException", "message": NO_WORKER} for error in refused)


def test_a_request_over_the_limit(sessions):
    data = b"[" + b"1," * 100_000 + b"1]"
    failure = failure_of(sessions["grpc"].stub.Predictions, sessions["grpc"].request("copy", "", data), timeout=60)
    assert failure.code().name == "RESOURCE_EXHAUSTED"
    assert "100000" in failure.details()
    connection = http.client.HTTPConnection(sessions["grpc"].address, timeout=60)
    connection.request("POST", "/predictions/copy", data)
    assert connection.getresponse().status == 413


def test_a_request_that_is_no_message(sessions):
    method = "/org.pytorch.serve.grpc.inference.InferenceAPIsService/Predictions"
    call = sessions["grpc"].channel.unary_unary(method)
    for garbage in (b"\xff\xff\xff\xff", b"\x0a\x05ab", b"\x1a\x06\x0a\x04data"):
        assert failure_of(call, garbage, timeout=60).code().name in ("INTERNAL", "INVALID_ARGUMENT")
