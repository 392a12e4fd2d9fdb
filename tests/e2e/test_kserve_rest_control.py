"""Triton's extensions of the Open Inference Protocol over HTTP, by tritonclient: repository, configuration, shared memory, settings,
classifications."""

import contextlib
import os

import httpx
import numpy
import pytest
import tritonclient.http
from tritonclient.utils import InferenceServerException
from tritonclient.utils import shared_memory as shm

from support.digits import held_out
from support.repositories import SHIPPED, add_synthetic, serve

ROWS = numpy.array([pixels for _, pixels in held_out()[:2]], numpy.float32)
LABELS = [label for label, _ in held_out()[:2]]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    repository = tmp_path_factory.mktemp("controlled")
    (repository / "digits").symlink_to(SHIPPED / "digits")
    add_synthetic(repository, "spare")
    with serve("--model-control-mode", "explicit", repository=repository) as running:
        yield running


@pytest.fixture
def triton(server):
    with tritonclient.http.InferenceServerClient(server.address) as client:
        yield client


@pytest.fixture
def http(server):
    with httpx.Client(base_url=f"http://{server.address}", timeout=60) as client:
        yield client


def states(client) -> dict[str, str]:
    return {model["name"]: model["state"] for model in client.get_model_repository_index()}


def refused(call, *arguments, **options) -> tuple[str, str]:
    with pytest.raises(InferenceServerException) as failed:
        call(*arguments, **options)
    return failed.value.status(), failed.value.message()


@contextlib.contextmanager
def region(client, name: str, size_bytes: int):
    key = f"/parlance_{os.getpid()}_{name}"
    handle = shm.create_shared_memory_region(name, key, size_bytes, create_only=True)
    try:
        client.register_system_shared_memory(name, key, size_bytes)
        yield handle
    finally:
        client.unregister_system_shared_memory(name)
        shm.destroy_shared_memory_region(handle)


def features(**shared):
    tensor = tritonclient.http.InferInput("features", list(ROWS.shape), "FP32")
    if shared:
        tensor.set_shared_memory(**shared)
    else:
        tensor.set_data_from_numpy(ROWS)
    return [tensor]


def test_models_are_unloaded_and_loaded(triton):
    assert states(triton) == {"digits": "READY", "spare": "READY"}
    triton.unload_model("spare", unload_dependents=True)
    assert not triton.is_model_ready("spare")
    assert states(triton)["spare"] in ("UNLOADING", "UNAVAILABLE")
    triton.load_model("spare")
    assert triton.is_model_ready("spare")


def test_a_load_that_is_none_is_told(triton, http):
    assert refused(triton.load_model, "dogs")[0] in ("400", "404")
    response = http.post("/v2/repository/models/spare/load", json={"parameters": {"file:1/model.onnx": "!"}})
    assert (response.status_code, response.json()["error"]) == (400, '"file:1/model.onnx" is not base64')
    response = http.post("/v2/repository/models/spare/load", json={"parameters": {"config": []}})
    assert (response.status_code, response.json()["error"]) == (
        400, 'Parameter "config" must be a text, a whole number, true or false, got an array')
    assert http.post("/v2/repository/elsewhere/index").status_code == 501


def test_the_index_may_be_asked_for_what_is_ready(http):
    assert {model["name"] for model in http.post("/v2/repository/index", json={"ready": True}).json()} == {"digits", "spare"}
    response = http.post("/v2/repository/index", json={"ready": "yes"})
    assert (response.status_code, response.json()["error"]) == (400, '"ready" must be a bool, got a text')


def test_the_configuration_is_in_tritons_words(triton):
    config = triton.get_model_config("digits")
    assert config["name"] == "digits"
    assert config["input"][0]["data_type"] == "TYPE_FP32"
    assert [int(size) for size in config["input"][0]["dims"]] == [64]


def test_an_output_may_come_as_classes(triton):
    for binary in (True, False):
        wanted = tritonclient.http.InferRequestedOutput("probabilities", binary_data=binary, class_count=1)
        best = triton.infer("digits", features(), outputs=[wanted]).as_numpy("probabilities")
        assert best.shape == (2, 1)
        assert [int(text.decode().split(":")[1] if binary else text.split(":")[1]) for [text] in best] == LABELS


def test_shared_memory_carries_inputs_and_outputs(triton):
    expected = triton.infer("digits", features()).as_numpy("probabilities")
    with region(triton, "in", 1024) as here, region(triton, "out", 256) as there:
        shm.set_shared_memory_region(here, [ROWS], offset=256)
        asked = features(region_name="in", byte_size=ROWS.nbytes, offset=256)
        binary = tritonclient.http.InferRequestedOutput("probabilities", binary_data=True)
        numpy.testing.assert_array_equal(triton.infer("digits", asked, outputs=[binary]).as_numpy("probabilities"), expected)
        shared = tritonclient.http.InferRequestedOutput("probabilities")
        shared.set_shared_memory("out", 80, offset=16)
        answer = triton.infer("digits", asked, outputs=[shared]).get_response()
        assert answer["outputs"] == [{"name": "probabilities", "datatype": "FP32", "shape": [2, 10]}]
        numpy.testing.assert_array_equal(shm.get_contents_as_numpy(there, numpy.float32, [2, 10], offset=16), expected)
        regions = triton.get_system_shared_memory_status()
        assert [(each["name"], each["offset"], each["byte_size"]) for each in regions] == [("in", 0, 1024), ("out", 0, 256)]
        assert [each["name"] for each in triton.get_system_shared_memory_status("in")] == ["in"]
        assert refused(triton.infer, "digits", features(region_name="in", byte_size=ROWS.nbytes, offset=1000))[0] == "400"
        assert refused(triton.infer, "digits", features(region_name="never", byte_size=ROWS.nbytes))[0] == "404"
    assert triton.get_system_shared_memory_status() == []


def test_regions_that_cannot_be_are_refused(triton, http):
    status, text = refused(triton.get_system_shared_memory_status, "other")
    assert status == "404"
    path = "/v2/systemsharedmemory/region/a/register"
    assert http.post(path, json={"byte_size": 4}).json()["error"] == "Unable to parse 'key': that of the request must be a text, got nothing"
    assert http.post(path, json={"key": "/a", "byte_size": -4}).json()["error"] == (
        '"byte_size" must be a whole number, not negative, got a number')
    assert http.post(path, json={"key": "/../etc/passwd", "byte_size": 4}).status_code == 400


def test_there_is_no_memory_of_a_gpu(triton):
    assert triton.get_cuda_shared_memory_status() == []
    triton.unregister_cuda_shared_memory()
    assert refused(triton.register_cuda_shared_memory, "gpu", b"QUFB", 0, 64)[0] == "400"


def test_settings_are_told_and_changed(triton, http):
    assert triton.get_trace_settings()["trace_level"] == ["OFF"]
    assert triton.get_trace_settings("digits")["trace_level"] == ["OFF"]
    assert refused(triton.update_trace_settings, settings={"trace_level": ["TIMESTAMPS"]})[0] == "503"
    before = triton.get_log_settings()
    assert before["log_info"] is True and before["log_error"] is True
    assert triton.update_log_settings({"log_verbose_level": 1})["log_verbose_level"] == 1
    assert triton.update_log_settings({"log_verbose_level": 0, "log_file": None}) == before
    assert refused(triton.update_log_settings, {"log_info": "yes"})[0] == "400"
    response = http.post("/v2/logging", json={"log_verbose_level": -1})
    assert (response.status_code, response.json()["error"]) == (
        400, '"log_verbose_level" must be a text, a whole number, true or false, got a number')
