"""TorchServe's inference service of `parlance serve`, by grpcio with stubs from a proto of TorchServe's own shape."""

import json
import random
import time

import grpc
import numpy
import pytest
from google.protobuf.empty_pb2 import Empty
from google.rpc import error_details_pb2

from support.digits import PIXELS, held_out
from support.failures import error_info, failure_of
from support.process import ServerProcess, eventually
from support.repositories import SHIPPED, add_synthetic, counter, serve

ADDRESS = r"listening +address=(\S+)"
PROMPT = "It was a fine morning, and"
SILENCE = [0.0] * 576
SPEECH = numpy.sin(numpy.arange(576 * 4) / 3).astype(numpy.float32).reshape(4, 576)

TWO_TENSORS = """\
backend: synthetic
inputs:
  - {name: a, type: INT64, shape: [-1, 2]}
  - {name: b, type: BOOL, shape: [-1]}
outputs:
  - {name: c, type: INT64, shape: [-1, 2]}
  - {name: d, type: BOOL, shape: [-1]}
"""


class Client:
    """Requests as TorchServe's own client script makes them."""

    def __init__(self, stubs, channel):
        self.messages = stubs.torchserve
        self.stub = stubs.torchserve_grpc.InferenceAPIsServiceStub(channel)

    def request(self, model: str, data: bytes | str, key: str = "data", **fields):
        data = data.encode() if isinstance(data, str) else data
        return self.messages.PredictionsRequest(model_name=model, input={key: data}, **fields)

    def predict(self, model: str, data: bytes | str, **fields) -> bytes:
        return self.stub.Predictions(self.request(model, data, **fields), timeout=60).prediction

    def json(self, model: str, data, **fields):
        return json.loads(self.predict(model, json.dumps(data), **fields))

    def stream(self, model: str, data: bytes | str, timeout=60, **fields):
        return self.stub.StreamPredictions(self.request(model, data, **fields), timeout=timeout)

    def text(self, data: bytes | str) -> str:
        return b"".join(response.prediction for response in self.stream("storyteller", data)).decode()


@pytest.fixture
def torchserve(stubs, model_channel) -> Client:
    return Client(stubs, model_channel)


@pytest.fixture(scope="module")
def copying(stubs, tmp_path_factory):
    """A server of models that answer with their input."""
    repository = tmp_path_factory.mktemp("copying")
    for datatype in ["BOOL", "UINT8", "INT8", "INT32", "INT64", "UINT64", "FP16", "FP32", "FP64"]:
        add_synthetic(repository, f"copy_{datatype.lower()}", datatype=datatype)
    (repository / "two" / "1").mkdir(parents=True)
    (repository / "two" / "model.yaml").write_text(TWO_TENSORS)
    add_synthetic(repository, "slow", base_ms=500)
    with serve(repository=repository) as server, grpc.insecure_channel(server.address) as channel:
        yield Client(stubs, channel)


def digit_scores(stubs, inference, pixels):
    return inference.Predict(stubs.inference.PredictRequest(model_name="digits", features=pixels))


# --- Ping


def test_ping_is_pretty_json(torchserve):
    assert torchserve.stub.Ping(Empty()).health == '{\n  "status": "Healthy"\n}'


def test_ping_is_unhealthy_while_a_required_model_is_missing(stubs, tmp_path):
    (tmp_path / "broken" / "1").mkdir(parents=True)
    (tmp_path / "broken" / "model.yaml").write_text("backend: nothing-of-the-kind\n")
    add_synthetic(tmp_path, "good")
    with ServerProcess("parlance", "serve", str(tmp_path), "--listen", "127.0.0.1:0", announces=ADDRESS) as server, \
            grpc.insecure_channel(server.address) as channel:
        client = Client(stubs, channel)
        assert client.stub.Ping(Empty(), timeout=10).health == '{\n  "status": "Unhealthy"\n}'
        assert eventually(lambda: answers(client, "good", [0, 1, 2, 3]))


def answers(client, model, data) -> bool:
    try:
        return client.json(model, data) == data
    except grpc.RpcError:
        return False


# --- models of tensors


