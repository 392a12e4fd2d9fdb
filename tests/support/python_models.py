"""Repositories with Python models, and their worker processes."""

import sys
from pathlib import Path

from support.process import ServerProcess

CONFIG = """\
python: {{interpreter: "{python}", timeout: {timeout}}}
inputs: [{{name: x, type: FP32, shape: [-1, 2]}}]
outputs: [{{name: y, type: FP32, shape: [-1, 2]}}]
"""

HEAD = """\
import os, signal, sys, time
import numpy as np
class Model:
"""


def add_python(repository: Path, name: str, methods: str, *more: str, timeout: str = "30s") -> None:
    """A model from FP32 [-1, 2] to the same, of a class with these methods; `more` are lines of its model.yaml."""
    (repository / name / "1").mkdir(parents=True)
    (repository / name / "1" / "model.py").write_text(HEAD + methods)
    text = CONFIG.format(python=sys.executable, timeout=timeout)
    (repository / name / "model.yaml").write_text("\n".join([text, *more, ""]))


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue  # a thread that has just ended
    return found


def workers(server: ServerProcess) -> list[int]:
    """Processes of Python models of that server."""
    return children(server.process.pid)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
