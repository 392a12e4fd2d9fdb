"""Server reflection of `parlance serve`, used by grpcio's client, grpcurl and buf curl."""

import json
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from support.process import tool
from support.digits import PIXELS

SERVICES = {
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "xds.service.orca.v3.OpenRcaService",
    "inference.GRPCInferenceService",
    "inference.InferenceService",
    "org.pytorch.serve.grpc.inference.InferenceAPIsService",
    "tensorflow.serving.ModelService",
    "tensorflow.serving.PredictionService",
    "org.pytorch.serve.grpc.openinference.GRPCInferenceService",
}


def grpcurl(server, *verb: str, data: str | None = None) -> subprocess.CompletedProcess:
    flags = ["-plaintext"] + ([] if data is None else ["-d", "@"])
    command = [tool("grpcurl"), *flags, server.address, *verb]
    return subprocess.run(command, input=data, capture_output=True, text=True)


def test_grpcio_client_lists_the_services(model_channel):
    assert set(ProtoReflectionDescriptorDatabase(model_channel).get_services()) == SERVICES


def test_grpcio_client_makes_messages_from_nothing_but_reflection(model_channel):
    pool = DescriptorPool(ProtoReflectionDescriptorDatabase(model_channel))
    method = pool.FindServiceByName("inference.InferenceService").FindMethodByName("Predict")
    request = GetMessageClass(method.input_type)(model_name="digits", features=PIXELS)
    call = model_channel.unary_unary(
        "/inference.InferenceService/Predict",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    assert call(request).model_name == "digits"


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_service_is_answered_with_the_files_that_its_own_names(model_channel, service):
    database = ProtoReflectionDescriptorDatabase(model_channel)
    file = DescriptorPool(database).FindServiceByName(service).file
    for named in [file, *file.dependencies]:
        assert database.FindFileByName(named.name).name == named.name


def test_unknown_symbols_and_files_are_not_found(model_channel):
    database = ProtoReflectionDescriptorDatabase(model_channel)
    for find in (database.FindFileByName, database.FindFileContainingSymbol):
        with pytest.raises((KeyError, grpc.RpcError)):
            find("no.such.Thing")


def test_grpcurl_lists_services_and_methods(model_server):
    assert set(grpcurl(model_server, "list").stdout.split()) == SERVICES
    listed = grpcurl(model_server, "list", "inference.InferenceService")
    methods = ["BatchPredict", "Embed", "Generate", "Predict", "StreamingPredict"]
    assert sorted(listed.stdout.split()) == [f"inference.InferenceService.{method}" for method in methods]


def test_grpcurl_describes_a_message(model_server):
    assert "repeated float features = 4;" in grpcurl(model_server, "describe", "inference.PredictRequest").stdout


def test_grpcurl_predicts(model_server):
    body = json.dumps({"model_name": "digits", "features": PIXELS})
    done = grpcurl(model_server, "inference.InferenceService/Predict", data=body)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["modelName"] == "digits"


def test_grpcurl_streams_both_ways(model_server):
    body = "\n".join(json.dumps({"model_name": "digits", "features": PIXELS, "request_id": str(i)}) for i in range(3))
    done = grpcurl(model_server, "inference.InferenceService/StreamingPredict", data=body)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"requestId"') == 3


def test_grpcurl_shows_status_and_details(model_server):
    done = grpcurl(model_server, "inference.InferenceService/Predict", data='{"model_name": "nope"}')
    assert done.returncode == 64 + 5  # grpcurl's own: 64 and the status
    assert "NotFound" in done.stderr
    assert 'Model "nope" not found; available: digits, magika, minilm, silero_vad, storyteller' in done.stderr
    # By name and not as bytes: reflection knows the types of details.
    assert '"@type": "type.googleapis.com/google.rpc.ErrorInfo"' in done.stderr
    assert '"reason": "MODEL_NOT_FOUND"' in done.stderr
    assert '"hop": "server"' in done.stderr


def test_grpcurl_checks_health(model_server):
    done = grpcurl(model_server, "grpc.health.v1.Health/Check")
    assert json.loads(done.stdout) == {"status": "SERVING"}


# --- buf curl


def buf_curl(server, path: str, *arguments: str, data: str | None = None) -> subprocess.CompletedProcess:
    flags = ["--protocol", "grpc", "--http2-prior-knowledge"] + ([] if data is None else ["-d", "@-"])
    command = [Path(sys.executable).parent / "buf", "curl", *flags, *arguments, f"http://{server.address}{path}"]
    return subprocess.run(command, input=data, capture_output=True, text=True)


def test_buf_curl_lists_the_methods(model_server):
    done = buf_curl(model_server, "", "--list-methods")
    assert "inference.InferenceService/Predict" in done.stdout.split(), done.stderr


def test_buf_curl_predicts(model_server):
    body = json.dumps({"model_name": "digits", "features": PIXELS})
    done = buf_curl(model_server, "/inference.InferenceService/Predict", data=body)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["modelName"] == "digits"


def test_buf_curl_streams_both_ways(model_server):
    body = "\n".join(json.dumps({"model_name": "digits", "features": PIXELS, "request_id": str(i)}) for i in range(3))
    done = buf_curl(model_server, "/inference.InferenceService/StreamingPredict", data=body)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"requestId"') == 3


def test_buf_curl_shows_the_status(model_server):
    done = buf_curl(model_server, "/inference.InferenceService/Predict", data='{"model_name": "nope"}')
    assert json.loads(done.stderr)["code"] == "not_found"
