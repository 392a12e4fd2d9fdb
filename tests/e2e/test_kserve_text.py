"""Text over the Open Inference Protocol: ModelInfer and ModelStreamInfer of a model that makes text."""

import queue
import random

import grpc
import numpy
import pytest

from conftest import CHANNEL_OPTIONS
from support.admin import Admin
from support.digits import PIXELS
from support.failures import failure_of
from support.repositories import serve

PROMPT = "It was a truth"


@pytest.fixture(scope="module")
def text_server():
    with serve() as server:
        yield server


@pytest.fixture
def client(stubs, text_server):
    with grpc.insecure_channel(text_server.address, options=CHANNEL_OPTIONS) as channel:
        yield Client(stubs, channel)


class Client:
    def __init__(self, stubs, channel):
        self.messages = stubs.kserve
        self.stub = stubs.kserve_grpc.GRPCInferenceServiceStub(channel)

    def request(self, prompt=PROMPT, *, raw=True, model="storyteller", id="", **parameters):
        request = self.messages.ModelInferRequest(model_name=model, id=id)
        text = request.inputs.add(name="text_input", datatype="BYTES", shape=[1])
        encoded = prompt.encode()
        if raw:
            request.raw_input_contents.append(len(encoded).to_bytes(4, "little") + encoded)
        else:
            text.contents.bytes_contents.append(encoded)
        for name, value in parameters.items():
            kind = {bool: "bool_param", int: "int64_param", float: "double_param", str: "string_param"}[type(value)]
            setattr(request.parameters[name], kind, value)
        return request

    def stream(self, requests, **options):
        """What the server answers to these requests, sent at once and left open until all were answered."""
        return list(self.stub.ModelStreamInfer(iter(requests), timeout=60, **options))


def text_of(response) -> str:
    if not response.outputs:
        return ""
    assert (response.outputs[0].name, response.outputs[0].datatype, list(response.outputs[0].shape)) == ("text_output", "BYTES", [1])
    if not response.raw_output_contents:
        return response.outputs[0].contents.bytes_contents[0].decode()
    raw = response.raw_output_contents[0]
    assert len(raw) == 4 + int.from_bytes(raw[:4], "little")
    return raw[4:].decode()


def is_final(response) -> bool:
    return response.parameters["triton_final_response"].bool_param


def test_a_unary_call_gives_the_whole_text(client):
    raw = client.stub.ModelInfer(client.request(id="a", max_tokens=20, temperature=0.0))
    typed = client.stub.ModelInfer(client.request(raw=False, max_tokens=20, temperature=0.0))
    assert len(text_of(raw)) > 20
    assert text_of(raw) == text_of(typed)
    assert (raw.model_name, raw.model_version, raw.id) == ("storyteller", "1", "a")
    assert raw.parameters["finish_reason"].string_param == "length"
    assert is_final(raw)


@pytest.mark.parametrize("raw", [True, False])
def test_a_stream_gives_it_piece_by_piece(client, raw):
    whole = text_of(client.stub.ModelInfer(client.request(max_tokens=30, temperature=0.0)))
    answers = client.stream([client.request(raw=raw, id="7", max_tokens=30, temperature=0.0)])
    assert len(answers) > 10
    assert "".join(text_of(answer.infer_response) for answer in answers) == whole
    assert [is_final(answer.infer_response) for answer in answers] == [False] * (len(answers) - 1) + [True]
    assert {answer.infer_response.id for answer in answers} == {"7"}


def test_the_end_is_an_answer_of_its_own_when_that_is_asked_for(client):
    answers = client.stream([client.request(max_tokens=5, temperature=0.0, triton_enable_empty_final_response=True)])
    *pieces, last = [answer.infer_response for answer in answers]
    assert not last.outputs and is_final(last)
    assert last.parameters["finish_reason"].string_param == "length"
    assert all(piece.outputs and not is_final(piece) for piece in pieces)


def test_a_seed_is_a_text(client):
    once, again, other = (text_of(client.stub.ModelInfer(client.request(max_tokens=20, temperature=1.0, seed=seed))) for seed in (5, 5, 6))
    assert once == again != other


def test_a_stop_string_ends_the_text_before_it(client, text_server):
    admin = Admin(text_server)
    ended = {outcome: admin.sample("parlance_sequences_total", outcome=outcome) for outcome in ("stop", "cancelled")}
    whole = text_of(client.stub.ModelInfer(client.request(max_tokens=40, temperature=0.0)))
    stop = whole[12:15]
    response = client.stub.ModelInfer(client.request(max_tokens=40, temperature=0.0, stop=stop))
    assert text_of(response) == whole[:whole.index(stop)]
    assert response.parameters["finish_reason"].string_param == "stop"
    assert admin.reaches(ended["stop"] + 1, "parlance_sequences_total", outcome="stop")
    assert admin.sample("parlance_sequences_total", outcome="cancelled") == ended["cancelled"]


def test_requests_of_one_stream_are_answered_side_by_side(client):
    digit = client.messages.ModelInferRequest(model_name="digits", id="digit")
    digit.inputs.add(name="features", datatype="FP32", shape=[1, 64])
    digit.raw_input_contents.append(numpy.asarray(PIXELS, numpy.float32).tobytes())
    long, short = client.request(id="long", max_tokens=200, temperature=0.0), client.request(id="short", max_tokens=3, temperature=0.0)
    answers = [answer.infer_response for answer in client.stream([long, short, digit])]
    ids = [answer.id for answer in answers if is_final(answer)]
    assert sorted(ids) == ["digit", "long", "short"]
    assert ids[-1] == "long", "whoever is done first is answered first"
    for id, request in (("long", long), ("short", short)):
        alone = text_of(client.stub.ModelInfer(request))
        assert "".join(text_of(answer) for answer in answers if answer.id == id) == alone