@pytest.mark.parametrize("key", ["data", "body", "input"])
def test_a_classifier_answers_with_its_most_probable_classes_as_image_classifier_does(torchserve, stubs, inference, key):
    for _, pixels in held_out()[:10]:
        prediction = torchserve.predict("digits", json.dumps(pixels), key=key)
        best = [(score.label, score.score) for score in digit_scores(stubs, inference, pixels).top_k]
        answer = json.loads(prediction)
        assert list(answer) == [label for label, _ in best]
        numpy.testing.assert_array_equal(numpy.float32(list(answer.values())), numpy.float32([score for _, score in best]))
        assert prediction.startswith(b'{\n  "') and prediction.endswith(b"\n}")


def test_rows_are_answered_as_rows(torchserve):
    rows = [pixels for _, pixels in held_out()[:3]]
    together = torchserve.json("digits", rows)
    assert [list(row)[0] for row in together] == [list(torchserve.json("digits", row))[0] for row in rows]
    assert len(torchserve.json("digits", rows[:1])) == 1, "one row in an array of rows is answered so"


@pytest.mark.parametrize("version", ["", "1", "1.0"])
def test_versions_are_spelled_as_torchserve_spells_them(torchserve, version):
    assert torchserve.json("digits", PIXELS, model_version=version)


def test_data_is_read_before_body(torchserve):
    request = torchserve.request("digits", json.dumps(PIXELS))
    request.input["body"] = b"nothing to read"
    assert json.loads(torchserve.stub.Predictions(request).prediction)


@pytest.mark.parametrize("model, values", [
    ("copy_fp32", [1.5, -0.1, 0, 3.4e38]), ("copy_fp64", [0.1, -1e300, 5e-324, 7]), ("copy_bool", [True, False, True, True]),
    ("copy_uint8", [0, 1, 254, 255]), ("copy_int8", [-128, 0, 1, 127]), ("copy_int32", [-(2**31), 0, 1, 2**31 - 1]),
    ("copy_int64", [-(2**63), 0, 1, 2**63 - 1]), ("copy_uint64", [0, 1, 2**63, 2**64 - 1])])
def test_numbers_come_back_as_they_went(copying, model, values):
    as_sent = numpy.float32(values).tolist() if model == "copy_fp32" else values
    for data in (values, [values], [values, values]):
        answer = copying.json(model, data)
        expected = as_sent if data is values else [as_sent] * len(data)
        assert (numpy.float32(answer).tolist() if model == "copy_fp32" else answer) == expected


def test_an_array_is_laid_out_as_json_dumps_does(copying):
    values = [[1.5, 2.25, -3.5, 0.125], [1.5, 2.25, -3.5, 0.125]]
    assert copying.predict("copy_fp32", json.dumps(values)).decode() == json.dumps(values, indent=2)


def test_a_long_input_is_read_as_a_short_one_is(copying):
    row = [0.5, 1, 1.5, 2]
    assert copying.json("copy_fp32", [row] * 10_000) == [row] * 10_000
    failure = failure_of(copying.predict, "copy_fp32", json.dumps([row] * 10_000 + [row[:3]]))
    assert (failure.code().name, "different lengths" in failure.details()) == ("INVALID_ARGUMENT", True)


def test_inputs_and_outputs_of_several_go_by_name(copying):
    assert copying.json("two", {"a": [1, 2], "b": True}) == {"c": [1, 2], "d": True}
    assert copying.json("two", {"b": [True, False], "a": [[1, 2], [3, 4]]}) == {"c": [[1, 2], [3, 4]], "d": [True, False]}


def test_a_model_of_raw_input_gets_the_bytes(torchserve):
    source = b"import os\n\n\ndef main():\n    return os.getcwd()\n" * 5
    assert list(json.loads(torchserve.predict("magika", source)))[0] == "python"


def test_a_stream_of_a_model_of_tensors_is_one_prediction(torchserve):
    responses = list(torchserve.stream("digits", json.dumps(PIXELS), sequence_id="seven"))
    assert [response.sequence_id for response in responses] == ["seven"]
    assert responses[0].prediction == torchserve.predict("digits", json.dumps(PIXELS))


# --- embeddings


