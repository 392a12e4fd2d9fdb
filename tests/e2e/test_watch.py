"""`parlance serve --watch on`: models come, change and go while the server is ready all the time."""

import shutil
import threading
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from conftest import CHANNEL_OPTIONS
from support.process import ROOT, ServerProcess, eventually

SERVING = health_pb2.HealthCheckResponse.SERVING
DIGITS = ROOT / "models" / "repository" / "digits"


class Watcher:
    """Keeps every status that Watch tells of a service."""

    def __init__(self, stub: health_pb2_grpc.HealthStub, service: str) -> None:
        self.call = stub.Watch(health_pb2.HealthCheckRequest(service=service))
        self.statuses = [next(self.call).status]
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        try:
            self.statuses += [response.status for response in self.call]
        except grpc.RpcError:
            pass  # cancelled below


def put(version: Path) -> None:
    """As docs/model-repository.md advises: copied beside, then renamed into place."""
    beside = version.with_name(f".{version.name}")
    shutil.copytree(DIGITS / "1", beside)
    beside.rename(version)


def test_versions_come_change_and_go_while_the_server_is_ready(tmp_path):
    model = tmp_path / "digits"
    model.mkdir()
    shutil.copy(DIGITS / "model.yaml", model)
    put(model / "1")
    arguments = ["serve", str(tmp_path), "--listen", "127.0.0.1:0", "--admin", "off", "--watch", "on"]
    with ServerProcess("parlance", *arguments, announces=r"listening +address=(\S+)") as server:
        with grpc.insecure_channel(server.address, options=CHANNEL_OPTIONS) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            assert eventually(lambda: "ready  after=" in server.log())
            watchers = [Watcher(stub, name) for name in ("", "inference.InferenceService", "model/digits")]

            put(model / "2")
            assert eventually(lambda: "model loaded  model=digits  version=2" in server.log())
            assert stub.Check(health_pb2.HealthCheckRequest(service="model/digits/2")).status == SERVING

            (model / "2" / "labels.txt").write_text("a label too few\n")
            assert eventually(lambda: "model not reloaded, the one from before serves" in server.log())
            assert "labels.txt has 1 labels, the first output has 10 classes" in server.log()

            shutil.rmtree(model / "1")
            assert eventually(lambda: "model freed  model=digits  version=1" in server.log())
            assert "rss_before_bytes=" in server.log()
            for watcher in watchers:
                watcher.call.cancel()
                watcher.thread.join(timeout=10)
                assert watcher.statuses == [SERVING]
