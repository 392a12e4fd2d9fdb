"""Programs of the build under test, and servers among them as processes."""

import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("PARLANCE_BUILD") or ROOT / "build" / "release")
PATIENCE_S = 60  # enough for any machine; reached only when something hangs


def program(name: str) -> Path:
    path = BUILD / name
    assert path.exists(), f"{path} is not built; ./run build makes it, PARLANCE_BUILD names another folder"
    return path


def tool(name: str) -> Path:
    path = ROOT / ".deps" / "bin" / name
    assert path.exists(), f"{path} is missing; ./run setup installs it"
    return path


def eventually(condition, patience_s: float = PATIENCE_S) -> bool:
    """Whether `condition()` becomes true."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def settled(value, pause_s: float = 0.2):
    """What `value()` gives once it has stopped changing."""
    before = value()
    for _ in range(int(PATIENCE_S / pause_s)):
        time.sleep(pause_s)
        now = value()
        if now == before:
            return now
        before = now
    raise AssertionError(f"still changing after {PATIENCE_S} s: {before}")


class ServerProcess:
    """A server that prints the address it listens on: a program of the build, or another by its path. A context
    manager: it is killed at the end if it still runs."""

    def __init__(self, name: str | Path, *arguments: str, announces: str = r"listening on (\S+)", **environment: str):
        self._output = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [name if isinstance(name, Path) else program(name), *arguments], env={**os.environ, **environment},
            stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT,
        )
        assert eventually(lambda: re.search(announces, self.log()) or not self.is_running())
        found = re.search(announces, self.log())
        if found is None:
            self.kill()
            raise AssertionError(f"{name} did not start: {self.log()}")
        self.address = found.group(1)
        self.port = int(self.address.rpartition(":")[2])

    def log(self) -> str:
        """What it wrote to stdout and stderr so far."""
        size = os.fstat(self._output.fileno()).st_size
        return os.pread(self._output.fileno(), size, 0).decode(errors="replace")

    def rss_bytes(self) -> int:
        return self._memory_bytes("VmRSS")

    def most_rss_bytes(self) -> int:
        """The most it ever had."""
        return self._memory_bytes("VmHWM")

    def _memory_bytes(self, name: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+) kB", status).group(1)) * 1024

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def is_running(self) -> bool:
        return self.process.poll() is None

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Its exit status; negative: the signal that ended it."""
        return self.process.wait(timeout=PATIENCE_S)

    def kill(self) -> None:
        if self.is_running():
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> "ServerProcess":
        return self

    def __exit__(self, error, *_) -> None:
        self.kill()
        if error is not None:
            print(self.log())  # a sanitizer's report, too
