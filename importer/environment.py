"""The Python that imports run in: made on first use, apart from every other. Standard library only, for any Python.

In the source tree it is .deps/python-import and shares the engine that the server links; elsewhere it is in the user's
cache, with an engine of its own. PARLANCE_IMPORT_ENVIRONMENT names another folder."""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig

from importer.problem import Problem

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
ENGINE_REQUIREMENTS = HERE.parent / "packages" / "python-runtime.txt"
TREE = HERE.parent / ".deps"


def _tree_engine() -> pathlib.Path | None:
    engine = (TREE / "python").resolve()
    return engine if (engine / "openvino").is_dir() else None


def folder() -> pathlib.Path:
    if chosen := os.environ.get("PARLANCE_IMPORT_ENVIRONMENT"):
        return pathlib.Path(chosen)
    if TREE.is_dir():
        return TREE / "python-import"
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(cache) / "parlance" / "python-import"


def _wanted() -> str:
    said = "".join(file.read_text() for file in (REQUIREMENTS, ENGINE_REQUIREMENTS))
    return hashlib.sha256(f"{_tree_engine()}\n{said}".encode()).hexdigest()


def python(place: pathlib.Path) -> pathlib.Path:
    return place / "bin" / "python"


def is_ready(place: pathlib.Path) -> bool:
    stamp = place / "stamp"
    return stamp.is_file() and stamp.read_text() == _wanted() and python(place).exists()


def _run(what: str, *command: str) -> None:
    print(f"import: {what} …", file=sys.stderr, flush=True)
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        said = (result.stderr or result.stdout).strip().splitlines() or ["no reason given"]
        raise Problem(f"{what} failed: {said[-1]}")


def make(place: pathlib.Path) -> None:
    """Unless it is ready. Whole or not at all: the stamp comes last. A second import that wants it waits."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with open(place.with_name(place.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_ready(place):
            _make(place)


def _make(place: pathlib.Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    _run(f"making a Python environment in {place}", sys.executable, "-m", "venv", str(place))
    pip = [str(python(place)), "-m", "pip", "install", "--disable-pip-version-check", "--no-deps"]
    _run("installing its packages (about 280 MB)", *pip, "-r", str(REQUIREMENTS))
    if engine := _tree_engine():
        # Named, since Debian's own Python has another scheme by default than the environments it makes.
        site = sysconfig.get_path("purelib", "posix_prefix", vars={"base": str(place)})
        pathlib.Path(site, "engine.pth").write_text(f"{engine}\n")
    else:
        _run("installing the engine (about 185 MB)", *pip, "-r", str(ENGINE_REQUIREMENTS))
    (place / "stamp").write_text(_wanted())


def enter(arguments: list[str]) -> None:
    """Returns inside the environment; outside it, makes that if need be and starts this program anew there."""
    place = folder()
    make(place)
    if pathlib.Path(sys.prefix).resolve() != place.resolve():
        os.execv(python(place), [str(python(place)), *arguments])
