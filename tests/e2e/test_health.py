"""grpc.health.v1.Health of `parlance serve`, asked with grpcio's own client."""

import threading

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from conftest import CHANNEL_OPTIONS, serve
from support.process import ROOT, ServerProcess, eventually

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
SERVICES = {"", "live", "inference.GRPCInferenceService", "inference.InferenceService",
            "org.pytorch.serve.grpc.inference.InferenceAPIsService",
            "org.pytorch.serve.grpc.management.ManagementAPIsService",
            "org.pytorch.serve.grpc.openinference.GRPCInferenceService",
            "tensorflow.serving.ModelService", "tensorflow.serving.PredictionService"}
KNOWN = SERVICES | {f"model/{name}" for name in ("digits", "digits/1", "magika", "magika/1", "minilm", "minilm/1", "silero_vad", "silero_vad/1", "storyteller", "storyteller/1")}


def request(service: str) -> health_pb2.HealthCheckRequest:
    return health_pb2.HealthCheckRequest(service=service)


@pytest.fixture
def health(model_channel):
    return health_pb2_grpc.HealthStub(model_channel)


@pytest.mark.parametrize("service", sorted(KNOWN))
def test_check_of_what_is_ready(health, service):
    assert health.Check(request(service)).status == SERVING


@pytest.mark.parametrize("service", ["nope", "inference", "model/nope", "model/digits/2"])
def test_check_of_an_unknown_service_is_not_found(health, service):
    with pytest.raises(grpc.RpcError) as failed:
        health.Check(request(service))
    assert failed.value.code() is grpc.StatusCode.NOT_FOUND


def test_list_has_every_known_service(health):
    statuses = health.List(health_pb2.HealthListRequest()).statuses
    assert {name: response.status for name, response in statuses.items()} == dict.fromkeys(KNOWN, SERVING)


def test_watch_says_the_status_at_once_and_stays_open(health):
    call = health.Watch(request("inference.InferenceService"))
    assert next(call).status == SERVING
    assert call.is_active()
    call.cancel()


def test_watch_of_an_unknown_service_says_so_and_stays_open(health):
    call = health.Watch(request("nope"))
    assert next(call).status == SERVICE_UNKNOWN
    assert call.is_active()
    call.cancel()


def test_watch_sees_the_end_coming():
    with serve() as server, grpc.insecure_channel(server.address, options=CHANNEL_OPTIONS) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(request("inference.InferenceService"))
        assert next(watch).status == SERVING
        server.terminate()
        assert next(watch).status == NOT_SERVING
        assert server.wait() == 0
        with pytest.raises(grpc.RpcError) as failed:
            next(watch)
        assert failed.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_repository_without_models_is_alive_and_not_ready(tmp_path):
    listening = r"listening +address=(\S+)"
    with ServerProcess("parlance", "serve", str(tmp_path), "--listen", "127.0.0.1:0", announces=listening) as server:
        with grpc.insecure_channel(server.address, options=CHANNEL_OPTIONS) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            assert stub.Check(request("live")).status == SERVING
            assert eventually(lambda: "not ready" in server.log())
            assert stub.Check(request("")).status == NOT_SERVING
            assert stub.Check(request("inference.InferenceService")).status == NOT_SERVING


def test_a_required_model_that_is_missing_keeps_it_from_being_ready():
    listening = r"listening +address=(\S+)"
    arguments = ["serve", str(ROOT / "models" / "repository"), "--listen", "127.0.0.1:0", "--require", "gone"]
    with ServerProcess("parlance", *arguments, announces=listening) as server:
        with grpc.insecure_channel(server.address, options=CHANNEL_OPTIONS) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            assert eventually(lambda: "not ready" in server.log())
            assert stub.Check(request("live")).status == SERVING
            assert stub.Check(request("")).status == NOT_SERVING
            assert stub.Check(request("inference.InferenceService")).status == NOT_SERVING
            assert stub.Check(request("model/digits")).status == SERVING


def test_many_watchers_leave_nothing_behind():
    with serve() as server, grpc.insecure_channel(server.address, options=CHANNEL_OPTIONS) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        watches = [stub.Watch(request("")) for _ in range(200)]
        assert all(next(watch).status == SERVING for watch in watches)
        threads = [threading.Thread(target=watch.cancel) for watch in watches]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert stub.Check(request("")).status == SERVING
        server.terminate()
        assert server.wait() == 0
