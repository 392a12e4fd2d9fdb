"""A Python environment that is made for a purpose: whole or not at all, and by one process at a time. Standard library
only, for any Python."""

import fcntl
import pathlib
import shutil
import subprocess
import sys

from importer.problem import Problem


class PythonEnvironment:
    """`wanted` says what it is made of: another text, and it is made anew. `who` begins what is told of it."""

    def __init__(self, place: pathlib.Path, wanted: str, who: str) -> None:
        self.place = place
        self.wanted = wanted
        self.who = who

    def python(self) -> pathlib.Path:
        return self.place / "bin" / "python"

    def is_ready(self) -> bool:
        stamp = self.place / "stamp"
        return stamp.is_file() and stamp.read_text() == self.wanted and self.python().exists()

    def make(self, fill) -> None:
        """Unless it is ready. `fill` installs what it is made for; the stamp comes last. A second one waits."""
        self.place.parent.mkdir(parents=True, exist_ok=True)
        with open(self.place.with_name(self.place.name + ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.is_ready():
                return
            shutil.rmtree(self.place, ignore_errors=True)
            self.run(f"making a Python environment in {self.place}", sys.executable, "-m", "venv", str(self.place))
            fill()
            (self.place / "stamp").write_text(self.wanted)

    def install(self, what: str, *arguments: str) -> None:
        pip = [str(self.python()), "-m", "pip", "install", "--disable-pip-version-check"]
        self.run(what, *pip, *arguments)

    def run(self, what: str, *command: str) -> None:
        print(f"{self.who}: {what} …", file=sys.stderr, flush=True)
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            said = (result.stderr or result.stdout).strip().splitlines() or ["no reason given"]
            raise Problem(f"{what} failed: {said[-1]}")
