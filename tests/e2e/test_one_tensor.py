"""One tensor through every dialect of `parlance serve`: the same bytes come out of each."""

import json

import grpc
import httpx
import numpy
import pytest

from support.repositories import add_synthetic, serve

VALUES = numpy.array([[-1.5, 1 / 3, 3.4028235e38, 1.1754944e-38], [0.0, -0.0, 16777217.0, 1e-45]], numpy.float32)


class Server:
    """A server of one model, which answers with its input, and what its clients need."""

    def __init__(self, stubs, tensorflow_serving, channel, http):
        self.stubs, self.tensorflow_serving, self.channel, self.http = stubs, tensorflow_serving, channel, http

    def post(self, path: str, **arguments) -> httpx.Response:
        response = self.http.post(path, **arguments)
        assert response.status_code == 200, response.text
        return response


@pytest.fixture(scope="module")
def server(stubs, tensorflow_serving, tmp_path_factory):
    repository = tmp_path_factory.mktemp("one_tensor")
    add_synthetic(repository, "copy")
    with (serve(repository=repository) as process, grpc.insecure_channel(process.address) as channel,
          httpx.Client(base_url=f"http://{process.address}", timeout=60) as http):
        yield Server(stubs, tensorflow_serving, channel, http)


def of_json(rows) -> bytes:
    return numpy.array(rows, numpy.float32).tobytes()


def through_predict(server) -> bytes:
    messages = server.stubs.inference
    request = messages.PredictRequest(model_name="copy", features=VALUES.flatten(), feature_shape=VALUES.shape)
    stub = server.stubs.inference_grpc.InferenceServiceStub(server.channel)
    return of_json(stub.Predict(request).predictions)


def kserve_request(server):
    request = server.stubs.kserve.ModelInferRequest(model_name="copy")
    request.inputs.add(name="x", datatype="FP32", shape=VALUES.shape)
    return request


def kserve_infer(server, request):
    return server.stubs.kserve_grpc.GRPCInferenceServiceStub(server.channel).ModelInfer(request)


def through_kserve_raw(server) -> bytes:
    request = kserve_request(server)
    request.raw_input_contents.append(VALUES.tobytes())
    return kserve_infer(server, request).raw_output_contents[0]


def through_kserve_typed(server) -> bytes:
    request = kserve_request(server)
    request.inputs[0].contents.fp32_contents.extend(VALUES.flatten())
    return of_json(kserve_infer(server, request).outputs[0].contents.fp32_contents)


def through_kserve_stream(server) -> bytes:
    request = kserve_request(server)
    request.raw_input_contents.append(VALUES.tobytes())
    stub = server.stubs.kserve_grpc.GRPCInferenceServiceStub(server.channel)
    [answer] = stub.ModelStreamInfer(iter([request]))
    return answer.infer_response.raw_output_contents[0]


def through_kserve_json(server) -> bytes:
    tensor = {"name": "x", "datatype": "FP32", "shape": VALUES.shape, "data": VALUES.flatten().tolist()}
    answer = server.post("/v2/models/copy/infer", json={"inputs": [tensor]}).json()
    return of_json(answer["outputs"][0]["data"])


def through_kserve_binary(server) -> bytes:
    tensor = {"name": "x", "datatype": "FP32", "shape": VALUES.shape, "parameters": {"binary_data_size": VALUES.nbytes}}
    asked = {"inputs": [tensor], "parameters": {"binary_data_output": True}}
    text = json.dumps(asked).encode()
    answer = server.post("/v2/models/copy/infer", content=text + VALUES.tobytes(),
                         headers={"Inference-Header-Content-Length": str(len(text))})
    return answer.content[int(answer.headers["Inference-Header-Content-Length"]):]


def predict_request(server):
    request = server.tensorflow_serving.predict.PredictRequest()
    request.model_spec.name = "copy"
    tensor = request.inputs["x"]
    tensor.dtype = 1  # DT_FLOAT
    for size in VALUES.shape:
        tensor.tensor_shape.dim.add(size=size)
    return request, tensor


def tfserving_output(server, request) -> bytes:
    stub = server.tensorflow_serving.prediction_service.PredictionServiceStub(server.channel)
    [tensor] = stub.Predict(request).outputs.values()
    return tensor.tensor_content or of_json(tensor.float_val)


def through_tfserving_content(server) -> bytes:
    request, tensor = predict_request(server)
    tensor.tensor_content = VALUES.tobytes()
    return tfserving_output(server, request)


def through_tfserving_values(server) -> bytes:
    request, tensor = predict_request(server)
    tensor.float_val.extend(VALUES.flatten())
    return tfserving_output(server, request)


def through_tfserving_rows(server) -> bytes:
    return of_json(server.post("/v1/models/copy:predict", json={"instances": VALUES.tolist()}).json()["predictions"])


def through_tfserving_columns(server) -> bytes:
    return of_json(server.post("/v1/models/copy:predict", json={"inputs": VALUES.tolist()}).json()["outputs"])


def through_torchserve(server) -> bytes:
    request = server.stubs.torchserve.PredictionsRequest(model_name="copy")
    request.input["data"] = json.dumps(VALUES.tolist()).encode()
    stub = server.stubs.torchserve_grpc.InferenceAPIsServiceStub(server.channel)
    return of_json(json.loads(stub.Predictions(request).prediction))


@pytest.mark.parametrize("through", [
    through_predict, through_kserve_raw, through_kserve_typed, through_kserve_stream, through_kserve_json,
    through_kserve_binary, through_tfserving_content, through_tfserving_values, through_tfserving_rows,
    through_tfserving_columns, through_torchserve])
def test_one_tensor_is_the_same_through_every_dialect(server, through):
    assert through(server) == VALUES.tobytes()