def test_text_becomes_an_array(torchserve, stubs, inference):
    text = "This is an example sentence"
    ours = inference.Embed(stubs.inference.EmbedRequest(model_name="minilm", text=text)).embedding
    answer = json.loads(torchserve.predict("minilm", text))
    numpy.testing.assert_allclose(answer, ours, atol=1e-6)
    scaled = torchserve.json("minilm", {"text": text, "normalize": True})
    assert numpy.linalg.norm(scaled) == pytest.approx(1, abs=1e-6)


# --- text


def test_a_stream_has_the_text_piece_by_piece(torchserve, stubs, inference):
    request = stubs.inference.GenerateRequest(model_name="storyteller", prompt=PROMPT)
    ours = "".join(token.token for token in inference.Generate(request))
    responses = list(torchserve.stream("storyteller", PROMPT, sequence_id="a story"))
    assert b"".join(response.prediction for response in responses).decode() == ours
    assert len(responses) > 100 and all(response.prediction for response in responses)
    assert {response.sequence_id for response in responses} == {"a story"}
    assert torchserve.predict("storyteller", PROMPT).decode() == ours


def test_options_come_as_json(torchserve):
    def told(**options):
        return torchserve.text(json.dumps({"prompt": PROMPT, **options}))

    short = told(max_tokens=12)
    assert short == told(max_new_tokens=12) == told(max_tokens=12, temperature=None, do_sample=False)
    assert told(max_tokens=24).startswith(short)
    assert told(max_tokens=24, temperature=0.9, seed=5) == told(max_tokens=24, temperature=0.9, seed=5)
    assert told(max_tokens=24, temperature=0.9, top_k=1) == told(max_tokens=24)
    assert len({told(max_tokens=24, temperature=1, top_p=0.99) for _ in range(4)}) > 1
    word = short.split()[-1]
    assert told(max_tokens=24, stop=[word, "\n"]) == told(max_tokens=24, stop=word) == short[: short.index(word)]


# --- what is wrong


@pytest.mark.parametrize("model, data, code, words", [
    ("", "[]", "INVALID_ARGUMENT", "model_name is required"),
    ("nope", "[]", "NOT_FOUND", 'nope'),
    ("digits", "", "INVALID_ARGUMENT", "input is empty"),
    ("digits", "[1, 2", "INVALID_ARGUMENT", "input is not JSON"),
    ("digits", b"\xff\xfe", "INVALID_ARGUMENT", "input is not JSON"),
    ("digits", "[" * 5000 + "]" * 5000, "INVALID_ARGUMENT", "input is not JSON"),
    ("digits", "[1, 2]", "INVALID_ARGUMENT", "[1, 2]"),
    ("digits", "7", "INVALID_ARGUMENT", "[]"),
    ("digits", '"seven"', "INVALID_ARGUMENT", "a text"),
    ("digits", json.dumps([PIXELS, PIXELS[:-1]]), "INVALID_ARGUMENT", "arrays of different lengths"),
    ("digits", json.dumps([[PIXELS], [PIXELS]]), "INVALID_ARGUMENT", "arrays in more than its 2 dimensions"),
    ("digits", json.dumps([PIXELS[:-1] + [None]]), "INVALID_ARGUMENT", "has null, which is no FP32"),
    ("digits", json.dumps(PIXELS[:-1] + [1e39]), "INVALID_ARGUMENT", "which is no FP32"),
    ("digits", json.dumps({"pixels": PIXELS}), "INVALID_ARGUMENT", 'There is no input "pixels"; the inputs are: features'),
    ("digits", "{}", "INVALID_ARGUMENT", "features"),
    ("minilm", '{"sentence": "x"}', "INVALID_ARGUMENT", 'has no "text"'),
    ("minilm", '{"text": 7}', "INVALID_ARGUMENT", "text must be a text, got a number"),
    ("storyteller", b"\xff\xfe", "INVALID_ARGUMENT", "UTF-8"),
    ("storyteller", "{brace", "INVALID_ARGUMENT", "input is not JSON"),
    ("storyteller", "{}", "INVALID_ARGUMENT", 'has no "prompt"'),
    ("storyteller", '{"prompt": ""}', "INVALID_ARGUMENT", "prompt"),
    ("storyteller", '{"prompt": ["a"]}', "INVALID_ARGUMENT", "prompt must be a text, got an array"),
    ("storyteller", '{"prompt": "a", "max_tokens": 0}', "INVALID_ARGUMENT", "max_tokens must be a whole number from 1"),
    ("storyteller", '{"prompt": "a", "max_tokens": 100000}', "INVALID_ARGUMENT", "context of 512 tokens"),
    ("storyteller", '{"prompt": "a", "max_new_tokens": 1.5}', "INVALID_ARGUMENT", "got 1.5"),
    ("storyteller", '{"prompt": "a", "temperature": "hot"}', "INVALID_ARGUMENT", "temperature must be a number, got a text"),
    ("storyteller", '{"prompt": "a", "temperature": -1}', "INVALID_ARGUMENT", "temperature"),
    ("storyteller", '{"prompt": "a", "top_p": 2}', "INVALID_ARGUMENT", "top_p"),
    ("storyteller", '{"prompt": "a", "top_k": -1}', "INVALID_ARGUMENT", "top_k"),
    ("storyteller", '{"prompt": "a", "seed": "s"}', "INVALID_ARGUMENT", "seed"),
    ("storyteller", '{"prompt": "a", "stop": [7]}', "INVALID_ARGUMENT", "stop must be a text, got a number"),
    ("storyteller", '{"prompt": "a<|endoftext|>b"}', "INVALID_ARGUMENT", "special token"),
])
def test_bad_requests_are_told_what_is_wrong(torchserve, model, data, code, words):
    for call in (torchserve.stub.Predictions, lambda *given, **more: list(torchserve.stub.StreamPredictions(*given, **more))):
        failure = failure_of(call, torchserve.request(model, data), timeout=60)
        assert (failure.code().name, words in failure.details()) == (code, True), failure.details()


