"""The environment for a model's requirements.txt: in the user's cache, one for each content of such a file, so that versions
with the same requirements share it. Nothing is installed unless it is asked for."""

import hashlib
import os
import pathlib
import shlex
import sys

from importer.problem import Problem
from importer.python_environment import PythonEnvironment

ALWAYS = "numpy"  # what tensors are given as, whether the file names it or not
HERE = pathlib.Path(__file__).resolve().parent


def environment_for(requirements: pathlib.Path) -> PythonEnvironment:
    said = f"{sys.version_info[:2]}\n{ALWAYS}\n{requirements.read_text()}"
    key = hashlib.sha256(said.encode()).hexdigest()
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return PythonEnvironment(pathlib.Path(cache) / "parlance" / "python-models" / key[:16], said, "python model")


def main(requirements: pathlib.Path, install: bool) -> int:
    """Prints its interpreter. 1, and the last line says why: there is none yet, or it cannot be made."""
    try:
        made = environment_for(requirements)
        if install:
            made.make(lambda: made.install(f"installing {requirements}", ALWAYS, "-r", str(requirements)))
        if not made.is_ready():
            command = shlex.join([sys.executable, str(HERE), "environment", str(requirements), "--install"])
            raise Problem(
                'the packages of requirements.txt are not installed: run "' + command + '", or say '
                '"python: {install: true}" in model.yaml'
            )
    except (Problem, OSError) as problem:
        print(problem)
        return 1
    print(made.python())
    return 0
