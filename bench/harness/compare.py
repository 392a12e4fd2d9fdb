"""`./run bench`: our server beside others on the same work, interleaved; tables, and an SVG in build/reports.

Servers run on one core, the load on another. Each run is calibrated on the server's core, because shared machines change
speed under a measurement: "scaled" costs are what the fastest core of the workload would have needed, and ratios are of
those. docs/benchmarks.md says how to read the figures.
"""

import argparse
import dataclasses
import datetime
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import measure
import peers
import report
import workloads
from figures import Run, rows
from plot import svg

REPORTS = peers.ROOT / "build" / "reports"


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--workloads", type=of(workloads.chosen), default=workloads.chosen(",".join(workloads.SHORT)), metavar="NAMES",
        help=f"with commas between them, or all: {', '.join(workloads.BY_NAME)}; default: those of a few minutes",
    )
    parser.add_argument(
        "--peers", type=of(peers.chosen), default=peers.PEERS, metavar="NAMES",
        help=f"with commas between them, or all: {', '.join(peers.BY_NAME)}; default: all that can be built here",
    )
    parser.add_argument("--runs", type=positive(int), default=3, help="of each server in each workload (3)")
    parser.add_argument("--duration", type=positive(float), default=0.7, help="seconds of each run (0.7)")
    parser.add_argument("--warm-up", type=positive(float), default=0.2, help="seconds before it (0.2)")
    parser.add_argument("--settle", type=positive(float), default=0.5, help="seconds before an idle server's memory is read (0.5)")
    parser.add_argument("--build", type=Path, default=peers.ROOT / "build" / "release", help="where the programs are")
    parser.add_argument("--reports", type=Path, default=REPORTS, help="where bench.svg, bench.md and bench.json go")
    return parser.parse_args(arguments)


def of(choose):
    """What argparse wants: its own exception, with the words of ours."""

    def convert(text: str):
        try:
            return choose(text)
        except ValueError as problem:
            raise argparse.ArgumentTypeError(str(problem)) from None

    return convert


def positive(kind):
    def convert(text: str):
        number = kind(text)
        if number <= 0:
            raise ValueError
        return number

    convert.__name__ = f"positive {kind.__name__}"
    return convert


def make_certificate(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True, capture_output=True,
    )


def prepared(chosen: list[peers.Peer], build: Path) -> dict[str, list[str]]:
    """The commands of those that can be built here; says of the others why not."""
    commands = {}
    for peer in chosen:
        try:
            commands[peer.name] = peer.prepare(build)
        except peers.Absent as why:
            print(f"without {peer.name}: {why}", file=sys.stderr, flush=True)
    return commands


class Comparison:
    def __init__(self, options: argparse.Namespace, commands: dict[str, list[str]], certificates: Path):
        self.options = options
        self.commands = commands
        self.certificates = certificates
        self.durations = measure.Durations(options.warm_up, options.duration, options.settle)
        self.server_speed = measure.CoreSpeed(options.build, measure.SERVER_CORE)
        self.client_speed = measure.CoreSpeed(options.build, measure.GENERATOR_CORE)

    def start(self, name: str) -> measure.Server:
        peer = peers.BY_NAME[name]
        return measure.Server(peer, self.commands.get(name) or peer.prepare(self.options.build), self.certificates)

    def names(self, workload: workloads.Workload) -> list[str]:
        if workload.client:
            return [name for name in self.commands if peers.BY_NAME[name].client]
        return [name for name in self.commands if workload.raw or not peers.BY_NAME[name].raw]

    def run(self, workload: workloads.Workload, running: dict[str, measure.Server]) -> dict[str, list[Run]]:
        """Servers take turns, so that a slow minute of the machine meets all of them."""
        found = {name: [] for name in self.names(workload)}
        for number in range(self.options.runs):
            for name in list(found) if number % 2 == 0 else list(reversed(found)):
                found[name].append(self.one_run(workload, name, running))
        return found

    def one_run(self, workload: workloads.Workload, name: str, running: dict[str, measure.Server]) -> Run:
        build = self.options.build
        if workload.client:
            called = running[peers.CALLED]
            return measure.client_run(build, called, peers.BY_NAME[name], workload, self.durations, self.client_speed)
        if not workload.memory:
            return measure.one_run(build, running[name], workload, self.durations, self.server_speed)
        with self.start(name) as fresh:
            measure.load(build, fresh, WARM, self.durations)
            return measure.one_run(build, fresh, workload, self.durations, self.server_speed)


WARM = workloads.Workload("warm", "what a server takes once, whatever its load", workloads.PREDICT)


def machine() -> str:
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "?")
    return f"{os.cpu_count()} cores, {model}, Linux {os.uname().release}"


def counted(build: Path) -> str:
    """What our calls take from the heap and copy, by the counters of tests/allocations."""
    program = build / "parlance-allocations"
    return subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout if program.exists() else ""


def write_reports(folder: Path, caption: str, results: dict[str, dict[str, list[Run]]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tables, panels = [], []
    for name, runs in results.items():
        workload = workloads.BY_NAME[name]
        found, failed = rows(runs, scales=not workload.memory)
        tables.append(report.markdown(workload, found, failed))
        panels.append((workload, found))
    (folder / "bench.md").write_text(f"{caption}\n\n" + "\n".join(tables))
    (folder / "bench.svg").write_text(svg(panels, caption))
    as_json = {name: {peer: [dataclasses.asdict(run) for run in list_of_runs] for peer, list_of_runs in runs.items()} for name, runs in results.items()}
    (folder / "bench.json").write_text(json.dumps({"caption": caption, "results": as_json}, indent=1))


def compare(options: argparse.Namespace) -> dict[str, dict[str, list[Run]]]:
    commands = prepared(options.peers, options.build)
    caption = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC, {machine()}, load average {os.getloadavg()[0]:.1f}, {options.runs} runs of {options.duration} s"
    print(caption, flush=True)
    results = {}
    with ExitStack() as stack:
        certificates = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parlance-bench-")))
        make_certificate(certificates)
        comparison = Comparison(options, commands, certificates)
        called = [peers.CALLED] if any(workload.client for workload in options.workloads) else []
        running = {name: stack.enter_context(comparison.start(name)) for name in {**commands, **dict.fromkeys(called)}}
        for workload in options.workloads:
            results[workload.name] = comparison.run(workload, running)
            print(report.terminal(workload, *rows(results[workload.name], scales=not workload.memory)), flush=True)
            write_reports(options.reports, caption, results)
    return results


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    if len(os.sched_getaffinity(0)) < 2:
        print("needs two cores: one for the servers, one for the load", file=sys.stderr)
        return 1
    results = compare(options)
    if any(peer.name == report.OURS for peer in options.peers) and (counts := counted(options.build)):
        print(f"\nmemory of {report.OURS}'s calls\n{counts}", end="")
    print(f"\n{options.reports / 'bench.svg'}, bench.md and bench.json")
    wrong = [run for runs in results.values() for of_peer in runs.values() for run in of_peer if run.problem and not run.overloaded]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
