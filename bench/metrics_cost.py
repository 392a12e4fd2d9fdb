"""What the metrics of `parlance serve` cost: server CPU a call with the admin address and with `--admin off`, two servers of one
binary asked in turn by `parlance bench`.

    python3 bench/metrics_cost.py [--rounds 7] [--calls 60000]
"""

import argparse
import json
import os
import re
import statistics
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = Path(os.environ.get("PARLANCE_BUILD") or ROOT / "build" / "release") / "parlance"
CALLS = {
    "digits Predict": ["inference.InferenceService/Predict", f"@{ROOT / 'examples' / 'quickstart' / 'digit.json'}"],
    "health Check": ["grpc.health.v1.Health/Check", '{"service": ""}'],
}


class Server:
    def __init__(self, admin: str):
        flags = ["--listen", "127.0.0.1:0", "--admin", admin, "--threads", "1", "--access-log", "off"]
        repository = str(ROOT / "models" / "repository")
        self.process = subprocess.Popen(
            [PROGRAM, "serve", repository, *flags], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for line in self.process.stdout:
            if found := re.search(r"listening +address=(\S+)", line):
                self.address = found.group(1)
            if re.search(r"\bready\b", line):
                break

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def cost_us(self, call: list[str], calls: int) -> float:
        before = self.cpu_seconds()
        command = [PROGRAM, "bench", self.address, *call, "--connections", "2", "--streams", "16", "-n", str(calls), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
        return (self.cpu_seconds() - before) / json.loads(done.stdout)["steps"][0]["calls"] * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=60_000, help="of Predict, each round; ten times as many of Check")
    options = parser.parse_args()
    servers = {"off": Server("off"), "on": Server("127.0.0.1:0")}
    try:
        for name, call in CALLS.items():
            calls = options.calls * (10 if name == "health Check" else 1)
            costs: dict[str, list[float]] = {"off": [], "on": []}
            for turn in range(options.rounds):
                for which in sorted(servers, reverse=turn % 2 == 1):
                    costs[which].append(servers[which].cost_us(call, calls))
            for which, values in costs.items():
                print(f"{name:15} {which:3} {statistics.median(values):7.3f} us  of {sorted(round(v, 2) for v in values)}")
    finally:
        for server in servers.values():
            server.process.kill()


if __name__ == "__main__":
    main()
