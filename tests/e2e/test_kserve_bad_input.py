"""What is wrong with an inference request, in Triton's statuses and words: the same over gRPC and REST."""

import json
import os
from multiprocessing import shared_memory

import grpc
import httpx
import numpy
import pytest

from support.datatypes import TYPED
from support.digits import PIXELS
from support.failures import error_info, failure_of
from support.repositories import SHIPPED, add_synthetic, serve

REGION = "bad_input"
HTTP_STATUS = {"INVALID_ARGUMENT": 400, "NOT_FOUND": 404}
PAIR = """\
backend: synthetic
inputs: [{name: a, type: FP32, shape: [-1, 4]}, {name: b, type: FP32, shape: [-1, 4]}]
outputs: [{name: c, type: FP32, shape: [-1, 4]}]
"""
OPEN = """\
backend: synthetic
inputs: [{name: x, type: FP32, shape: [-1, -1]}]
outputs: [{name: y, type: FP32, shape: [-1, -1]}]
"""
STATEFUL = """\
backend: synthetic
inputs: [{name: x, type: FP32, shape: [1]}, {name: s, type: FP32, shape: [1]}]
outputs: [{name: y, type: FP32, shape: [1]}, {name: t, type: FP32, shape: [1]}]
sequence: {states: [{input: s, output: t}]}
"""


class Clients:
    """The same request over both."""

    def __init__(self, stubs, channel, http):
        self.messages = stubs.kserve
        self.stub = stubs.kserve_grpc.GRPCInferenceServiceStub(channel)
        self.http = http

    def over_rest(self, request) -> httpx.Response:
        def values(parameters):
            return {name: getattr(value, value.WhichOneof("parameter_choice")) for name, value in parameters.items()}

        raw = list(request.raw_input_contents)
        inputs, binary = [], b""
        for tensor in request.inputs:
            fields = {"name": tensor.name, "datatype": tensor.datatype, "shape": list(tensor.shape)}
            parameters = values(tensor.parameters)
            if "shared_memory_region" not in parameters:
                contents = raw.pop(0)
                parameters["binary_data_size"] = len(contents)
                binary += contents
            inputs.append({**fields, "parameters": parameters})
        body = {"inputs": inputs, "parameters": values(request.parameters),
                "outputs": [{"name": output.name, "parameters": values(output.parameters)} for output in request.outputs]}
        if request.id:
            body["id"] = request.id
        version = f"/versions/{request.model_version}" if request.model_version else ""
        text = json.dumps(body).encode()
        return self.http.post(f"/v2/models/{request.model_name}{version}/infer", content=text + binary,
                              headers={"Inference-Header-Content-Length": str(len(text))})


@pytest.fixture(scope="module")
def clients(stubs, tmp_path_factory):
    repository = tmp_path_factory.mktemp("bad_input")
    (repository / "digits").symlink_to(SHIPPED / "digits")
    add_synthetic(repository, "texts", datatype="BYTES")
    add_synthetic(repository, "bytes", datatype="INT8")
    add_synthetic(repository, "halves", datatype="FP16")
    for name, text in {"pair": PAIR, "open": OPEN, "stateful": STATEFUL}.items():
        (repository / name / "1").mkdir(parents=True)
        (repository / name / "model.yaml").write_text(text)
    memory = shared_memory.SharedMemory(create=True, size=512, name=f"parlance_bad_input_{os.getpid()}")
    try:
        with serve(repository=repository) as server, grpc.insecure_channel(server.address) as channel, \
                httpx.Client(base_url=f"http://{server.address}", timeout=60) as http:
            found = Clients(stubs, channel, http)
            found.stub.SystemSharedMemoryRegister(stubs.kserve.SystemSharedMemoryRegisterRequest(
                name=REGION, key=memory.name, byte_size=512))
            yield found
    finally:
        memory.close()
        memory.unlink()


def digit(messages):
    request = messages.ModelInferRequest(model_name="digits")
    request.inputs.add(name="features", datatype="FP32", shape=[1, 64])
    request.raw_input_contents.append(numpy.array(PIXELS, numpy.float32).tobytes())
    return request


def of(model: str, datatype: str, shape: list[int], raw: bytes, name: str = "x"):
    """Makes a request of one input."""
    def make(messages):
        request = messages.ModelInferRequest(model_name=model, raw_input_contents=[raw])
        request.inputs.add(name=name, datatype=datatype, shape=shape)
        return request
    return make


