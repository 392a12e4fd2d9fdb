"""`./run bench profile WORKLOAD [PEER]`: where a server's CPU goes under a workload's load, by perf's samples of its time.

For machines without hardware counters too (`cpu-clock`). Where the kernel allows no perf at all, docs/performance.md says how
to sample with gperftools.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import compare
import measure
import peers
import workloads

SAMPLES_A_SECOND = 1999


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench profile", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", type=compare.of(workloads.chosen), help=", ".join(workloads.BY_NAME))
    parser.add_argument("peer", type=compare.of(peers.chosen), nargs="?", default=[peers.BY_NAME["parlance"]], help=", ".join(peers.BY_NAME))
    parser.add_argument("--seconds", type=compare.positive(float), default=4, help="of load that are sampled (4)")
    parser.add_argument("--callers", action="store_true", help="record call stacks, and print who calls what")
    parser.add_argument("--build", type=Path, default=peers.ROOT / "build" / "release", help="where the programs are")
    options = parser.parse_args(arguments)
    if len(options.workload) != 1 or options.workload[0].client or options.workload[0].memory:
        parser.error("one workload that loads a server")
    if len(options.peer) != 1 or (options.peer[0].raw and not options.workload[0].raw):
        parser.error("one peer that takes part in the workload")
    return options


def record(server: measure.Server, options: argparse.Namespace, data: Path) -> str:
    """What went wrong, if anything."""
    if shutil.which("perf") is None:
        return "there is no perf (Debian's linux-perf); docs/performance.md says how to sample without it"
    stacks = ["--call-graph", "dwarf,16384"] if options.callers else []
    rate = 499 if options.callers else SAMPLES_A_SECOND
    command = ["perf", "record", "-q", "-F", str(rate), "-e", "cpu-clock", *stacks, "-p", str(server.process.pid), "-o", str(data)]
    done = subprocess.run([*command, "--", "sleep", str(options.seconds)], capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def shares(data: Path, *how: str) -> str:
    command = ["perf", "report", "-i", str(data), "--stdio", "--percent-limit", "0.8", *how]
    text = subprocess.run(command, capture_output=True, text=True).stdout
    return "\n".join(line.rstrip()[:160] for line in text.splitlines() if line.strip() and not line.startswith("#"))


def profile(options: argparse.Namespace, folder: Path) -> int:
    [workload], [peer] = options.workload, options.peer
    compare.make_certificate(folder)
    warm_up_s = 0.5
    durations = measure.Durations(warm_up_s, options.seconds + 0.5)
    data = folder / "perf.data"
    with measure.Server(peer, peer.prepare(options.build), folder) as server:
        load = threading.Thread(target=measure.load, args=(options.build, server, workload, durations))
        load.start()
        time.sleep(warm_up_s)
        problem = record(server, options, data)
        load.join()
    if problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"{peer.name}, {workload.title}: share of the server's time\n")
    print(shares(data, "--no-children", "--sort", "dso", "-g", "none"), "\n", sep="\n")
    print(shares(data, *(["--children"] if options.callers else ["--no-children"]), "--sort", "symbol", "-g", "none"))
    return 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="parlance-profile-") as name:
        sys.exit(profile(parse(sys.argv[1:]), Path(name)))
