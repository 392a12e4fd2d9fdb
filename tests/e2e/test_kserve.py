"""inference.GRPCInferenceService (Open Inference Protocol v2) of `parlance serve`, by grpcio."""

import math

import grpc
import numpy
import pytest

from support.datatypes import NUMPY, TYPED
from support.digits import PIXELS, held_out
from support.failures import error_info, failure_of
from support.repositories import add_synthetic, serve


class Client:
    """Requests and answers as arrays."""

    def __init__(self, stubs, channel):
        self.messages = stubs.kserve
        self.stub = stubs.kserve_grpc.GRPCInferenceServiceStub(channel)

    def request(self, model: str, *, raw: bool = True, inputs: dict[str, tuple[str, numpy.ndarray]], **fields):
        request = self.messages.ModelInferRequest(model_name=model, **fields)
        for name, (datatype, values) in inputs.items():
            tensor = request.inputs.add(name=name, datatype=datatype, shape=values.shape)
            if raw:
                request.raw_input_contents.append(values.tobytes())
            else:
                getattr(tensor.contents, TYPED[datatype]).extend(values.flatten().tolist())
        return request

    def arrays(self, response) -> dict[str, numpy.ndarray]:
        found = {}
        for index, output in enumerate(response.outputs):
            if response.raw_output_contents:
                values = numpy.frombuffer(response.raw_output_contents[index], NUMPY[output.datatype])
            else:
                values = numpy.array(getattr(output.contents, TYPED[output.datatype]), NUMPY[output.datatype])
            found[output.name] = values.reshape(output.shape)
        return found


@pytest.fixture
def kserve(stubs, model_channel):
    return Client(stubs, model_channel)


@pytest.fixture(scope="module")
def copying(stubs, tmp_path_factory):
    """A server of models that answer with their input: copy_fp32 and so on, and `slow`, which takes half a second."""
    repository = tmp_path_factory.mktemp("copying")
    for datatype in NUMPY:
        add_synthetic(repository, f"copy_{datatype.lower()}", datatype=datatype)
    add_synthetic(repository, "copy_bytes", datatype="BYTES")
    add_synthetic(repository, "slow", base_ms=500)
    with serve(repository=repository) as server, grpc.insecure_channel(server.address) as channel:
        yield Client(stubs, channel)


def digit(pixels=PIXELS, datatype="FP32"):
    return {"features": (datatype, numpy.array([pixels], numpy.float32))}


# --- what it says of itself


def test_server_is_live_and_ready(kserve):
    assert kserve.stub.ServerLive(kserve.messages.ServerLiveRequest()).live
    assert kserve.stub.ServerReady(kserve.messages.ServerReadyRequest()).ready


def test_server_metadata_name_what_is_served(kserve):
    metadata = kserve.stub.ServerMetadata(kserve.messages.ServerMetadataRequest())
    assert metadata.name == "parlance"
    assert metadata.version
    assert set(metadata.extensions) == {"binary_tensor_data", 
        "classification", "sequence", "model_repository", "model_repository(unload_dependents)", "schedule_policy", "parameters",
        "statistics", "model_configuration", "logging", "system_shared_memory"}


@pytest.mark.parametrize("name, version, ready", [
    ("digits", "", True), ("digits", "1", True), ("digits", "9", False), ("digits", "newest", False), ("nothing", "", False)])
def test_model_ready(kserve, name, version, ready):
    assert kserve.stub.ModelReady(kserve.messages.ModelReadyRequest(name=name, version=version)).ready == ready


def test_model_metadata_are_the_signature(kserve):
    metadata = kserve.stub.ModelMetadata(kserve.messages.ModelMetadataRequest(name="digits"))
    assert (metadata.name, list(metadata.versions), metadata.platform) == ("digits", ["1"], "openvino")
    tensors = [(tensor.name, tensor.datatype, list(tensor.shape)) for tensor in [*metadata.inputs, *metadata.outputs]]
    assert tensors == [("features", "FP32", [-1, 64]), ("probabilities", "FP32", [-1, 10])]


def test_repository_index_has_every_version(kserve):
    index = kserve.stub.RepositoryIndex(kserve.messages.RepositoryIndexRequest(ready=True)).models
    found = {(model.name, model.version, model.state) for model in index}
    assert {("digits", "1", "READY"), ("magika", "1", "READY")} <= found


# --- inference