def changed(**fields):
    """Makes a request for digits with other fields."""
    def make(messages):
        request = digit(messages)
        for name, value in fields.items():
            setattr(request, name, value)
        return request
    return make


def with_input(name="features", datatype="FP32", shape=(1, 64), raw=bytes(256)):
    return of("digits", datatype, list(shape), raw, name)


def made(change):
    """Makes a request for digits, after `change(request)`."""
    def make(messages):
        request = digit(messages)
        change(request)
        return request
    return make


def with_parameter(name, **value):
    (kind, it), = value.items()
    return made(lambda request: setattr(request.parameters[name], kind, it))


def asking(*names, **parameters):
    def change(request):
        for name in names:
            output = request.outputs.add(name=name)
            for key, value in parameters.items():
                setattr(output.parameters[key], "string_param" if isinstance(value, str) else "int64_param", value)
    return made(change)


def in_memory(**parameters):
    def change(request):
        del request.raw_input_contents[:]
        for name, value in parameters.items():
            setattr(request.inputs[0].parameters[name], "string_param" if isinstance(value, str) else "int64_param", value)
    return made(change)


def place(offset: int, size: int):
    return {"shared_memory_region": REGION, "shared_memory_offset": offset, "shared_memory_byte_size": size}


def going_on(messages):
    """A request within a sequence that nobody began."""
    request = of("stateful", "FP32", [1], bytes(4))(messages)
    request.parameters["sequence_id"].int64_param = 5
    return request


def no_inputs(request):
    request.ClearField("inputs")
    request.ClearField("raw_input_contents")


def twice(request):
    request.inputs.append(request.inputs[0])
    request.raw_input_contents.append(request.raw_input_contents[0])


NO_ID = "[request id: <id_unknown>] "
THERE_ARE = "(Model \"dogs\" not found; available: bytes, digits, halves, open, pair, stateful, texts)"

