"""Starts `parlance serve` on a free port and stops it again."""

import json
import subprocess
import tempfile
import time
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

START_SECONDS = 30
LOAD_SECONDS = 120
STOP_SECONDS = 15


class DemoError(Exception):
    """What went wrong, in words for whoever runs the demo."""


class Server:
    """A running `parlance serve`. Its log, JSON lines, goes to a file."""

    def __init__(self, program: Path, repository: Path):
        self.log = Path(tempfile.mkstemp(prefix="parlance-", suffix=".log")[1])
        command = [program, "serve", repository, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-format", "json"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.address = self._wait_for_address("listening")
        self.admin = self._wait_for_address("admin")

    def _wait_for_address(self, message: str) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            for line in self.log.read_text().splitlines(keepends=True):
                if line.endswith("\n") and f'"{message}"' in line:
                    return json.loads(line)["fields"]["address"]
            time.sleep(0.01)
        raise DemoError(f"the server did not start; its log:\n{self.log.read_text()}")

    def wait_until_ready(self, channel: grpc.Channel, service: str) -> None:
        """Until the service's health is SERVING."""
        watch = health_pb2_grpc.HealthStub(channel).Watch(
            health_pb2.HealthCheckRequest(service=service), timeout=LOAD_SECONDS, wait_for_ready=True
        )
        try:
            for change in watch:
                if change.status == health_pb2.HealthCheckResponse.SERVING:
                    return watch.cancel()
        except grpc.RpcError as error:
            raise DemoError(f"the models are not ready ({error.code().name}); the server's log: {self.log}") from error

    def stop(self) -> None:
        """SIGTERM; what is under way is finished."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.unlink(missing_ok=True)