@pytest.mark.parametrize("model, data, words", [
    ("copy_int8", [0, 0, 0, 128], "has the number 128, which is no INT8"), ("copy_int32", [0, 0, 0, 1.5], "has the number 1.5, which is no INT32"),
    ("copy_bool", [True, False, 2, True], "has the number 2, which is no BOOL"), ("copy_uint64", [-1, 0, 0, 0], "has the number -1"),
    ("two", [1, 2], "a model of 2 inputs takes a JSON object"), ("two", {"a": [1, 2]}, "b")])
def test_numbers_that_are_not_the_models_are_refused(copying, model, data, words):
    failure = failure_of(copying.predict, model, json.dumps(data))
    assert (failure.code().name, error_info(failure).reason) == ("INVALID_ARGUMENT", "INVALID_INPUT")
    assert words in failure.details()


def test_half_floats_have_no_json(copying):
    failure = failure_of(copying.predict, "copy_fp16", "[1, 2, 3, 4]")
    assert (failure.code().name, error_info(failure).reason) == ("UNIMPLEMENTED", "MODEL_CANNOT")


def test_an_input_that_is_not_to_be_found_is_said(torchserve):
    for entries in ({}, {"a": b"[]", "b": b"[]"}):
        request = torchserve.messages.PredictionsRequest(model_name="digits", input=entries)
        failure = failure_of(torchserve.stub.Predictions, request)
        assert failure.code().name == "INVALID_ARGUMENT"
        assert f"it has {len(entries)} entries" in failure.details()


def test_a_deadline_is_kept(copying, torchserve):
    failure = failure_of(copying.stub.Predictions, copying.request("slow", "[1, 2, 3, 4]"), timeout=0.1)
    assert failure.code() in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED)
    failure = failure_of(lambda: [time.sleep(0.05) for _ in torchserve.stream("storyteller", PROMPT, timeout=0.5)])
    assert failure.code() == grpc.StatusCode.DEADLINE_EXCEEDED


# --- StreamPredictions2


def test_each_request_of_a_stream_is_answered_in_order(torchserve):
    requests = [torchserve.request("digits", json.dumps(pixels), sequence_id=str(index))
                for index, (_, pixels) in enumerate(held_out()[:20])]
    responses = list(torchserve.stub.StreamPredictions2(iter(requests), timeout=60))
    assert [response.sequence_id for response in responses] == [str(index) for index in range(20)]
    assert [response.prediction for response in responses] == [
        torchserve.predict("digits", request.input["data"]) for request in requests]


