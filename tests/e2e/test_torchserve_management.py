"""TorchServe's management service, tokens, config.properties and Open Inference service of `parlance serve`, driven as
TorchServe's own client script (ts_scripts/torchserve_grpc_client.py) drives a TorchServe."""

import json
import os
import re
import stat

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty

from support.failures import error_info, failure_of
from support.process import ServerProcess, eventually
from support.repositories import add_synthetic, serve
from support.torchserve import Client, address_of, ask, management_address, refused

BAD_REQUEST = "\norg.pytorch.serve.http.BadRequestException"
NO_MODEL = "\norg.pytorch.serve.archive.model.ModelNotFoundException"
NO_VERSION = "\norg.pytorch.serve.archive.model.ModelVersionNotFoundException"
DENIED = "Token Authorization failed. Token either incorrect, expired, or not provided correctly"
HEALTHY = '{\n  "status": "Healthy"\n}'


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "models"
    for name in ("noop", "second"):
        add_synthetic(folder, name)
    (folder / "noop" / "2").mkdir()
    return folder


@pytest.fixture
def client(stubs, repository):
    with serve("--torchserve", "127.0.0.1:0", "--torchserve-management", "127.0.0.1:0", repository=repository) as server:
        inference = address_of(server, r"listening +address=(\S+)", 1)
        with Client(stubs, inference, management_address(server)) as made:
            made.server = server
            yield made


# --- management


def test_a_model_goes_and_comes_back_as_the_client_script_has_it(client):
    assert client.infer("second", b"[1, 2, 3, 4]") == "[\n  1,\n  2,\n  3,\n  4\n]"
    assert client.unregister("second") == 'Model "second" unregistered'
    assert refused(client.infer, "second", b"[1, 2, 3, 4]")[0] in ("UNAVAILABLE", "NOT_FOUND")
    assert client.register("second") == 'Model "second" Version: 1.0 registered with 1 initial workers'
    assert client.infer_stream("second", b"[1, 2, 3, 4]") == ["[\n  1,\n  2,\n  3,\n  4\n]"]


def test_what_is_registered_is_listed_and_described(client):
    assert client.list() == {"models": [{"modelName": name, "modelUrl": name} for name in ("noop", "second")]}
    described = client.describe("noop", model_version="all")
    assert [each["modelVersion"] for each in described] == ["1.0", "2.0"]
    assert described[0]["workers"][0]["pid"] == client.server.process.pid
    assert client.describe("noop", customized=True)[0]["customizedMetadata"]["inputs"][0]["datatype"] == "FP32"


def test_the_default_version_is_set_and_answers(client):
    assert client.describe("noop")[0]["modelVersion"] == "2.0"
    assert client.set_default("noop", "1.0") == 'Default version successfully updated for model "noop" to "1.0"'
    assert client.describe("noop")[0]["modelVersion"] == "1.0"
    assert refused(client.unregister, "noop") == (
        "PERMISSION_DENIED",
        "Cannot remove default version for model noop\norg.pytorch.serve.http.InvalidModelVersionException",
    )
    assert client.unregister("noop", model_version="2.0") == 'Model "noop" unregistered'


def test_workers_are_scaled(client):
    assert client.scale("second", min_worker=3) == "Workers scaled to 3 for model: second"
    assert len(client.describe("second")[0]["workers"]) == 3


def test_bad_requests_are_told_as_torchserve_tells_them(client):
    missing = [client.describe, client.unregister, client.scale]
    for call in missing:
        assert refused(call, "nope") == ("NOT_FOUND", f"Model not found: nope{NO_MODEL}")
        assert refused(call, "noop", model_version="9.0") == (
            "NOT_FOUND", f"Model version: 9.0 does not exist for model: noop{NO_VERSION}"
        )  # fmt: skip
    assert refused(client.register, "nope") == ("NOT_FOUND", f"Model not found at: nope.mar{NO_MODEL}")
    assert refused(client.register, "x", url="") == ("INVALID_ARGUMENT", f"Parameter url is required.{BAD_REQUEST}")
    assert refused(client.register, "x", url="x\0.mar") == ("NOT_FOUND", f"Model not found at: x{NO_MODEL}")
    code, text = refused(client.register, "x", url="https://torchserve.s3.amazonaws.com/mar_files/x.mar")
    assert code == "NOT_FOUND"
    assert text.startswith("Given URL https://torchserve.s3.amazonaws.com/mar_files/x.mar does not match any allowed URL(s)")
    assert text.endswith(NO_MODEL)
    assert refused(client.register, "noop") == (
        "ABORTED", "Model version 1.0 is already registered for model noop\norg.pytorch.serve.http.ConflictStatusException"
    )  # fmt: skip
    assert refused(client.scale, "noop", min_worker=3, max_worker=2) == (
        "INVALID_ARGUMENT", f"max_worker cannot be less than min_worker.{BAD_REQUEST}"
    )  # fmt: skip
    failure = failure_of(client.describe, "nope")
    assert error_info(failure).reason == "TORCHSERVE_EXCEPTION"


