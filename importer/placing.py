"""How a version appears in a repository: whole or not at all. Standard library only."""

import argparse
import pathlib
import re
import shutil
import tempfile

from importer.made import Made
from importer.problem import Problem


def _name(given: argparse.Namespace) -> str:
    name = given.name or given.source.resolve().stem
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise Problem(f"'{name}' cannot be the name of a model: letters, digits, '_', '-' and '.'; choose one with --name")
    return name


def _version(model: pathlib.Path, wanted: int | None) -> int:
    taken = {int(entry.name) for entry in model.glob("*") if re.fullmatch(r"[1-9][0-9]*", entry.name)}
    if wanted is None:
        return max(taken, default=0) + 1
    if wanted < 1:
        raise Problem("a version is a positive whole number")
    if wanted in taken:
        raise Problem(f"{model.name} has a version {wanted} already; without --version the next is taken")
    return wanted


def _without_comments(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def _put(made: Made, folder: pathlib.Path, model: pathlib.Path, version: int) -> None:
    """Whole or not at all: the version appears by one rename."""
    settings = model / "model.yaml"
    if not settings.exists():
        settings.write_text(made.model_yaml)
    elif _without_comments(settings.read_text()) != made.model_yaml:
        made.notes.append(f"{settings} was there and is kept; what this version asks for: {made.model_yaml!r}")
    folder.rename(model / str(version))


def place(given: argparse.Namespace, read, check) -> None:
    """`read(folder)` fills a folder and says what it is; `check(folder)` raises when it cannot be served."""
    model = given.repository / _name(given)
    version = _version(model, given.version)
    model.mkdir(parents=True, exist_ok=True)
    partial = pathlib.Path(tempfile.mkdtemp(prefix=".import-", dir=model))
    partial.chmod(0o755)
    try:
        made = read(partial)
        check(partial)
        _put(made, partial, model, version)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if not any(model.iterdir()):
            model.rmdir()
    size = sum(file.stat().st_size for file in (model / str(version)).rglob("*") if file.is_file())
    print(f"{model / str(version)}: {made.what}, {size / 1e6:.1f} MB")
    for note in made.notes:
        print(f"note: {note}")
