"""TensorFlow Serving's REST API of `parlance serve`, by plain HTTP requests."""

import base64
import json
import math
import shutil
import urllib.error
import urllib.request

import pytest

from support.digits import PIXELS, held_out
from support.process import ROOT
from support.repositories import add_synthetic, serve

TWO = """\
backend: synthetic
inputs: [{name: a, type: INT32, shape: [-1]}, {name: b, type: FP32, shape: [-1, 2]}]
outputs: [{name: c, type: INT32, shape: [-1]}, {name: outputs, type: FP32, shape: [-1, 2]}]
"""
NUMBER = """\
backend: synthetic
inputs: [{name: x, type: FP32, shape: [-1, 1]}]
outputs: [{name: y, type: FP32, shape: [-1, 1]}]
"""


class Rest:
    def __init__(self, address: str):
        self.base = f"http://{address}/v1/models/"

    def ask(self, path: str, body=None) -> tuple[int, object]:
        """The HTTP status, and the body's JSON."""
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                assert response.headers["Content-Type"] == "application/json"
                return response.status, json.load(response)
        except urllib.error.HTTPError as failure:
            return failure.code, json.load(failure)

    def good(self, path: str, body=None):
        status, answer = self.ask(path, body)
        assert status == 200, answer
        return answer


@pytest.fixture(scope="module")
def rest(model_server) -> Rest:
    return Rest(model_server.address)


@pytest.fixture(scope="module")
def copying(tmp_path_factory):
    repository = tmp_path_factory.mktemp("copying")
    for datatype in ("FP32", "FP64", "INT64", "BOOL", "FP16"):
        add_synthetic(repository, f"copy_{datatype.lower()}", "versions: {labels: {stable: 1}}", datatype=datatype, columns=2)
    for name, text in {"two": TWO, "number": NUMBER}.items():
        (repository / name / "1").mkdir(parents=True)
        (repository / name / "model.yaml").write_text(text)
    with serve(repository=repository) as server:
        yield Rest(server.address)


@pytest.mark.parametrize("choice", ["digits", "digits/versions/1"])
def test_predict_answers_rows_or_columns(rest, inference, stubs, choice):
    held = [pixels for _, pixels in held_out()[:3]]
    rows = rest.good(f"{choice}:predict", {"instances": held})["predictions"]
    assert rest.good(f"{choice}:predict", {"instances": [{"features": row} for row in held]})["predictions"] == rows
    assert rest.good(f"{choice}:predict", {"inputs": held})["outputs"] == rows
    assert rest.good(f"{choice}:predict", {"inputs": {"features": held}, "signature_name": "serving_default"})["outputs"] == rows
    for pixels, row in zip(held, rows, strict=True):
        ours = inference.Predict(stubs.inference.PredictRequest(model_name="digits", features=pixels)).predictions
        assert row == pytest.approx(list(ours), rel=1e-6)


def test_several_outputs_are_objects_by_name(copying):
    body = {"instances": [{"a": 1, "b": [1, 2]}, {"a": 2, "b": [3, 4.5]}]}
    assert copying.good("two:predict", body)["predictions"] == \
        [{"c": 1, "outputs": [1, 2]}, {"c": 2, "outputs": [3, 4.5]}]
    assert copying.good("two:predict", {"inputs": {"a": [1], "b": [[1, 2]]}})["outputs"] == \
        {"c": [1], "outputs": [[1, 2]]}


def test_a_label_chooses_the_version(copying):
    assert copying.good("copy_fp32/labels/stable:predict", {"instances": [[1, 2]]}) == {"predictions": [[1, 2]]}
    assert copying.ask("copy_fp32/labels/new:predict", {"instances": [[1, 2]]}) == \
        (400, {"error": "Unrecognized servable version label: new"})


