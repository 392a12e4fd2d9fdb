"""The Open Inference Protocol v2 over HTTP of `parlance serve`, by httpx: the paths, and each bad request."""

import gzip
import json
import math
import zlib

import grpc
import httpx
import numpy
import pytest

from support.datatypes import NUMPY, TYPED
from support.digits import PIXELS, held_out
from support.repositories import add_synthetic, serve

IN_JSON = [datatype for datatype in NUMPY if datatype != "FP16"]
HEADER = "Inference-Header-Content-Length"


@pytest.fixture(scope="module", params=["HTTP/1.1", "HTTP/2"])
def http(request, model_server):
    """The server of all tests, by either version of HTTP."""
    is_2 = request.param == "HTTP/2"
    with httpx.Client(base_url=f"http://{model_server.address}", http1=not is_2, http2=is_2, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def copying(tmp_path_factory):
    """A server of models that answer with their input: copy_fp32 and so on, and `slow`, which takes half a second."""
    repository = tmp_path_factory.mktemp("copying")
    for datatype in NUMPY:
        add_synthetic(repository, f"copy_{datatype.lower()}", datatype=datatype)
    add_synthetic(repository, "slow", base_ms=500)
    with serve(repository=repository) as server:
        with httpx.Client(base_url=f"http://{server.address}", timeout=60) as client:
            client.address = server.address
            yield client


def extremes(datatype: str) -> numpy.ndarray:
    """A row of four that its datatype just holds."""
    kind = NUMPY[datatype]
    if kind == numpy.bool_:
        return numpy.array([[True, False, True, True]])
    if numpy.issubdtype(kind, numpy.integer):
        return numpy.array([[numpy.iinfo(kind).min, 0, 7, numpy.iinfo(kind).max]], kind)
    return numpy.array([[-1.5, 1 / 3, numpy.finfo(kind).tiny, numpy.finfo(kind).max]], kind)


def tensor(name: str, datatype: str, values: numpy.ndarray, **fields) -> dict:
    return {"name": name, "shape": list(values.shape), "datatype": datatype, **fields}


def as_json(name: str, datatype: str, values: numpy.ndarray) -> dict:
    return tensor(name, datatype, values, data=values.flatten().tolist())


def infer(client, model: str, request: dict, *binary: bytes, **headers) -> httpx.Response:
    text = json.dumps(request).encode()
    if binary:
        headers.setdefault(HEADER, str(len(text)))
    return client.post(f"/v2/models/{model}/infer", content=b"".join([text, *binary]), headers=headers)


def arrays(response: httpx.Response) -> dict[str, numpy.ndarray]:
    """The outputs of an answer, JSON and binary."""
    assert response.status_code == 200, response.text
    json_bytes = int(response.headers.get(HEADER, len(response.content)))
    rest = response.content[json_bytes:]
    found = {}
    for output in json.loads(response.content[:json_bytes])["outputs"]:
        if "data" in output:
            values = numpy.array(output["data"], NUMPY[output["datatype"]])
        else:
            size = output["parameters"]["binary_data_size"]
            values, rest = numpy.frombuffer(rest[:size], NUMPY[output["datatype"]]), rest[size:]
        found[output["name"]] = values.reshape(output["shape"])
    assert not rest
    return found


def refusal(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/json"
    return response.status_code, response.json()["error"]


# --- what it says of itself


def test_health_is_a_status_and_json(http):
    assert (http.get("/v2/health/live").status_code, http.get("/v2/health/live").json()) == (200, {"live": True})
    assert (http.get("/v2/health/ready").status_code, http.get("/v2/health/ready").json()) == (200, {"ready": True})


def test_server_metadata_name_what_is_served(http):
    metadata = http.get("/v2").json()
    assert metadata["name"] == "parlance" and metadata["version"]
    assert "model_repository" in metadata["extensions"]


@pytest.mark.parametrize("path, ready", [
    ("digits", True), ("digits/versions/1", True), ("digits/versions/9", False), ("digits/versions/new", False), ("nothing", False)])
def test_model_ready(http, path, ready):
    response = http.get(f"/v2/models/{path}/ready")
    assert (response.status_code, response.json()["ready"]) == (200 if ready else 400, ready)


@pytest.mark.parametrize("path", ["/v2/models/digits", "/v2/models/digits/versions/1"])
def test_model_metadata_are_the_signature(http, path):
    assert http.get(path).json() == {
        "name": "digits", "versions": ["1"], "platform": "openvino",
        "inputs": [{"name": "features", "datatype": "FP32", "shape": [-1, 64]}],
        "outputs": [{"name": "probabilities", "datatype": "FP32", "shape": [-1, 10]}]}


def test_statistics_count_requests(copying):
    def count():
        [model] = copying.get("/v2/models/copy_int8/versions/1/stats").json()["model_stats"]
        assert (model["name"], model["version"]) == ("copy_int8", "1")
        return model["inference_stats"]["success"]["count"]

    before = count()
    arrays(infer(copying, "copy_int8", {"inputs": [as_json("x", "INT8", numpy.zeros((2, 4), numpy.int8))]}))
    assert count() - before == 1
    assert len(copying.get("/v2/models/stats").json()["model_stats"]) > 1


# --- inference


def test_infer_answers_as_gRPC_does(http, stubs, model_channel):
    stub = stubs.kserve_grpc.GRPCInferenceServiceStub(model_channel)
    for _, pixels in held_out()[:10]:
        row = numpy.array([pixels], numpy.float32)
        request = stubs.kserve.ModelInferRequest(model_name="digits", raw_input_contents=[row.tobytes()])
        request.inputs.add(name="features", datatype="FP32", shape=[1, 64])
        wanted = numpy.frombuffer(stub.ModelInfer(request).raw_output_contents[0], numpy.float32)
        response = infer(http, "digits", {"id": "a", "inputs": [as_json("features", "FP32", row)]})
        numpy.testing.assert_array_equal(arrays(response)["probabilities"][0], wanted)
        head = response.json()
        assert (head["id"], head["model_name"], head["model_version"]) == ("a", "digits", "1")


@pytest.mark.parametrize("datatype", IN_JSON)
def test_a_tensor_is_the_same_in_every_form(copying, stubs, datatype):
    values = extremes(datatype)
    model = f"copy_{datatype.lower()}"
    request = stubs.kserve.ModelInferRequest(model_name=model, raw_input_contents=[values.tobytes()])
    request.inputs.add(name="x", datatype=datatype, shape=values.shape)
    typed = stubs.kserve.ModelInferRequest(model_name=model)
    contents = typed.inputs.add(name="x", datatype=datatype, shape=values.shape).contents
    getattr(contents, TYPED[datatype]).extend(values.flatten().tolist())
    with grpc.insecure_channel(copying.address) as channel:
        stub = stubs.kserve_grpc.GRPCInferenceServiceStub(channel)
        raw = stub.ModelInfer(request).raw_output_contents[0]
        from_typed = getattr(stub.ModelInfer(typed).outputs[0].contents, TYPED[datatype])
    forms = [
        infer(copying, model, {"inputs": [as_json("x", datatype, values)]}),
        infer(copying, model, {"inputs": [tensor("x", datatype, values, data=values.tolist())],
                               "outputs": [{"name": "y", "parameters": {"binary_data": True}}]}),
        infer(copying, model, {"inputs": [tensor("x", datatype, values, parameters={"binary_data_size": values.nbytes})]},
              values.tobytes()),
        infer(copying, model, {"inputs": [tensor("x", datatype, values, parameters={"binary_data_size": values.nbytes})],
                               "parameters": {"binary_data_output": True}}, values.tobytes()),
    ]
    for response in forms:
        assert arrays(response)["y"].tobytes() == raw == values.tobytes()
    assert numpy.array(from_typed, values.dtype).tobytes() == raw


def test_a_body_without_JSON_is_the_only_input(http):
    rows = numpy.array([pixels for _, pixels in held_out()[:3]], numpy.float32)
    wanted = arrays(infer(http, "digits", {"inputs": [as_json("features", "FP32", rows)]}))["probabilities"]
    response = http.post("/v2/models/digits/infer", content=rows.tobytes(), headers={HEADER: "0"})
    numpy.testing.assert_array_equal(arrays(response)["probabilities"], wanted)
    assert refusal(http.post("/v2/models/digits/infer", content=bytes(250), headers={HEADER: "0"})) == (
        400, "[request id: <id_unknown>] input byte size mismatch for input 'features'. Expected a multiple of 256, got 250")
    assert refusal(http.post("/v2/models/dogs/infer", content=b"", headers={HEADER: "0"}))[0] == 404


def test_half_floats_are_binary_data(copying):
    values = numpy.array([[1.5, -2, 0, 65504]], numpy.float16)
    head = {"inputs": [tensor("x", "FP16", values, parameters={"binary_data_size": 8})], "parameters": {"binary_data_output": True}}
    assert arrays(infer(copying, "copy_fp16", head, values.tobytes()))["y"].tobytes() == values.tobytes()
    assert refusal(infer(copying, "copy_fp16", {"inputs": [as_json("x", "FP16", values)]})) == (
        400, "receiving FP16 data via JSON is not supported. Please use the binary data format for input x")
    del head["parameters"]
    assert refusal(infer(copying, "copy_fp16", head, values.tobytes())) == (
        400, 'sending FP16 data via JSON is not supported. Please use the binary data format ("binary_data": true) for output y')


def test_numbers_that_JSON_has_not_come_as_python_reads_them(copying):
    values = numpy.array([[math.nan, math.inf, -math.inf, 1]], numpy.float32)
    head = {"inputs": [tensor("x", "FP32", values, parameters={"binary_data_size": 16})]}
    response = infer(copying, "copy_fp32", head, values.tobytes())
    assert '"data":[NaN,Infinity,-Infinity,1]' in response.text
    numpy.testing.assert_array_equal(arrays(response)["y"], values)
    status, text = refusal(infer(copying, "copy_fp32", {"inputs": [as_json("x", "FP32", values)]}))
    assert status == 400 and "NaN and Infinity are not JSON, send such tensors as binary data" in text


def test_timeout_parameter_and_header_are_deadlines(copying):
    row = as_json("x", "FP32", numpy.zeros((1, 4), numpy.float32))
    assert infer(copying, "slow", {"inputs": [row], "parameters": {"timeout": 20_000}}).status_code in (429, 504)
    assert infer(copying, "slow", {"inputs": [row]}, **{"x-request-timeout-ms": "20"}).status_code in (429, 504)


def test_a_text_is_collected(http):
    prompt = "It was a truth"
    request = {"inputs": [{"name": "text_input", "datatype": "BYTES", "shape": [1], "data": [prompt]}],
               "parameters": {"max_tokens": 8, "temperature": 0.0, "seed": 7}}
    answer = infer(http, "storyteller", request).json()
    [output] = answer["outputs"]
    assert (output["name"], output["datatype"], output["shape"]) == ("text_output", "BYTES", [1])
    assert output["data"][0]
    assert answer["parameters"]["finish_reason"] == "length"
    generated = http.post("/v2/models/storyteller/generate", json={
        "text_input": prompt, "id": "g", "max_tokens": 8, "parameters": {"temperature": 0.0, "seed": 7}}).json()
    assert (generated["text_output"], generated["id"], generated["finish_reason"]) == (output["data"][0], "g", "length")


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_bodies_may_be_compressed(http, coding):
    pack = {"gzip": gzip.compress, "deflate": zlib.compress}[coding]
    request = {"inputs": [as_json("features", "FP32", ROW)], "parameters": {"binary_data_output": True}}
    plain = infer(http, "digits", request)
    headers = {"content-encoding": coding, "accept-encoding": coding}
    packed = http.post("/v2/models/digits/infer", content=pack(json.dumps(request).encode()), headers=headers)
    assert packed.headers["content-encoding"] == coding and "content-encoding" not in plain.headers
    assert packed.headers[HEADER] == plain.headers[HEADER]
    assert packed.content == plain.content


def test_bodies_that_cannot_be_unpacked(http):
    status, text = refusal(http.post("/v2/models/digits/infer", content=b"{}", headers={"content-encoding": "br"}))
    assert (status, text) == (415, "Content-Encoding 'br' is not one of gzip, deflate, zstd")
    status, text = refusal(http.post("/v2/models/digits/infer", content=b"{}", headers={"content-encoding": "gzip"}))
    assert (status, text) == (400, "the body is not gzip, which its Content-Encoding says")


def test_a_text_comes_piece_by_piece(http):
    request = {"text_input": "It was a truth", "id": "s", "max_tokens": 8, "temperature": 0.0, "seed": 7}
    whole = http.post("/v2/models/storyteller/generate", json=request).json()
    response = http.post("/v2/models/storyteller/generate_stream", json=request)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(event.removeprefix("data: ")) for event in response.text.split("\n\n")[:-1]]
    assert len(events) > 2
    assert "".join(event["text_output"] for event in events) == whole["text_output"]
    assert [event["triton_final_response"] for event in events] == [False] * (len(events) - 1) + [True]
    assert events[-1]["finish_reason"] == "length" and events[0]["id"] == "s"


def test_what_cannot_be_streamed_is_a_status(http):
    assert refusal(http.post("/v2/models/digits/generate_stream", json={"text_input": "a"})) == (400, 'Model "digits" makes no text')
    assert refusal(http.post("/v2/models/dogs/generate_stream", json={"text_input": "a"}))[0] == 404
    assert refusal(http.post("/v2/models/storyteller/generate_stream", json={"text_input": "a", "temperature": -1}))[0] == 400


# --- bad input

ROW = numpy.array([PIXELS], numpy.float32)


def changed(**fields):
    """A request for digits whose input has other fields."""
    return {"inputs": [{**as_json("features", "FP32", ROW), **fields}]}


def without(field):
    request = changed()
    del request["inputs"][0][field]
    return request


BINARY = {"binary_data_size": ROW.nbytes}
ONE_OF = ("Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters', 'shared_memory_region' in "
          "'parameters'. But")
UNABLE = "Unable to parse '{}': that of input \"features\" must be "
FEWER = "Failed to parse 'data' field: shape does not match true shape; input 'features' of FP32 "
MORE = "Unable to parse 'data': Shape does not match true shape of 'data' field; input 'features' of FP32 "

BAD = {
    "no object": ([1], 400, "the request must be an object, got an array"),
    "no inputs": ({}, 400, "Unable to parse 'inputs': that of the request must be an array, got nothing"),
    "inputs that are no array": ({"inputs": {}}, 400, "Unable to parse 'inputs': that of the request must be an array, got an object"),
    "an input that is no object": ({"inputs": [3]}, 400, "inputs[0] must be an object, got a number"),
    "no name": (without("name"), 400, "Unable to parse 'name': that of inputs[0] must be a text, got nothing"),
    "no datatype": (without("datatype"), 400, UNABLE.format("datatype") + "a text, got nothing"),
    "no shape": (without("shape"), 400, UNABLE.format("shape") + "an array of numbers, got nothing"),
    "a dimension that is none": (changed(shape=[1, 64.5]), 400, UNABLE.format("shape") + "an array of whole numbers, got a number"),
    "no data": (without("data"), 400, ONE_OF + " no field is set; input 'features'"),
    "data and binary data": (changed(parameters=BINARY), 400, ONE_OF + " set 'data' 'binary_data_size'; input 'features'"),
    "data that is no array": (changed(data=3), 400,
                              "Unable to parse 'data': input 'features' of FP32 [1, 64] needs an array, got a number"),
    "too few values": (changed(data=[1.5] * 63), 400, FEWER + "[1, 64] needs 64 values, got 63"),
    "too many values": (changed(data=[[1.5] * 65]), 400, MORE + "[1, 64] needs 64 values, got 65"),
    "more than there are": (changed(shape=[10**9, 64]), 400,
                            FEWER + "[1000000000, 64] needs 64000000000 values, got 64"),
    "a text among numbers": (changed(data=[0] * 63 + ["x"]), 400,
                             "Unable to parse 'data': input 'features' of FP32 [1, 64] has a text, which is not one of FP32"),
    "a number too large": (changed(data=[0] * 63 + [1e39]), 400,
                           "Unable to parse 'data': input 'features' of FP32 [1, 64] has 1e+39, which is not one of FP32"),
    "parameters that are no object": ({**changed(), "parameters": 3}, 400, "Unable to parse 'parameters': that of the request must be an object, got a number"),
    "a parameter that is none": ({**changed(), "parameters": {"a": []}}, 400,
                                 'Parameter "a" must be a number, a text, true or false, got an array'),
    "binary_data_output that is no bool": ({**changed(), "parameters": {"binary_data_output": 1}}, 400,
                                           "Unable to parse 'binary_data_output': that of the request must be a bool, got a number"),
    "binary_data that is no bool": ({**changed(), "outputs": [{"name": "probabilities", "parameters": {"binary_data": "yes"}}]}, 400,
                                    "Unable to parse 'binary_data': that of outputs[0] must be a bool, got a text"),
    "id that is no text": ({**changed(), "id": 7}, 400, "Unable to parse 'id': that of the request must be a text, got a number"),
    "outputs that are no array": ({**changed(), "outputs": "all"}, 400, "Unable to parse 'outputs': that of the request must be an array, got a text"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_requests(http, case):
    request, status, text = BAD[case]
    response = infer(http, "digits", request)
    assert refusal(response) == (status, text)
    assert response.json()["reason"] == "INVALID_INPUT"


@pytest.mark.parametrize("value", [300, -129, 1.5, "x", None, True, {}])
def test_a_value_that_its_datatype_does_not_have(copying, value):
    request = {"inputs": [{"name": "x", "datatype": "INT8", "shape": [1, 4], "data": [1, 2, 3, value]}]}
    status, text = refusal(infer(copying, "copy_int8", request))
    assert status == 400 and text.startswith("Unable to parse 'data': ") and text.endswith(', which is not one of INT8')


def test_what_is_not_JSON(http):
    status, text = refusal(http.post("/v2/models/digits/infer", content=b'{"inputs": ['))
    assert status == 400 and text.startswith("input is not JSON (")
    assert refusal(http.post("/v2/models/digits/infer", content=b""))[0] == 400
    assert refusal(http.post("/v2/models/digits/infer", content=b"\xff\xfe{}"))[0] == 400
    assert refusal(http.post("/v2/models/digits/infer", content=b'{"inputs":' + b"[" * 100_000))[0] == 400


def binary_request(size):
    return {"inputs": [tensor("features", "FP32", ROW, parameters={"binary_data_size": size})]}


@pytest.mark.parametrize("declared, sent, text", [
    (256, 255, "unexpected size for input 'features', expecting 1 additional bytes for model 'digits': of its 256 bytes of binary "
               "data 255 follow the JSON; Inference-Header-Content-Length is the length of the JSON"),
    (2**63, 256, "unexpected size for input 'features', expecting 9223372036854775552 additional bytes for model 'digits'"),
    (256, 260, "unexpected additional input data for model 'digits': 4 bytes follow the binary data of the last input"),
    (-1, 256, UNABLE.format("binary_data_size") + "a whole number, not negative, got a number"),
    ("256", 256, UNABLE.format("binary_data_size") + "a whole number, not negative, got a text"),
])
def test_sizes_of_binary_data(http, declared, sent, text):
    status, error = refusal(infer(http, "digits", binary_request(declared), bytes(sent)))
    assert status == 400 and error.startswith(text), error


@pytest.mark.parametrize("length, text", [
    ("9999", "inference header size should be in range (0, {size}), got: 9999"),
    *[(length, f"Unable to parse Inference-Header-Content-Length, got: {length}; it is a number from 0 to {{size}}, the length of the "
               "body") for length in ("-1", "12x", "")]])
def test_a_header_length_that_is_none(http, length, text):
    request = binary_request(256)
    size = len(json.dumps(request)) + 256
    assert refusal(infer(http, "digits", request, bytes(256), **{HEADER: length})) == (400, text.format(size=size))


def test_a_header_length_within_the_JSON(http):
    assert refusal(infer(http, "digits", binary_request(256), bytes(256), **{HEADER: "20"}))[0] == 400


def test_names_that_are_not_UTF_8(http):
    assert refusal(http.post("/v2/models/%ff/infer", json=changed())) == (400, "the names in the request's path must be UTF-8")


def test_paths_and_methods_that_are_not_there(http):
    assert refusal(http.get("/v2/nothing"))[0] == 404
    response = http.get("/v2/models/digits/infer")
    assert refusal(response)[0] == 405
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("body, text", [
    ({}, "Unable to parse 'text_input': that of the request must be a text, got nothing"),
    ({"text_input": ["a"]}, "Unable to parse 'text_input': that of the request must be a text, got an array"),
    ({"text_input": "a", "parameters": []}, "Unable to parse 'parameters': that of the request must be an object, got an array"),
    ({"text_input": "a", "max_tokens": "many"}, "invalid value type for 'max_tokens' parameter, expected int64_param or uint64_param.")])
def test_bad_generate_requests(http, body, text):
    assert refusal(http.post("/v2/models/storyteller/generate", json=body)) == (400, text)