def test_management_is_on_its_own_address_and_the_admin_address_only(client, stubs):
    request = stubs.torchserve_management.ListModelsRequest()
    on_inference = stubs.torchserve_management_grpc.ManagementAPIsServiceStub(client.channels[0])
    assert failure_of(on_inference.ListModels, request).code() == grpc.StatusCode.UNIMPLEMENTED
    with grpc.insecure_channel(client.server.admin) as admin:
        stub = stubs.torchserve_management_grpc.ManagementAPIsServiceStub(admin)
        assert json.loads(stub.ListModels(request, timeout=30).msg) == client.list()
    elsewhere = stubs.torchserve_grpc.InferenceAPIsServiceStub(client.channels[1])
    predictions = stubs.torchserve.PredictionsRequest(model_name="second")
    assert failure_of(elsewhere.Predictions, predictions).code() == grpc.StatusCode.UNIMPLEMENTED


# --- REST


def test_inference_over_http(client):
    address = client.server.address
    assert ask(address, "GET", "/ping") == (200, {"status": "Healthy"})
    for method, path in (("POST", "/predictions/second"), ("PUT", "/predictions/second/1.0")):
        assert ask(address, method, path, b"[1, 2, 3, 4]") == (200, [1, 2, 3, 4])
    missing = {"code": 404, "type": "ModelNotFoundException", "message": "Model not found: nope"}
    assert ask(address, "POST", "/predictions/nope", b"[1]") == (404, missing)
    status, error = ask(address, "POST", "/predictions/second/9.0", b"[1]")
    assert (status, error["type"]) == (404, "ModelVersionNotFoundException")
    status, error = ask(address, "POST", "/predictions/second", b"[1, 2]")
    assert (status, error["code"], error["type"]) == (400, 400, "BadRequestException")
    status, error = ask(address, "GET", "/predictions/second")
    assert (status, error["type"]) == (405, "MethodNotAllowedException")


def test_a_form_is_an_input_over_http(client):
    def form(name: str) -> bytes:
        return (f'--X\r\nContent-Disposition: form-data; name="{name}"; filename="x.json"\r\nContent-Type: application/json\r\n\r\n'
                "[1, 2, 3, 4]\r\n--X--\r\n").encode()  # fmt: skip

    kind = "multipart/form-data; boundary=X"
    for name in ("data", "body", "anything"):
        assert ask(client.server.address, "POST", "/predictions/second", form(name), content_type=kind) == (200, [1, 2, 3, 4])
    status, error = ask(client.server.address, "POST", "/predictions/second", form("data")[:-8], content_type=kind)
    assert (status, error["type"], error["message"]) == (400, "BadRequestException", "the form cannot be read: it is cut off")


def test_management_over_http(client):
    address = management_address(client.server)
    assert ask(address, "GET", "/models")[1] == client.list()
    assert ask(address, "GET", "/models?limit=1")[1]["nextPageToken"] == "1"
    assert ask(address, "GET", "/models/noop/all")[1][1]["modelVersion"] == "2.0"
    scaled = {"status": "Workers scaled to 3 for model: second"}
    assert ask(address, "PUT", "/models/second?min_worker=3&synchronous=true") == (200, scaled)
    unregistered = {"status": 'Model "second" unregistered'}
    assert ask(address, "DELETE", "/models/second") == (200, unregistered)
    registered = {"status": 'Model "second" Version: 1.0 registered with 2 initial workers'}
    assert ask(address, "POST", "/models?url=second&initial_workers=2") == (200, registered)
    assert ask(address, "POST", "/models?url=second")[0] == 409
    answer = {"status": 'Default version successfully updated for model "noop" to "1.0"'}
    assert ask(address, "PUT", "/models/noop/1.0/set-default") == (200, answer)
    assert ask(address, "DELETE", "/models/noop/1.0")[0] == 403
    missing = {"code": 404, "type": "ModelNotFoundException", "message": "Model not found: nope"}
    assert ask(address, "GET", "/models/nope") == (404, missing)