def test_large_numbers_and_those_that_json_has_not_come_back(copying):
    assert copying.good("copy_int64:predict", {"instances": [[2**63 - 1, -2**63]]})["predictions"] == [[2**63 - 1, -2**63]]
    ((nan, infinity), (small, whole)) = copying.good(
        "copy_fp64:predict", '{"instances": [[NaN, -Infinity], [1e-300, 9000000]]}')["predictions"]
    assert math.isnan(nan) and infinity == -math.inf
    assert (small, whole) == (1e-300, 9e6) and isinstance(whole, float)


def test_texts_go_in_and_come_out(rest):
    body = {"instances": ["Emma was", {"b64": base64.b64encode(b"Emma was").decode()}]}
    first, second = rest.good("storyteller:predict", body)["predictions"]
    assert first == second and len(first) > 20


def test_texts_become_embeddings(rest):
    embeddings = rest.good("minilm:predict", {"instances": ["one", "two"]})["predictions"]
    assert [len(each) for each in embeddings] == [384, 384]
    assert rest.good("minilm:predict", {"inputs": ["one", "two"]})["outputs"] == \
        [pytest.approx(each, abs=1e-5) for each in embeddings]


def test_classify_and_regress(rest, copying):
    (classes,) = rest.good("digits:classify", {"examples": [{"features": PIXELS}]})["results"]
    assert [label for label, _ in classes] == [str(digit) for digit in range(10)]
    assert sum(score for _, score in classes) == pytest.approx(1, abs=1e-5)
    body = {"signature_name": "regression", "context": {"x": 1.5}, "examples": [{}, {"x": [2]}]}
    assert copying.good("number:regress", body) == {"results": [1.5, 2.0]}


def test_a_saved_model_is_served_where_tensorflow_serving_had_it(tmp_path):
    shutil.copytree(ROOT / "src/models/testdata/half_plus_two", tmp_path / "half_plus_two" / "00000123")
    with serve(repository=tmp_path) as server:
        served = Rest(server.address)
        assert served.good("half_plus_two:predict", {"instances": [1.0, 2.0, 5.0]}) == {"predictions": [2.5, 3.0, 4.5]}
        assert served.good("half_plus_two/versions/123:predict", {"inputs": {"x": [1.0]}}) == {"outputs": [2.5]}
        assert served.good("half_plus_two:regress", {"examples": [{"x": 1.0}, {"x": 2.0}]}) == {"results": [2.5, 3.0]}


def test_predict_takes_serialized_examples(copying, tensorflow_serving):
    example = tensorflow_serving.example.Example()
    example.features.feature["x"].float_list.value.append(1.5)
    instance = {"b64": base64.b64encode(example.SerializeToString()).decode()}
    body = {"signature_name": "regression", "instances": [instance, instance]}
    assert copying.good("number:predict", body) == {"predictions": [1.5, 1.5]}


def test_a_body_above_the_limit_is_413_and_names_what_to_raise(copying):
    request = urllib.request.Request(copying.base + "number:predict", data=b"[1.5]," * 1_000_000)
    with pytest.raises(urllib.error.HTTPError) as failure:
        urllib.request.urlopen(request, timeout=60)
    assert failure.value.code == 413
    assert failure.value.read() == b"the body is larger than 4194304 bytes (max_receive_message_bytes)\n"


