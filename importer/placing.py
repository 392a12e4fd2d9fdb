"""How a version appears in a repository: whole or not at all. Standard library only."""

import argparse
import dataclasses
import errno
import pathlib
import re
import shutil
import tempfile

from importer.made import Made
from importer.problem import Problem


@dataclasses.dataclass
class Placed:
    model: pathlib.Path
    version: int
    made: Made

    @property
    def folder(self) -> pathlib.Path:
        return self.model / str(self.version)


def model_folder(given: argparse.Namespace) -> pathlib.Path:
    name = given.name or given.source.resolve().stem
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise Problem(f"'{name}' cannot be the name of a model: letters, digits, '_', '-' and '.'; choose one with --name")
    return given.repository / name


def versions(model: pathlib.Path) -> dict[int, pathlib.Path]:
    """Where each version is: of "007" and "7" the last, as the server has it."""
    return {int(entry.name): entry for entry in sorted(model.glob("*")) if re.fullmatch(r"0*[1-9][0-9]{0,17}", entry.name)}


def _version(model: pathlib.Path, wanted: int | None) -> int:
    taken = versions(model)
    if wanted is None:
        return max(taken, default=0) + 1
    if wanted < 1:
        raise Problem("a version is a positive whole number")
    if wanted in taken:
        raise Problem(f"{model.name} has a version {wanted} already; without --version the next is taken")
    return wanted


def _without_comments(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def _put(made: Made, folder: pathlib.Path, model: pathlib.Path, wanted: int | None) -> int:
    """Whole or not at all: the version appears by one rename, which fails when another import was quicker."""
    settings = model / "model.yaml"
    if not settings.exists():
        settings.write_text(made.model_yaml)
    elif _without_comments(settings.read_text()) != made.model_yaml:
        made.notes.append(f"{settings} was there and is kept; what this version asks for: {made.model_yaml!r}")
    while True:
        version = _version(model, wanted)
        try:
            folder.rename(model / str(version))
            return version
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise


def place(given: argparse.Namespace, read, check) -> Placed:
    """`read(folder)` fills a folder and says what it is; `check(folder)` raises when it cannot be served."""
    model = model_folder(given)
    _version(model, given.version)  # said before the work is done
    model.mkdir(parents=True, exist_ok=True)
    partial = pathlib.Path(tempfile.mkdtemp(prefix=".import-", dir=model))
    partial.chmod(0o755)
    try:
        made = read(partial)
        check(partial)
        return Placed(model, _put(made, partial, model, given.version), made)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if not any(model.iterdir()):
            model.rmdir()


def tell(placed: Placed) -> None:
    size = sum(file.stat().st_size for file in placed.folder.rglob("*") if file.is_file())
    print(f"{placed.folder}: {placed.made.what}, {size / 1e6:.1f} MB")
    for note in placed.made.notes:
        print(f"note: {note}")