# --- Open Inference


def test_the_open_inference_service_answers_under_torchserves_package(client, stubs):
    oip, messages = client.open_inference, stubs.torchserve_open_inference
    assert oip.ServerLive(messages.ServerLiveRequest(), timeout=30).live
    assert oip.ServerReady(messages.ServerReadyRequest(), timeout=30).ready
    assert oip.ModelReady(messages.ModelReadyRequest(name="second"), timeout=30).ready
    assert oip.ModelMetadata(messages.ModelMetadataRequest(name="second"), timeout=30).inputs[0].datatype == "FP32"
    tensor = messages.ModelInferRequest.InferInputTensor(name="x", datatype="FP32", shape=[1, 4])
    tensor.contents.fp32_contents.extend([1, 2, 3, 4])
    answer = oip.ModelInfer(messages.ModelInferRequest(model_name="second", inputs=[tensor]), timeout=30)
    assert list(answer.outputs[0].contents.fp32_contents) == [1, 2, 3, 4]
    unknown = messages.ModelInferRequest(model_name="nope", inputs=[tensor])
    assert failure_of(oip.ModelInfer, unknown).code() == grpc.StatusCode.NOT_FOUND


# --- tokens


def test_each_api_asks_for_its_key(stubs, repository, tmp_path):
    file = tmp_path / "key_file.json"
    flags = ("--torchserve-tokens", str(file), "--torchserve-management", "127.0.0.1:0")
    with serve(*flags, repository=repository) as server:
        assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
        keys = {name: part["key"] for name, part in json.loads(file.read_text()).items()}
        assert set(keys) == {"management", "inference", "API"}
        addresses = (server.address, management_address(server))
        with Client(stubs, *addresses, keys["inference"], keys["management"]) as client:
            assert client.infer("second", b"[1, 2, 3, 4]")
            assert client.list()["models"]
        for inference, management in ((None, None), (keys["management"], keys["inference"]), ("no", keys["API"])):
            with Client(stubs, *addresses, inference, management) as client:
                assert refused(client.infer, "second", b"[1, 2, 3, 4]") == ("PERMISSION_DENIED", DENIED)
                assert refused(client.list) == ("PERMISSION_DENIED", DENIED)
        for address, path in ((server.address, "/predictions/second"), (addresses[1], "/models")):
            status, error = ask(address, "POST", path, b"[1, 2, 3, 4]")
            assert (status, error["type"], error["message"]) == (400, "InvalidKeyException", DENIED)
        with Client(stubs, server.address, server.admin, keys["inference"]) as client:
            assert refused(client.list) == ("PERMISSION_DENIED", DENIED), "the admin address asks for it, too"
        assert all(key not in server.log() for key in keys.values())


def test_a_changed_key_file_is_read_again(stubs, repository, tmp_path):
    def write(key: str) -> None:
        until = {"key": key, "expiration time": "2999-01-01T00:00:00.000Z"}
        made = tmp_path / "made"
        made.write_text(json.dumps({"management": until, "inference": until, "API": {"key": "api"}}))
        made.rename(tmp_path / "key_file.json")

    write("first")
    with serve("--torchserve-tokens", str(tmp_path / "key_file.json"), repository=repository) as server:
        with Client(stubs, server.address, server.admin, "second", "second") as client:
            assert refused(client.infer, "second", b"[1, 2, 3, 4]")[0] == "PERMISSION_DENIED"
            write("second")

            def is_let_in() -> bool:
                try:
                    return bool(client.infer("second", b"[1, 2, 3, 4]"))
                except grpc.RpcError:
                    return False

            assert eventually(is_let_in)


# --- statuses


@pytest.fixture
def own_statuses(stubs, repository):
    with serve("--torchserve-statuses", "torchserve", repository=repository) as server:
        with Client(stubs, server.address, server.admin) as client:
            yield client