@pytest.mark.parametrize("raw", [True, False])
def test_infer_answers_as_our_own_dialect_does(kserve, inference, stubs, raw):
    for _, pixels in held_out()[:20]:
        response = kserve.stub.ModelInfer(kserve.request("digits", raw=raw, inputs=digit(pixels), id="a"))
        assert (response.model_name, response.model_version, response.id) == ("digits", "1", "a")
        ours = inference.Predict(stubs.inference.PredictRequest(model_name="digits", features=pixels)).predictions
        numpy.testing.assert_array_equal(kserve.arrays(response)["probabilities"], [numpy.array(ours, numpy.float32)])
        assert bool(response.raw_output_contents) == raw


def test_infer_takes_rows_together(kserve):
    rows = numpy.array([pixels for _, pixels in held_out()[:5]], numpy.float32)
    response = kserve.stub.ModelInfer(kserve.request("digits", inputs={"features": ("FP32", rows)}))
    together = kserve.arrays(response)["probabilities"]
    assert together.shape == (5, 10)
    alone = [kserve.arrays(kserve.stub.ModelInfer(kserve.request("digits", inputs=digit(row))))["probabilities"][0] for row in rows]
    numpy.testing.assert_allclose(together, alone, atol=1e-6)


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("datatype", TYPED)
def test_every_datatype_comes_back_as_it_went(copying, datatype, raw):
    kind = NUMPY[datatype]
    if kind == numpy.bool_:
        values = numpy.array([[True, False, True, True]])
    elif numpy.issubdtype(kind, numpy.integer):
        values = numpy.array([[numpy.iinfo(kind).min, 0, 7, numpy.iinfo(kind).max]], kind)
    else:
        values = numpy.array([[-1.5, 0, math.inf, numpy.finfo(kind).max]], kind)
    inputs = {"x": (datatype, values)}
    response = copying.stub.ModelInfer(copying.request(f"copy_{datatype.lower()}", raw=raw, inputs=inputs))
    assert response.outputs[0].datatype == datatype
    numpy.testing.assert_array_equal(copying.arrays(response)["y"], values)


def test_half_floats_come_raw(copying):
    values = numpy.array([[1.5, -2, 0, 65504]], numpy.float16)
    response = copying.stub.ModelInfer(copying.request("copy_fp16", inputs={"x": ("FP16", values)}))
    numpy.testing.assert_array_equal(copying.arrays(response)["y"], values)


def test_outputs_that_are_asked_for_come_in_their_order(kserve):
    request = kserve.request("digits", inputs=digit(), outputs=[{"name": "probabilities"}])
    assert [output.name for output in kserve.stub.ModelInfer(request).outputs] == ["probabilities"]


def test_timeout_parameter_is_a_deadline(stubs, copying):
    slow = copying.request("slow", inputs={"x": ("FP32", numpy.zeros((1, 4), numpy.float32))})
    slow.parameters["timeout"].int64_param = 20_000
    failure = failure_of(copying.stub.ModelInfer, slow, timeout=30)
    assert failure.code() in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED), failure.details()


# --- statistics


def test_statistics_count_requests_rows_and_runs(stubs, copying):
    def statistics():
        found = copying.stub.ModelStatistics(stubs.kserve.ModelStatisticsRequest(name="copy_int8")).model_stats
        assert [model.version for model in found] == ["1"]
        return found[0]

    before = statistics()
    for _ in range(3):
        inputs = {"x": ("INT8", numpy.zeros((2, 4), numpy.int8))}
        copying.stub.ModelInfer(copying.request("copy_int8", inputs=inputs))
    after = statistics()
    assert after.inference_count - before.inference_count == 6
    assert after.execution_count - before.execution_count == 3
    assert after.inference_stats.success.count - before.inference_stats.success.count == 3
    assert after.inference_stats.success.ns > before.inference_stats.success.ns
    assert after.inference_stats.compute_infer.count - before.inference_stats.compute_infer.count == 3
    assert after.last_inference > before.last_inference
    runs = {batch.batch_size: batch.compute_infer.count for batch in after.batch_stats}
    assert runs[2] == 3


def test_statistics_of_an_unknown_model_are_not_found(kserve, stubs):
    failure = failure_of(kserve.stub.ModelStatistics, stubs.kserve.ModelStatisticsRequest(name="nothing"))
    assert failure.code() == grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("raw", [True, False])
