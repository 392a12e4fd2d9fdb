"""TorchServe's services, asked as its own client script asks them, and its REST API."""

import http.client
import json
import re

import grpc

from conftest import CHANNEL_OPTIONS
from support.failures import failure_of
from support.process import ServerProcess, eventually

METADATA = (("protocol", "gRPC"), ("session_id", "12345"))  # as the script sends


class Client:
    """The script's functions, with its two stubs."""

    def __init__(self, stubs, inference: str, management: str, token: str | None = None, management_token: str | None = None):
        self.stubs = stubs
        self.channels = [grpc.insecure_channel(address, options=CHANNEL_OPTIONS) for address in (inference, management)]
        self.inference = stubs.torchserve_grpc.InferenceAPIsServiceStub(self.channels[0])
        self.management = stubs.torchserve_management_grpc.ManagementAPIsServiceStub(self.channels[1])
        self.open_inference = stubs.torchserve_open_inference_grpc.GRPCInferenceServiceStub(self.channels[0])
        self.metadata = METADATA + ((("authorization", f"Bearer {token}"),) if token else ())
        self.management_metadata = METADATA + ((("authorization", f"Bearer {management_token}"),) if management_token else ())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for channel in self.channels:
            channel.close()

    def infer(self, model: str, data: bytes, **fields) -> str:
        request = self.stubs.torchserve.PredictionsRequest(model_name=model, input={"data": data}, **fields)
        return self.inference.Predictions(request, metadata=self.metadata, timeout=60).prediction.decode()

    def infer_stream(self, model: str, data: bytes, **fields) -> list[str]:
        request = self.stubs.torchserve.PredictionsRequest(model_name=model, input={"data": data}, **fields)
        responses = self.inference.StreamPredictions(request, metadata=self.metadata, timeout=60)
        return [response.prediction.decode() for response in responses]

    def register(self, model: str, **fields) -> str:
        fields = {"url": f"{model}.mar", "initial_workers": 1, "synchronous": True, "model_name": model, **fields}
        return self._ask("RegisterModel", **fields)

    def unregister(self, model: str, **fields) -> str:
        return self._ask("UnregisterModel", model_name=model, **fields)

    def scale(self, model: str, **fields) -> str:
        return self._ask("ScaleWorker", model_name=model, synchronous=True, **fields)

    def describe(self, model: str, **fields) -> list[dict]:
        return json.loads(self._ask("DescribeModel", model_name=model, **fields))

    def list(self, **fields) -> dict:
        return json.loads(self._ask("ListModels", **fields))

    def set_default(self, model: str, version: str) -> str:
        return self._ask("SetDefault", model_name=model, model_version=version)

    def _ask(self, method: str, **fields) -> str:
        request = getattr(self.stubs.torchserve_management, {"ListModels": "ListModelsRequest"}.get(method, f"{method}Request"))
        return getattr(self.management, method)(request(**fields), metadata=self.management_metadata, timeout=60).msg


def management_address(server: ServerProcess) -> str:
    return address_of(server, r"torchserve management +address=(\S+)")


def address_of(server: ServerProcess, announcement: str, index: int = 0) -> str:
    """What the server has announced, or is about to."""
    assert eventually(lambda: len(re.findall(announcement, server.log())) > index), server.log()
    return re.findall(announcement, server.log())[index]


def refused(call, *arguments, **fields) -> tuple[str, str]:
    failure = failure_of(call, *arguments, **fields)
    return failure.code().name, failure.details()


def ask(address: str, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, object]:
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    return response.status, json.loads(response.read())