# name: (how the request is made, status, text)
BAD = {
    "model name": (changed(model_name="dogs"), "NOT_FOUND", f"Request for unknown model: 'dogs' is not found {THERE_ARE}"),
    "version": (changed(model_version="7"), "NOT_FOUND",
                "Request for unknown model: 'digits' version 7 is not found (Model \"digits\" has no version 7; available: 1)"),
    "version that is no number": (
        changed(model_version="new"), "INVALID_ARGUMENT",
        "failed to get model version from specified version string 'new', version should be an integral value > 0 "
        "(Model \"digits\" has no version labelled \"new\"; labels: none)"),
    "input name": (with_input(name="x"), "INVALID_ARGUMENT",
                   "unexpected inference input 'x' for model 'digits'; the inputs are: features"),
    "no input": (made(no_inputs), "INVALID_ARGUMENT",
                 NO_ID + "expected 1 inputs but got 0 inputs for model 'digits'. Got input(s) [], but missing required input(s) "
                         "['features']. Please provide all required input(s)."),
    "one input of two": (
        of("pair", "FP32", [1, 4], bytes(16), "a"), "INVALID_ARGUMENT",
        NO_ID + "expected 2 inputs but got 1 inputs for model 'pair'. Got input(s) ['a'], but missing required input(s) ['b']. "
                "Please provide all required input(s)."),
    "an input more": (
        made(lambda r: (r.inputs.add(name="x", datatype="FP32", shape=[1]), r.raw_input_contents.append(bytes(4)))), "INVALID_ARGUMENT",
        NO_ID + "expected 1 inputs but got 2 inputs for model 'digits'. Got input(s) ['features','x'], but missing required input(s) "
                "[]. Please provide all required input(s)."),
    "an input twice": (made(twice), "INVALID_ARGUMENT", NO_ID + "input 'features' already exists in request"),
    "datatype": (with_input(datatype="INT32"), "INVALID_ARGUMENT",
                 NO_ID + "inference input 'features' data-type is 'INT32', but model 'digits' expects 'FP32'"),
    "datatype that is none": (
        with_input(datatype="FLOAT"), "INVALID_ARGUMENT",
        NO_ID + "inference input 'features' data-type is '<invalid>', but model 'digits' expects 'FP32'; there is no \"FLOAT\", "
                "datatypes are spelled like FP32, INT64, UINT8"),
    "shape": (with_input(shape=[1, 63]), "INVALID_ARGUMENT",
              NO_ID + "unexpected shape for input 'features' for model 'digits'. Expected [-1,64], got [1,63]"),
    "rank": (with_input(shape=[64]), "INVALID_ARGUMENT",
             NO_ID + "unexpected shape for input 'features' for model 'digits'. Expected [-1,64], got [64]"),
    "request id": (made(lambda r: (setattr(r, "id", "a7"), r.inputs[0].shape.append(1))), "INVALID_ARGUMENT",
                   "[request id: a7] unexpected shape for input 'features' for model 'digits'. Expected [-1,64], got [1,64,1]"),
    "open dimension": (with_input(shape=[-1, 64]), "INVALID_ARGUMENT",
                       NO_ID + "All input dimensions should be specified for input 'features' for model 'digits', got [-1,64]"),
    "negative dimension": (with_input(shape=[-7, 64]), "INVALID_ARGUMENT",
                           "tensor 'features' contains an invalid dimension in shape [-7,64]"),
    "huge dimensions": (of("open", "FP32", [2**62, 2**62], bytes(16)), "INVALID_ARGUMENT",
                        "element count for tensor 'x' exceeds maximum size of 9223372036854775807"),
    "more bytes than there can be": (of("open", "FP32", [2**31, 2**31], b""), "INVALID_ARGUMENT",
                                     "byte size for tensor 'x' exceeds maximum size of 9223372036854775807"),
    "truncated raw contents": (with_input(raw=bytes(255)), "INVALID_ARGUMENT",
                               NO_ID + "input byte size mismatch for input 'features' for model 'digits'. Expected 256, got 255"),
    "size": (with_input(raw=bytes(260)), "INVALID_ARGUMENT",
             NO_ID + "input byte size mismatch for input 'features' for model 'digits'. Expected 256, got 260"),
    "a string more": (of("texts", "BYTES", [1, 4], bytes(20)), "INVALID_ARGUMENT",
                      NO_ID + "unexpected number of string elements 5 for inference input 'x' for model 'texts', expecting 4"),
    "a string fewer": (of("texts", "BYTES", [1, 4], bytes(12)), "INVALID_ARGUMENT",
                       NO_ID + "expected 4 string elements for inference input 'x' for model 'texts', got 3"),
    "a cut string": (of("texts", "BYTES", [1, 4], bytes(12) + b"\5\0\0\0four"), "INVALID_ARGUMENT",
                     NO_ID + "incomplete string data for inference input 'x' for model 'texts', expecting string of length 5 but only 4 "
                             "bytes available"),
    "a huge string": (of("texts", "BYTES", [1, 4], bytes(12) + b"\xff\xff\xff\xff"), "INVALID_ARGUMENT",
                      NO_ID + "incomplete string data for inference input 'x' for model 'texts', expecting string of length 4294967295 "
                              "but only 0 bytes available"),
    "a cut length": (of("texts", "BYTES", [1, 4], bytes(15)), "INVALID_ARGUMENT",
                     NO_ID + "incomplete string length indicator for inference input 'x' for model 'texts', expecting 4 bytes but only 3 "
                             "bytes available"),
    "output name": (asking("y"), "INVALID_ARGUMENT",
                    "unexpected inference output 'y' for model 'digits'; the outputs are: probabilities"),
    "an output twice": (asking("probabilities", "probabilities"), "INVALID_ARGUMENT",
                        'Output "probabilities" is asked for twice'),
    "no such region": (in_memory(shared_memory_region="a", shared_memory_byte_size=256), "NOT_FOUND",
                       "Unable to find shared memory region: 'a'"),
    "offset out of bounds": (in_memory(**place(512, 256)), "INVALID_ARGUMENT",
                             f"Invalid offset for shared memory region: '{REGION}'"),
    "negative offset": (in_memory(**place(-1, 256)), "INVALID_ARGUMENT", f"Invalid offset for shared memory region: '{REGION}'"),
    "size out of bounds": (in_memory(**place(257, 256)), "INVALID_ARGUMENT",
                           f"Invalid offset + byte size for shared memory region: '{REGION}'"),
    "negative size": (in_memory(**place(0, -256)), "INVALID_ARGUMENT",
                      f"Invalid offset + byte size for shared memory region: '{REGION}'"),
    "memory of another size": (in_memory(**place(0, 252)), "INVALID_ARGUMENT",
                               NO_ID + "input byte size mismatch for input 'features' for model 'digits'. Expected 256, got 252"),
    "output out of bounds": (asking("probabilities", **place(0, 513)), "INVALID_ARGUMENT",
                             f"Invalid offset + byte size for shared memory region: '{REGION}'"),
    "memory of no size": (in_memory(shared_memory_region="a"), "INVALID_ARGUMENT",
                          "'shared_memory_byte_size' must be specified along with 'shared_memory_region' parameter for tensor 'features'"),
    "a region that is a number": (in_memory(shared_memory_region=3, shared_memory_byte_size=256), "INVALID_ARGUMENT",
                                  "invalid value type for 'shared_memory_region' parameter for tensor 'features', expected "
                                  "string_param."),
    "a size that is a text": (in_memory(shared_memory_region="a", shared_memory_byte_size="all"), "INVALID_ARGUMENT",
                              "invalid value type for 'shared_memory_byte_size' parameter for tensor 'features', expected "
                              "int64_param."),
    "no classes": (asking("probabilities", classification=0), "INVALID_ARGUMENT",
                   "invalid value for 'classification' parameter, expected > 0"),
    "classes that are a text": (asking("probabilities", classification="3"), "INVALID_ARGUMENT",
                                "invalid value type for 'classification' parameter, expected int64_param"),
    "a reserved parameter": (with_parameter("triton_mine", bool_param=True), "INVALID_ARGUMENT",
                             "parameter keys starting with 'triton_' are reserved for Triton usage. Only the following keys starting "
                             "with 'triton_' are allowed: triton_enable_empty_final_response"),
    "priority that is a text": (with_parameter("priority", string_param="high"), "INVALID_ARGUMENT",
                                "invalid value type for 'priority' parameter, expected int64_param or uint64_param."),
    "negative priority": (with_parameter("priority", int64_param=-1), "INVALID_ARGUMENT",
                          "invalid value for 'priority', expected value >= 0."),
    "negative timeout": (with_parameter("timeout", int64_param=-5), "INVALID_ARGUMENT",
                         "invalid value for 'timeout', expected value >= 0."),
    "sequence that is a bool": (with_parameter("sequence_id", bool_param=True), "INVALID_ARGUMENT",
                                "invalid value type for 'sequence_id' parameter, expected int64_param or string_param."),
    "start that is a text": (with_parameter("sequence_start", string_param="yes"), "INVALID_ARGUMENT",
                             "invalid value type for 'sequence_start' parameter, expected bool_param."),
    "sequence without a start": (
        going_on, "INVALID_ARGUMENT",
        "inference request for sequence 5 to model 'stateful' must specify the START flag on the first request of the sequence: that "
        "says sequence_start; after sequence.max_idle_ms a sequence ends"),
    "start without a sequence": (with_parameter("sequence_start", bool_param=True), "INVALID_ARGUMENT",
                                 NO_ID + "inference request to model 'digits' must specify a non-zero or non-empty correlation ID: "
                                         "sequence_start and sequence_end need a sequence_id"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_request_is_told_in_Tritons_words(clients, case):
    make, code, text = BAD[case]
    request = make(clients.messages)
    failure = failure_of(clients.stub.ModelInfer, request)
    assert (failure.code().name, failure.details()) == (code, text)
    [in_stream] = clients.stub.ModelStreamInfer(iter([request]))
    assert (in_stream.error_message, in_stream.infer_response.id) == (text, request.id)
    response = clients.over_rest(request)
    assert response.headers["content-type"] == "application/json"
    assert (response.status_code, response.json()["error"]) == (HTTP_STATUS[code], text)
    assert response.json()["reason"] == error_info(failure).reason


def typed(datatype, shape, model="digits", name="features", **contents):
    def make(messages):
        request = messages.ModelInferRequest(model_name=model)
        tensor = request.inputs.add(name=name, datatype=datatype, shape=shape)
        for field, values in contents.items():
            getattr(tensor.contents, field).extend(values)
        return request
    return make


def both_contents(request):
    request.inputs[0].contents.fp32_contents.append(1)


def beside_memory(request):
    del request.raw_input_contents[:]
    request.inputs[0].contents.fp32_contents.extend([0.0] * 64)
    for name, value in place(0, 256).items():
        setattr(request.inputs[0].parameters[name], "string_param" if isinstance(value, str) else "int64_param", value)


def one_of_two_raw(messages):
    request = messages.ModelInferRequest(model_name="pair", raw_input_contents=[bytes(16)])
    for name in "ab":
        request.inputs.add(name=name, datatype="FP32", shape=[1, 4])
    return request


NO_DATA = " in request; raw_input_contents has one entry for each input that is not in shared memory"

# What REST has no form of.
BAD_OVER_GRPC = {
    "no model": (changed(model_name=""), "NOT_FOUND", "Request for unknown model: '' is not found"),
    "raw beside typed": (made(both_contents), "INVALID_ARGUMENT",
                         "contents field must not be specified when using raw_input_contents for 'features' for model 'digits'"),
    "typed beside shared memory": (made(beside_memory), "INVALID_ARGUMENT",
                                   "unexpected 'content' provided when using shared memory for input tensor 'features' for model "
                                   "'digits'"),
    "too few raw contents": (one_of_two_raw, "INVALID_ARGUMENT",
                             "unable to find data for input tensor 'b' for model 'pair'" + NO_DATA),
    "too many raw contents": (made(lambda r: r.raw_input_contents.append(b"")), "INVALID_ARGUMENT",
                              "raw_input_contents has 2 entries for 1 inputs; it needs one for each"),
    "no contents": (typed("FP32", [1, 64]), "INVALID_ARGUMENT",
                    "unable to find data for input tensor 'features' for model 'digits'" + NO_DATA),
    "too few values": (typed("FP32", [1, 64], fp32_contents=[0] * 63), "INVALID_ARGUMENT",
                       NO_ID + "input byte size mismatch for input 'features' for model 'digits'. Expected 256, got 252: "
                               "fp32_contents needs 64 values, got 63"),
    "values of another type": (typed("FP32", [1, 64], int_contents=[0] * 64), "INVALID_ARGUMENT",
                               "unexpected explicit tensor data for input tensor 'features' for model 'digits' of type 'INT32', "
                               "expected datatype 'FP32'"),
    "values of a type without a field": (typed("FP16", [1, 4], "halves", "x", fp32_contents=[0] * 4), "INVALID_ARGUMENT",
                                         "unexpected explicit tensor data for input tensor 'x' for model 'halves' of type 'FP32', "
                                         "expected datatype 'FP16'"),
    "a string fewer": (typed("BYTES", [1, 4], "texts", "x", bytes_contents=[b"a"] * 3), "INVALID_ARGUMENT",
                       NO_ID + "expected 4 string elements for inference input 'x' for model 'texts', got 3"),
    "a value too large": (typed("INT8", [1, 4], "bytes", "x", int_contents=[1, 2, 3, 300]), "INVALID_ARGUMENT",
                          NO_ID + "input 'x' has the value 300, which is not one of INT8"),
}


@pytest.mark.parametrize("case", BAD_OVER_GRPC)
def test_a_bad_request_over_gRPC(clients, case):
    make, code, text = BAD_OVER_GRPC[case]
    failure = failure_of(clients.stub.ModelInfer, make(clients.messages))
    assert (failure.code().name, failure.details().startswith(text)) == (code, True), failure.details()
    assert error_info(failure).reason


def test_a_request_over_the_limit(clients):
    request = of("digits", "FP32", [20_000, 64], bytes(20_000 * 256), "features")(clients.messages)
    failure = failure_of(clients.stub.ModelInfer, request)
    assert failure.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert error_info(failure).reason == "MESSAGE_TOO_LARGE"
    assert clients.over_rest(request).status_code == 413


@pytest.mark.parametrize("field", sorted(set(TYPED.values())))
def test_no_values_are_taken_for_another_types(clients, field):
    value = b"1" if field == "bytes_contents" else 1
    request = typed("FP32", [1, 64], **{field: [value] * 64})(clients.messages)
    if field == "fp32_contents":
        assert len(clients.stub.ModelInfer(request).outputs) == 1
    else:
        assert "unexpected explicit tensor data" in failure_of(clients.stub.ModelInfer, request).details()


@pytest.mark.parametrize("model, text", [
    ("pair", "Raw request must only have 1 input (found 1) to be deduced but got 2 inputs in 'pair' model configuration"),
    ("digits", "input byte size mismatch for input 'features'. Expected a multiple of 256, got 20")])
def test_a_body_without_JSON(clients, model, text):
    response = clients.http.post(f"/v2/models/{model}/infer", content=bytes(20), headers={"Inference-Header-Content-Length": "0"})
    assert (response.status_code, response.json()["error"]) == (400, NO_ID + text)


def test_many_outputs_are_refused_at_once(clients):
    """Each in shared memory and of a name of its own: what is wrong is the first name."""
    outputs = [{"name": f"o{index}", "parameters": {"shared_memory_region": "r", "binary_data": True}} for index in range(40_000)]
    response = clients.http.post("/v2/models/digits/infer", json={"inputs": [], "outputs": outputs})
    assert (response.status_code, response.json()["error"]) == (
        400, "unexpected inference output 'o0' for model 'digits'; the outputs are: probabilities")