def test_texts_come_back_as_they_went(copying, raw):
    texts = [b"", b"one", b"\xff\x00", b"x" * 1000]
    request = copying.messages.ModelInferRequest(model_name="copy_bytes")
    tensor = request.inputs.add(name="x", datatype="BYTES", shape=[1, 4])
    packed = b"".join(len(text).to_bytes(4, "little") + text for text in texts)
    if raw:
        request.raw_input_contents.append(packed)
    else:
        tensor.contents.bytes_contents.extend(texts)
    response = copying.stub.ModelInfer(request)
    if raw:
        assert list(response.raw_output_contents) == [packed]
    else:
        assert list(response.outputs[0].contents.bytes_contents) == texts


def test_models_are_not_changed_where_all_may_call(kserve, stubs):
    for method, request in [(kserve.stub.RepositoryModelLoad, stubs.kserve.RepositoryModelLoadRequest(model_name="digits")),
                            (kserve.stub.RepositoryModelUnload, stubs.kserve.RepositoryModelUnloadRequest(model_name="digits"))]:
        failure = failure_of(method, request)
        assert failure.code() is grpc.StatusCode.UNAVAILABLE
        assert error_info(failure).reason == "EXTENSION_OFF"


def test_explicit_model_control_and_no_shared_memory(stubs, tmp_path):
    add_synthetic(tmp_path, "copy")
    with serve("--model-control-mode", "explicit", "--shared-memory", "off", repository=tmp_path) as server, \
            grpc.insecure_channel(server.address) as channel:
        client = Client(stubs, channel)
        extensions = client.stub.ServerMetadata(stubs.kserve.ServerMetadataRequest()).extensions
        assert "system_shared_memory" not in extensions
        failure = failure_of(client.stub.SystemSharedMemoryStatus, stubs.kserve.SystemSharedMemoryStatusRequest())
        assert (failure.code(), failure.details()) == (
            grpc.StatusCode.UNIMPLEMENTED,
            "Client shared memory is disabled. Start the server with '--shared-memory local' to enable.")
        client.stub.RepositoryModelUnload(stubs.kserve.RepositoryModelUnloadRequest(model_name="copy"))
        assert not client.stub.ModelReady(stubs.kserve.ModelReadyRequest(name="copy")).ready
        client.stub.RepositoryModelLoad(stubs.kserve.RepositoryModelLoadRequest(model_name="copy"))
        assert client.stub.ModelReady(stubs.kserve.ModelReadyRequest(name="copy")).ready
        settings = stubs.kserve.LogSettingsRequest()
        settings.settings["log_info"].bool_param = False
        assert not client.stub.LogSettings(settings).settings["log_info"].bool_param


PAIR = """\
backend: synthetic
inputs: [{name: a, type: FP32, shape: [-1, 4]}, {name: b, type: FP32, shape: [-1, 4]}]
outputs: [{name: c, type: FP32, shape: [-1, 4]}, {name: d, type: FP32, shape: [-1, 4]}]
batching: {max_batch: 8, preferred: [8], pad: true}
"""


@pytest.fixture(scope="module")
def pair(stubs, tmp_path_factory):
    """A server of `pair`: outputs c and d are inputs a and b, in runs of 8 rows, filled up with rows of zeros."""
    repository = tmp_path_factory.mktemp("pair")
    (repository / "pair" / "1").mkdir(parents=True)
    (repository / "pair" / "model.yaml").write_text(PAIR)
    with serve(repository=repository) as server, grpc.insecure_channel(server.address) as channel:
        yield Client(stubs, channel)


def of_rows(**inputs):
    return {name: ("FP32", numpy.arange(4 * rows, dtype=numpy.float32).reshape(rows, 4)) for name, rows in inputs.items()}


@pytest.mark.parametrize("rows", [0, 1, 8, 20])
def test_a_batch_has_the_rows_of_its_inputs(pair, rows):
    inputs = of_rows(a=rows, b=rows)
    outputs = pair.arrays(pair.stub.ModelInfer(pair.request("pair", inputs=inputs)))
    numpy.testing.assert_array_equal(outputs["c"], inputs["a"][1])
    numpy.testing.assert_array_equal(outputs["d"], inputs["b"][1])


@pytest.mark.parametrize("a, b", [(4, 1), (1, 4), (20, 1), (0, 1)])
def test_inputs_of_a_batch_have_as_many_rows(pair, a, b):
    request = pair.request("pair", inputs=of_rows(a=a, b=b))
    failure = failure_of(pair.stub.ModelInfer, request)
    assert (failure.code(), failure.details()) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        f"input 'b' batch size does not match other inputs for 'pair': it has {b} rows, the first input {a}")
    answers = list(pair.stub.ModelStreamInfer(iter([request])))
    assert [answer.error_message for answer in answers] == [failure.details()]
