"""The Python that imports run in: made on first use, apart from every other. Standard library only, for any Python.

In the source tree it is .deps/python-import and shares the engine that the server links; elsewhere it is in the user's
cache, with an engine of its own. PARLANCE_IMPORT_ENVIRONMENT names another folder."""

import hashlib
import os
import pathlib
import sys
import sysconfig

from importer.python_environment import PythonEnvironment

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


def environment(place: pathlib.Path) -> PythonEnvironment:
    return PythonEnvironment(place, _wanted(), "import")


def make(place: pathlib.Path) -> None:
    """Unless it is ready."""
    made = environment(place)
    made.make(lambda: _fill(made))


def _fill(made: PythonEnvironment) -> None:
    made.install("installing its packages (about 280 MB)", "--no-deps", "-r", str(REQUIREMENTS))
    if engine := _tree_engine():
        # Named, since Debian's own Python has another scheme by default than the environments it makes.
        site = sysconfig.get_path("purelib", "posix_prefix", vars={"base": str(made.place)})
        pathlib.Path(site, "engine.pth").write_text(f"{engine}\n")
    else:
        made.install("installing the engine (about 185 MB)", "--no-deps", "-r", str(ENGINE_REQUIREMENTS))


def enter(arguments: list[str]) -> None:
    """Returns inside the environment; outside it, makes that if need be and starts this program anew there."""
    place = folder()
    make(place)
    if pathlib.Path(sys.prefix).resolve() != place.resolve():
        python = str(environment(place).python())
        os.execv(python, [python, *arguments])
