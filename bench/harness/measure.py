"""One server under one load: starting it on its core, making the load on the other, reading what it cost."""

import json
import os
import re
import resource
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from figures import Run
from peers import Peer
from workloads import Workload

SERVER_CORE, GENERATOR_CORE = 0, 1
# Ahead of what else runs on these cores, where that is allowed.
FIRST = ["nice", "-n", "-10"] if os.geteuid() == 0 else []
START_S = 30  # until a server listens


@dataclass(frozen=True)
class Durations:
    warm_up_s: float = 0.2
    measured_s: float = 0.7
    settle_s: float = 0.5


class Server:
    """A server's process, pinned to its core; a context manager."""

    def __init__(self, peer: Peer, command: list[str], certificates: Path):
        self.peer = peer
        arguments = ["--port", "0"]
        if not peer.raw:
            arguments += ["--tls-port", "0", "--cert", str(certificates / "cert.pem"), "--key", str(certificates / "key.pem")]
        self._output = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [*FIRST, "taskset", "-c", str(SERVER_CORE), *command, *arguments], env={**os.environ, **peer.environment},
            stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT,
        )
        self.ports = self._wait_for_ports(1 if peer.raw else 2)

    def _wait_for_ports(self, count: int) -> list[int]:
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            ports = re.findall(r"listening on \S+:(\d+)\n", self.log())
            if len(ports) == count:
                return [int(port) for port in ports]
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        self.stop()
        raise RuntimeError(f"{self.peer.name} does not listen: {self.log()[-500:]}")

    def log(self) -> str:
        self._output.seek(0)
        return self._output.read()

    def port(self, tls: bool) -> int:
        return self.ports[1 if tls else 0]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def pinned(core: int, command: list[str], timeout_s: float) -> str:
    done = subprocess.run([*FIRST, "taskset", "-c", str(core), *command], capture_output=True, text=True, timeout=timeout_s)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name}: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


class CoreSpeed:
    """How fast a core is, by bench-calibrate. The reading behind one run is the one before the next."""

    FRESH_S = 0.2

    def __init__(self, build: Path, core: int):
        self._command = [str(build / "bench-calibrate")]
        self._core = core
        self._ns = self._read_at = 0.0

    def before_ns(self) -> float:
        return self._ns if time.monotonic() - self._read_at < self.FRESH_S else self.after_ns()

    def after_ns(self) -> float:
        self._ns = float(pinned(self._core, self._command, 30))
        self._read_at = time.monotonic()
        return self._ns


def cpu_ns(process: subprocess.Popen) -> int:
    """Of all its threads. A process's clock has a number made of its pid (clock_getcpuclockid(3))."""
    return time.clock_gettime_ns((~process.pid << 3) | 2)


def busy_ns() -> int:
    """CPU time that both cores have spent on anything, from /proc/stat."""
    total = 0
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name in (f"cpu{SERVER_CORE}", f"cpu{GENERATOR_CORE}"):
            user, nice, system, _idle, _iowait, irq, softirq, steal = (int(tick) for tick in ticks[:8])
            total += user + nice + system + irq + softirq + steal
    return total * (10**9 // os.sysconf("SC_CLK_TCK"))


def spent_ns(server: Server) -> int:
    """By the server and by the generators so far."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = int((children.ru_utime + children.ru_stime) * 1e9)
    return cpu_ns(server.process) + own


def load(build: Path, server: Server, workload: Workload, durations: Durations) -> dict:
    """What the generator printed of it. RuntimeError when it could not, subprocess.TimeoutExpired when it hung."""
    command = [
        str(build / "bench-generator"), "--port", str(server.port(workload.tls)), "--pid", str(server.process.pid),
        *(["--raw"] if server.peer.raw else []), *workload.load.split(), "--warm-up", str(durations.warm_up_s),
        "--duration", str(durations.measured_s), "--settle", str(durations.settle_s),
    ]
    return json.loads(pinned(GENERATOR_CORE, command, 120))


def client_run(build: Path, server: Server, peer: Peer, workload: Workload, durations: Durations, speed: CoreSpeed) -> Run:
    """What the peer's client costs a call, on the core that loads come from."""
    command = [*FIRST, "taskset", "-c", str(GENERATOR_CORE), *peer.client(build), "--port", str(server.port(False)), *workload.load.split()]
    command += ["--warm-up", str(durations.warm_up_s), "--duration", str(durations.measured_s)]
    before_ns = speed.before_ns()
    with subprocess.Popen(command, env={**os.environ, **peer.environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as client:
        watchdog = threading.Timer(60, client.kill)
        watchdog.start()
        began = client.stdout.readline()
        cpu, clock = -cpu_ns(client), -time.monotonic()
        ended = client.stdout.readline().split()
        if ended:
            cpu, clock = cpu + cpu_ns(client), clock + time.monotonic()
        watchdog.cancel()
        problem = client.communicate()[1]
    if began != "begin\n" or len(ended) != 3:
        return failed(problem.strip()[-300:] or "the client did not do its part")
    answers, errors = int(ended[1]), int(ended[2])
    if errors or not answers:
        return failed(f"{errors} calls failed, {answers} were answered")
    return Run(unit_cost=cpu / 1000 / answers, core_ns=(before_ns + speed.after_ns()) / 2, rate=answers / clock)


def failed(problem: str, overloaded: bool = False) -> Run:
    return Run(unit_cost=0, core_ns=1, rate=0, problem=problem, overloaded=overloaded)


def one_run(build: Path, server: Server, workload: Workload, durations: Durations, speed: CoreSpeed) -> Run:
    if server.process.poll() is not None:
        return failed(f"the server ended with {server.process.returncode}")
    before_ns = speed.before_ns()
    began, busy, spent = time.monotonic(), busy_ns(), spent_ns(server)
    try:
        result = load(build, server, workload, durations)
    except (RuntimeError, subprocess.TimeoutExpired) as problem:
        return failed(str(problem))
    elapsed_ns = (time.monotonic() - began) * 1e9
    foreign = max(0.0, (busy_ns() - busy - (spent_ns(server) - spent)) / elapsed_ns)
    return run_of(workload, result, (before_ns + speed.after_ns()) / 2, foreign)


def run_of(workload: Workload, result: dict, core_ns: float, foreign: float) -> Run:
    """From what the generator printed."""
    units = result["messages"] if workload.unit == "token" else result["answers"]
    problem = ", ".join(f"{count} × {what}" for what, count in result["errors"].items())
    if not problem and not units:
        problem = "nothing was answered"
    if problem:
        return failed(problem)
    if result["missed"]:
        return failed(f"overloaded: {result['missed']} calls could not be sent in time", overloaded=True)
    seconds = result["seconds"]
    return Run(
        unit_cost=result[workload.memory] if workload.memory else result["server_cpu_ns"] / 1000 / units,
        core_ns=core_ns, rate=units / seconds, foreign=foreign,
        p50_us=result["p50_us"], p99_us=result["p99_us"], p999_us=result["p999_us"],
        full_handshakes=1 - result["resumed"] / units if workload.resumes else 0,
        generator_load=result["generator_cpu_ns"] / 1e9 / seconds, server_load=result["server_cpu_ns"] / 1e9 / seconds,
    )