def test_what_is_wrong_with_one_request_does_not_end_the_stream(torchserve):
    requests = [torchserve.request("nope", "[1]", sequence_id="a"), torchserve.request("digits", "[1]"),
                torchserve.request("digits", json.dumps(PIXELS)), torchserve.request("storyteller", '{"prompt": "Emma", "max_tokens": 3}')]
    responses = list(torchserve.stub.StreamPredictions2(iter(requests), timeout=60))
    assert [response.status.code for response in responses[:3]] == [5, 3, 0]
    assert responses[0].sequence_id == "a" and not responses[1].HasField("sequence_id")
    assert "nope" in responses[0].status.message
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in responses[1].status.details)
    assert info.reason == "INVALID_INPUT"
    assert not responses[2].HasField("status") and json.loads(responses[2].prediction)
    assert b"".join(response.prediction for response in responses[3:]) == torchserve.predict(
        "storyteller", '{"prompt": "Emma", "max_tokens": 3}')


def test_a_sequence_id_is_a_sequence_of_a_model_with_a_state(torchserve):
    def listen(steps):
        requests = (torchserve.request("silero_vad", json.dumps(values), **fields) for values, fields in steps)
        responses = list(torchserve.stub.StreamPredictions2(requests, timeout=60))
        assert all(not response.HasField("status") for response in responses)
        return [(response.sequence_id, json.loads(response.prediction)) for response in responses]

    speech = [values.tolist() for values in SPEECH]
    alone = [heard for _, heard in listen([(values, {}) for values in speech])]
    silence = [heard for _, heard in listen([(SILENCE, {})] * 4)]
    assert len({str(heard) for heard in alone + silence}) > 4, "the state matters"
    mixed = listen([pair for values in speech for pair in [(values, {"sequence_id": "a"}), (SILENCE, {"sequence_id": "b"})]])
    numpy.testing.assert_allclose([heard for name, heard in mixed if name == "a"], alone, atol=1e-5)
    numpy.testing.assert_allclose([heard for name, heard in mixed if name == "b"], silence, atol=1e-5)


@pytest.mark.parametrize("method", ["Predictions", "StreamPredictions"])
def test_a_sequence_needs_a_stream(torchserve, method):
    def call():
        answer = getattr(torchserve.stub, method)(torchserve.request("silero_vad", json.dumps(SILENCE), sequence_id="a"))
        return list(answer) if method == "StreamPredictions" else answer

    failure = failure_of(call)
    assert (failure.code().name, "needs StreamPredictions2" in failure.details()) == ("INVALID_ARGUMENT", True)


# --- callers who leave


def test_fifty_abandoned_streams_leave_no_page_and_no_neighbour_behind(stubs, tmp_path):
    model = tmp_path / "storyteller"
    model.mkdir()
    (model / "1").symlink_to(SHIPPED / "storyteller" / "1")
    (model / "model.yaml").write_text("generation: {context: 512, cache_mb: 32}\n")
    random.seed(8)
    with serve(repository=tmp_path) as server, grpc.insecure_channel(server.address) as channel:
        client = Client(stubs, channel)
        prompts = ['{"prompt": "Emma %d", "max_tokens": 100}' % number for number in range(3)]
        alone = [client.text(prompt) for prompt in prompts]
        stays = [client.stream("storyteller", prompt) for prompt in prompts]
        for number in range(50):
            call = client.stream("storyteller", '{"prompt": "Miss Bates %d", "max_tokens": 400}' % number)
            for _ in range(random.randrange(8)):
                next(call, None)  # a text may end before
            call.cancel()
        assert [b"".join(response.prediction for response in call).decode() for call in stays] == alone
        assert eventually(lambda: counter(server, "parlance_pages_used") == 0)
        assert counter(server, "parlance_sequences_running") == 0
        steps = counter(server, "parlance_steps_total")
        time.sleep(0.2)
        assert counter(server, "parlance_steps_total") == steps > 0