def test_what_is_wrong_with_a_request_is_told_and_leaves_the_others_alone(client):
    bad = [
        (client.request(id="1", model="gone"), 'Model "gone" not found'),
        (client.request(id="2", temperature=-1.0), "temperature"),
        (client.request(id="3", max_tokens="many"), "invalid value type for 'max_tokens' parameter"),
        (client.request("", id="4"), "prompt"),
    ]
    answers = client.stream([*(request for request, _ in bad), client.request(id="5", max_tokens=3)])
    failed = {answer.infer_response.id: answer.error_message for answer in answers if answer.error_message}
    assert sorted(failed) == ["1", "2", "3", "4"]
    for request, why in bad:
        assert why.lower() in failed[request.id].lower(), failed[request.id]
    assert any(answer.infer_response.id == "5" and is_final(answer.infer_response) for answer in answers)


def test_a_failure_is_the_calls_status_when_that_is_asked_for(client):
    requests = queue.SimpleQueue()
    requests.put(client.request(max_tokens=2))
    requests.put(client.request(model="gone"))
    call = client.stub.ModelStreamInfer(iter(requests.get, None), timeout=60, metadata=[("triton_grpc_error", "true")])
    with pytest.raises(grpc.RpcError) as failed:
        answers = [next(call) for _ in range(10)]
        pytest.fail(f"{answers}")
    requests.put(None)
    assert failed.value.code() is grpc.StatusCode.NOT_FOUND, "though the stream was left open"


def changed(change):
    def make(client):
        request = client.request(max_tokens=3)
        change(request)
        return request
    return make


def rename(request):
    request.inputs[0].name = "text"


def retype(request):
    request.inputs[0].datatype = "FP32"


def widen(request):
    request.inputs[0].shape[:] = [2]


def matrix(request):
    request.inputs[0].shape[:] = [2, 3]


def surplus(request):
    request.raw_input_contents.append(b"")


def cut(request):
    request.raw_input_contents[0] = request.raw_input_contents[0][:-1]


def drop(request):
    del request.inputs[:]
    del request.raw_input_contents[:]


def repeat(request):
    request.inputs.append(request.inputs[0])
    request.raw_input_contents.append(request.raw_input_contents[0])


def spoil(request):
    text = b"\xff\xfe"
    request.raw_input_contents[0] = len(text).to_bytes(4, "little") + text


NO_ID = "[request id: <id_unknown>] "
BAD = {
    "name": (changed(rename), "unexpected inference input 'text' for model 'storyteller'; the inputs are: text_input"),
    "datatype": (changed(retype), NO_ID + "inference input 'text_input' data-type is 'FP32', but model 'storyteller' expects 'BYTES'"),
    "shape": (changed(widen), NO_ID + "unexpected shape for input 'text_input' for model 'storyteller'. Expected [1], got [2]"),
    "rows": (changed(matrix), NO_ID + "unexpected shape for input 'text_input' for model 'storyteller'. Expected [1], got [2,3]"),
    "raw": (changed(surplus), "raw_input_contents has 2 entries for 1 inputs; it needs one for each"),
    "size": (changed(cut), NO_ID + "incomplete string data for inference input 'text_input' for model 'storyteller', expecting string of "
                                   "length 14 but only 13 bytes available"),
    "missing": (changed(drop), NO_ID + "expected 1 inputs but got 0 inputs for model 'storyteller'. Got input(s) [], but missing required "
                                       "input(s) ['text_input']. Please provide all required input(s)."),
    "twice": (changed(repeat), NO_ID + "input 'text_input' already exists in request"),
    "seed": (lambda client: client.request(seed=-1), "invalid value for 'seed', expected value >= 0."),
    "number": (lambda client: client.request(top_p="much"), "invalid value type for 'top_p' parameter, expected double_param."),
    "stop": (lambda client: client.request(stop=3), "invalid value type for 'stop' parameter, expected string_param."),
    "flag": (lambda client: client.request(ignore_eos=3), "invalid value type for 'ignore_eos' parameter, expected bool_param."),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told(client, case):
    make, why = BAD[case]
    failure = failure_of(lambda: client.stub.ModelInfer(make(client)))
    assert (failure.code(), failure.details()) == (grpc.StatusCode.INVALID_ARGUMENT, why)


def test_other_inputs_in_shared_memory_take_no_raw_contents(client):
    request = client.request(max_tokens=2, seed=7)
    text = request.inputs.pop()
    for _ in range(2):
        request.inputs.add(name="stream", datatype="BOOL", shape=[1]).parameters["shared_memory_region"].string_param = "any"
    request.inputs.append(text)
    assert text_of(client.stub.ModelInfer(request)) == text_of(client.stub.ModelInfer(client.request(max_tokens=2, seed=7)))


def test_text_that_is_not_utf8_is_refused(client):
    assert failure_of(lambda: client.stub.ModelInfer(changed(spoil)(client))).code() is grpc.StatusCode.INVALID_ARGUMENT


def test_calls_that_are_left_free_their_pages_at_once(client, text_server):
    admin = Admin(text_server)
    random.seed(3)
    for _ in range(50):
        before = admin.sample("parlance_tokens_total")
        requests = queue.SimpleQueue()
        requests.put(client.request(max_tokens=400, temperature=1.0, ignore_eos=True))
        call = client.stub.ModelStreamInfer(iter(requests.get, None))
        for _ in range(random.randint(1, 12)):
            next(call)
        call.cancel()
        requests.put(None)
        assert admin.reaches(0, "parlance_pages_used")
        assert admin.sample("parlance_tokens_total") - before < 400
    assert admin.sample("parlance_sequences_running") == 0
    assert admin.sample("parlance_saved_tokens_total") > 0