AVAILABLE = [{"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}]


def test_status(rest, copying):
    assert rest.good("digits/versions/1") == {"model_version_status": AVAILABLE}
    assert copying.good("copy_fp32/labels/stable") == {"model_version_status": AVAILABLE}
    assert rest.ask("digits/versions/9") == (404, {"error": "Could not find version 9 of model digits"})


def test_status_of_a_model_is_also_what_openais_clients_ask_for(rest):
    answer = rest.good("digits")
    assert answer["model_version_status"] == AVAILABLE
    assert (answer["id"], answer["object"]) == ("digits", "model")


@pytest.mark.parametrize("path", ["digits/metadata", "digits/versions/1/metadata"])
def test_metadata(rest, path):
    answer = rest.good(path)
    assert answer["model_spec"] == {"name": "digits", "signature_name": "", "version": "1"}
    default = answer["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert default["inputs"]["features"] == {
        "dtype": "DT_FLOAT", "name": "features:0",
        "tensor_shape": {"dim": [{"size": "-1", "name": ""}, {"size": "64", "name": ""}], "unknown_rank": False}}
    assert default["method_name"] == "tensorflow/serving/predict"


@pytest.mark.parametrize("path, body, status, error", [
    ("nothing:predict", {"instances": [1]}, 404, "Servable not found for request: Latest(nothing)"),
    ("copy_fp32/versions/7:predict", {"instances": [1]}, 404, "Servable not found for request: Specific(copy_fp32, 7)"),
    ("copy_fp32/versions/x:predict", {"instances": [1]}, 400, "Failed to convert version: x to numeric."),
    ("copy_fp32:predict", "", 400, "JSON Parse error: The document is empty"),
    ("copy_fp32:predict", [], 400, "JSON Value: [] Is not object"),
    ("copy_fp32:predict", {}, 400, "Missing 'inputs' or 'instances' key"),
    ("copy_fp32:predict", {"instances": [[1, 2], [3]]}, 400,
     "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: Expecting tensor size: 2 but got: 1"),
    ("copy_fp32:predict", {"instances": [[1, 2, 3]]}, 400, 'Input "x" must have the shape [-1, 2], got [1, 3]'),
    ("copy_fp32:predict", {"signature_name": "s", "instances": [[1, 2]]}, 400,
     'Serving signature name: "s" not found in signature def'),
    ("copy_fp32:predict", {"signature_name": 5, "instances": [[1, 2]]}, 400,
     'JSON Value: {"signature_name":5,"instances":[[1,2]]} not formatted correctly. '
     "'signature_name' key must be a string value."),
    ("copy_fp32:predict", {"instances": 5}, 400, "JSON Value: {\"instances\":5} Expecting 'instances' to be an list/array"),
    ("copy_fp32:predict", {"instances": []}, 400, "JSON Value: {\"instances\":[]} No values in 'instances' array"),
    ("copy_fp32:predict", {"instances": [[1, 2]], "inputs": 1}, 400,
     "JSON Value: {\"instances\":[[1,2]],\"inputs\":1} Not formatted correctly expecting only one of 'inputs' or "
     "'instances' keys to exist "),
    ("copy_fp32:predict", {"instances": [[1, "x"]]}, 400,
     "Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: \"x\" Type: String is not of "
     "expected type: float"),
    ("two:predict", {"instances": [1]}, 400,
     "instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map"),
    ("two:predict", {"instances": [{"a": 1}]}, 400,
     "Failed to process element: 0 of 'instances' list. JSON object: {\"a\":1} keys must be equal to: a,b"),
    ("two:predict", {"instances": [{"a": 1, "b": [1, 2], "c": 3}]}, 400,
     "Failed to process element: 0 key: c of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not have named "
     "input: c"),
    ("two:predict", {"inputs": {"a": [1]}}, 400, "Missing named input: b in 'inputs' object."),
    ("copy_bool:predict", {"instances": [[1, 0]]}, 400,
     "Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: 1 Type: Number is not of "
     "expected type: bool"),
    ("copy_fp16:predict", {"inputs": [[1, 0]]}, 501, "Conversion of JSON Value: 1 to type: half"),
    ("copy_fp32:classify", {"examples": [{}]}, 400,
     "Name: <unknown>, Feature: x (data type: float) is required but could not be found."),
    ("copy_fp32:regress", {"examples": [{"x": [1, 2]}]}, 400,
     "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got [-1, 2]"),
    ("copy_fp32:classify", {"examples": []}, 400, "JSON Value: {\"examples\":[]} 'examples' value is an empty array"),
])
def test_what_is_not_right_is_told_as_tensorflow_serving_tells_it(copying, path, body, status, error):
    assert copying.ask(path, body) == (status, {"error": error})