@pytest.mark.parametrize(
    "model, fields, text",
    [
        ("", {}, "Parameter model_name is required.\nBadRequestException.()"),
        ("nope", {}, f"Model not found: nope{NO_MODEL}"),
        ("noop", {"model_version": "9.0"}, f"Model version: 9.0 does not exist for model: noop{NO_VERSION}"),
    ],
)
def test_statuses_are_torchserves_where_that_is_asked_for(own_statuses, stubs, model, fields, text):
    for call in (own_statuses.infer, own_statuses.infer_stream):
        assert refused(call, model, b"[1]", **fields) == ("INTERNAL", text)
    request = stubs.torchserve.PredictionsRequest(model_name=model, input={"data": b"[1]"}, **fields)
    (response,) = own_statuses.inference.StreamPredictions2(iter([request]), timeout=30)
    assert (response.status.code, response.status.message) == (13, text)


def test_what_is_wrong_with_an_input_keeps_its_code_and_names_the_exception(own_statuses):
    code, text = refused(own_statuses.infer, "second", b"[1, 2]")
    assert code == "INVALID_ARGUMENT"
    assert text.endswith("\norg.pytorch.serve.http.InternalServerException")


# --- config.properties


def test_a_config_properties_is_served_as_torchserve_serves_it(stubs, repository, tmp_path):
    file = tmp_path / "config.properties"
    file.write_text(f"""\
model_store={repository}
load_models=second.mar
grpc_inference_port=0
grpc_management_port=0
inference_address=http://127.0.0.1:0
disable_token_authorization=true
default_workers_per_model=2
job_queue_size=7
number_of_gpu=1
no_such_key=1
""")
    flags = ("--torchserve-config", str(file), "--admin", "127.0.0.1:0")
    server = ServerProcess("parlance", "serve", *flags, announces=r"listening +address=(\S+)")
    with server:
        assert eventually(lambda: re.search(r"\bready\b +after", server.log())), server.log()
        with Client(stubs, server.address, management_address(server)) as client:
            assert client.list() == {"models": [{"modelName": "second", "modelUrl": "second"}]}
            (described,) = client.describe("second")
            assert len(described["workers"]) == 2
            assert described["jobQueueStatus"] == {"remainingCapacity": 7, "pendingRequests": 0}
            assert client.register("noop", initial_workers=0) == 'Model "noop" Version: 2.0 registered with 2 initial workers'
        assert "number_of_gpu is not used: model.yaml says where a model runs" in server.log()
        assert "no_such_key: unknown key" in server.log()


@pytest.mark.parametrize("load", ["load_models=none", 'model_snapshot={"name": "snapshot", "modelCount": 0, "models": {}}'])
def test_a_server_that_is_to_load_nothing_is_healthy_as_torchserve_is(stubs, repository, tmp_path, load):
    file = tmp_path / "config.properties"
    file.write_text(f"model_store={repository}\n{load}\ngrpc_inference_port=0\ngrpc_management_port=0\n")
    server = ServerProcess("parlance", "serve", "--torchserve-config", str(file), "--admin", "127.0.0.1:0", announces=r"listening +address=(\S+)")
    with server:
        assert eventually(lambda: re.search(r"\bready\b +after", server.log())), server.log()
        assert ask(server.address, "GET", "/ping") == (200, {"status": "Healthy"})
        with Client(stubs, server.address, management_address(server)) as client:
            assert client.list() == {"models": []}
            assert client.open_inference.ServerReady(stubs.torchserve_open_inference.ServerReadyRequest(), timeout=30).ready
            client.register("second")
            assert client.unregister("second") == 'Model "second" unregistered'
            assert client.inference.Ping(Empty(), timeout=30).health == HEALTHY


def test_what_is_unregistered_is_not_missed(client):
    """Whose probe asks /ping keeps the server when a model goes."""
    assert client.unregister("second") == 'Model "second" unregistered'
    assert ask(client.server.address, "GET", "/ping") == (200, {"status": "Healthy"})
    assert not client.open_inference.ServerReady(client.stubs.torchserve_open_inference.ServerReadyRequest(), timeout=30).ready


def test_a_wrong_config_properties_is_said(tmp_path):
    from test_serve import run

    file = tmp_path / "config.properties"
    file.write_text("inference_address=here\n")
    done = run("serve", "--torchserve-config", str(file))
    assert (done.returncode, done.stderr) == (78, f"{file}: inference_address: Invalid binding address: here\n")
