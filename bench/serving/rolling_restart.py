"""Two servers restarted in turn, again and again, under load that clients balance between them: how many calls fail.

    ./run bench rolling-restart [--rounds 5] [--callers 16]

Clients are grpcio with round_robin and client-side health checks, and no retry policy. Each server is sent SIGTERM, drains,
ends, and is started anew on its port; the other one is restarted when the first is ready again.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import grpc

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from callers import Callers  # noqa: E402
from support import stubs as stub_maker  # noqa: E402
from support.process import eventually  # noqa: E402
from support.repositories import serve  # noqa: E402

SERVICE = "inference.InferenceService"
BALANCED = json.dumps({"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": SERVICE}})


def balanced_channel(addresses: list[str]) -> grpc.Channel:
    options = [("grpc.service_config", BALANCED), ("grpc.max_reconnect_backoff_ms", 500)]
    return grpc.insecure_channel("ipv4:" + ",".join(addresses), options=options)


def restart_in_turn(stubs, rounds: int, callers: int, say=print) -> Callers:
    """What came of all calls while each of two servers was restarted `rounds` times."""
    servers = [serve(), serve()]
    try:
        channel = balanced_channel([server.address for server in servers])
        load = Callers(channel, stubs, callers, pause_s=0.002, wait_for_ready=True)
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
            channel.close()
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
    print(f"{load.outcomes['OK']} calls answered, {load.failed} failed {load.failures[:3]}")
    return 1 if load.failed else 0


if __name__ == "__main__":
    sys.exit(main())
