"""Two servers restarted in turn, again and again, under load that clients balance between them: how many calls fail.

    ./run bench rolling-restart [--rounds 5] [--callers 16]

Clients are grpcio with round_robin and client-side health checks, and no retry policy. Each server is sent SIGTERM, drains,
ends, and is started anew on its port; the other one is restarted when the first is ready again.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import grpc

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support import stubs as stub_maker  # noqa: E402
from support.digits import PIXELS  # noqa: E402
from support.process import eventually  # noqa: E402
from support.repositories import serve  # noqa: E402

SERVICE = "inference.InferenceService"
BALANCED = json.dumps({"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": SERVICE}})


class Callers:
    """Threads that predict one digit after the other until they are stopped."""

    def __init__(self, addresses: list[str], stubs, count: int):
        options = [("grpc.service_config", BALANCED), ("grpc.max_reconnect_backoff_ms", 500)]
        self.channel = grpc.insecure_channel("ipv4:" + ",".join(addresses), options=options)
        self.stub = stubs.inference_grpc.InferenceServiceStub(self.channel)
        self.request = stubs.inference.PredictRequest(model_name="digits", features=PIXELS)
        self.outcomes, self.failures = Counter(), []
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self.stub.Predict(self.request, timeout=30, wait_for_ready=True)
                with self.lock:
                    self.outcomes["OK"] += 1
            except grpc.RpcError as error:
                with self.lock:
                    self.outcomes[error.code().name] += 1
                    self.failures.append(error.details())
            time.sleep(0.002)

    def stop(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        self.channel.close()


def restart_in_turn(stubs, rounds: int, callers: int, say=print) -> Callers:
    """What came of all calls while each of two servers was restarted `rounds` times."""
    servers = [serve(), serve()]
    try:
        load = Callers([server.address for server in servers], stubs, callers)
        try:
            for each in range(rounds):
                for index, server in enumerate(servers):
                    time.sleep(0.3)
                    server.terminate()
                    if (status := server.wait()) != 0:
                        raise AssertionError(f"a server ended with {status}: {server.log()}")
                    servers[index] = serve(listen=server.address)
                before = load.outcomes["OK"]
                if not eventually(lambda: load.outcomes["OK"] > before):
                    raise AssertionError("calls stopped")
                say(f"round {each + 1} of {rounds}: {dict(load.outcomes)}")
        finally:
            load.stop()
    finally:
        for server in servers:
            server.kill()
    return load


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--callers", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        load = restart_in_turn(stub_maker.generate(Path(folder)), options.rounds, options.callers)
    failed = sum(count for code, count in load.outcomes.items() if code != "OK")
    print(f"{load.outcomes['OK']} calls answered, {failed} failed {load.failures[:3]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
