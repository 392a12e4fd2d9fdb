"""TorchServe's .mar archives: versions that run the archive's own handler in a Python worker. Standard library only.

What an archive holds: a zip with MAR-INF/MANIFEST.json and, beside it, the handler and its files."""

import argparse
import ast
import hashlib
import json
import lzma
import pathlib
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Container

from importer import placing, simple_yaml
from importer.made import Made
from importer.problem import Problem

MOST_BYTES = 8 << 30  # unpacked; what a disk of a server may be expected to bear
MOST_FILES = 10_000
MOST_TEXT_BYTES = 1 << 20  # of the manifest and of model-config.yaml
MANIFEST = "MAR-INF/MANIFEST.json"
FILES = "archive"  # the folder of the version with the archive's files; the version's own model.py stands above it
DIGEST = "archive.sha256"  # beside it: of the whole archive
UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, OSError)  # what zipfile and the disk say

MODEL_PY = '''\
"""Made by `parlance import`: runs the TorchServe handler of the archive beside it."""

from pyworker.torchserve_model import TorchServeModel


class Model(TorchServeModel):
    pass
'''


def run(given: argparse.Namespace) -> None:
    try:
        with open(given.source, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            with zipfile.ZipFile(file) as archive:
                _import(given, archive, digest)
    except zipfile.BadZipFile:
        raise Problem(f"{given.source.name} is no .mar archive: it is not a zip file") from None
    except OSError as error:
        raise Problem(f"{given.source.name} cannot be imported: {error}") from None


def _import(given: argparse.Namespace, archive: zipfile.ZipFile, digest: str) -> None:
    manifest = _manifest(archive)
    given.name = given.name or manifest["model"].get("modelName")
    model = placing.model_folder(given)
    _check_kind(model)
    if given.registering and (version := _version_from(model, digest)):
        return _report(model, version, False, [])
    given.version = given.version or _own_version(manifest, placing.versions(model))
    placed = placing.place(given, lambda folder: _read(archive, manifest, digest, folder), lambda folder: None)
    if given.registering:
        return _report(model, placed.version, True, placed.made.notes)
    placing.tell(placed)


def _report(model: pathlib.Path, version: int, is_new: bool, notes: list[str]) -> None:
    """What the server reads: src/app/archive_importer.cpp."""
    print(json.dumps({"model": model.name, "version": version, "new": is_new, "notes": notes}))


def _check_kind(model: pathlib.Path) -> None:
    """A model has one kind of versions: one that is no Python model keeps what it has."""
    settings = model / "model.yaml"
    named = re.search(r"""^backend:\s*["']?([\w.-]+)""", settings.read_text(), re.MULTILINE) if settings.is_file() else None
    is_other = named and named[1] != "python"
    if is_other or not all((folder / "model.py").exists() for folder in placing.versions(model).values()):
        raise Problem(f"there is a model {model.name} already that runs no Python: choose another name")


def _version_from(model: pathlib.Path, digest: str) -> int | None:
    """The version that this very archive was made into."""
    for version, folder in sorted(placing.versions(model).items(), reverse=True):
        made_from = folder / DIGEST
        if made_from.is_file() and made_from.read_text() == digest:
            return version
    return None


def _own_version(manifest: dict, taken: Container[int]) -> int | None:
    """What the archive calls itself ("2.0"), where that is a number and free."""
    number = re.fullmatch(r"([1-9][0-9]{0,17})(\.0)?", str(manifest["model"].get("modelVersion")))
    version = int(number[1]) if number else None
    return None if version in taken else version


def _manifest(archive: zipfile.ZipFile) -> dict:
    try:
        about = archive.getinfo(MANIFEST)
    except KeyError:
        raise Problem(f"the archive has no {MANIFEST}") from None
    if about.file_size > MOST_TEXT_BYTES:
        raise Problem(f"{MANIFEST} is too large")
    try:
        manifest = json.loads(archive.read(about))
    except (ValueError, RecursionError) as error:
        raise Problem(f"{MANIFEST} is no JSON: {error}") from None
    except UNREADABLE as error:
        raise Problem(f"{MANIFEST} cannot be unpacked: {error}") from None
    model = manifest.get("model") if isinstance(manifest, dict) else None
    if not isinstance(model, dict) or not model.get("handler"):
        raise Problem(f"{MANIFEST} names no model.handler")
    for key in ("modelName", "handler", "configFile", "requirementsFile"):
        if not isinstance(model.get(key) or "", str):
            raise Problem(f"{MANIFEST}: model.{key} is no text")
    return manifest


def _read(archive: zipfile.ZipFile, manifest: dict, digest: str, folder: pathlib.Path) -> Made:
    files = folder / FILES
    _unpack(archive, files)
    model = manifest["model"]
    handler = _handler_file(files, model["handler"])
    made = Made(what=f"a TorchServe handler ({model['handler']}) in a Python worker", model_yaml="")
    _look_at(handler, made)
    config = _config(files, model, made)
    made.model_yaml = _settings(config, made)
    _move_requirements(files, folder, manifest, made)
    (folder / "model.py").write_text(MODEL_PY)
    (folder / DIGEST).write_text(digest)
    (files / "MAR-INF" / "model-config.json").write_text(json.dumps(config, indent=1))
    return made


def _unpack(archive: zipfile.ZipFile, files: pathlib.Path) -> None:
    """No entry leaves the folder, is a link, or is larger than it says; all together have a limit."""
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise Problem(f"the archive has {len(entries)} files, more than {MOST_FILES}")
    left = MOST_BYTES
    for entry in entries:
        place = pathlib.PurePosixPath(entry.filename)
        if place.is_absolute() or ".." in place.parts or "\\" in entry.filename or "\0" in entry.filename:
            raise Problem(f"the archive has a file outside of itself: {entry.filename!r}")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise Problem(f"the archive has a link: {entry.filename!r}")
        if entry.is_dir():
            continue
        left -= entry.file_size
        if left < 0:
            raise Problem(f"the archive unpacks to more than {MOST_BYTES >> 30} GiB")
        target = files.joinpath(*place.parts)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as source, open(target, "xb") as out:
                shutil.copyfileobj(source, out, 1 << 20)  # zipfile gives no more than file_size, and checks the sum
        except UNREADABLE as error:
            raise Problem(f"{entry.filename} cannot be unpacked: {error}") from None


def _handler_file(files: pathlib.Path, handler: str) -> pathlib.Path:
    name = handler.partition(":")[0]
    file = files / (name if name.endswith(".py") else name + ".py")
    if file.is_file() and file.resolve().is_relative_to(files.resolve()):
        return file
    raise Problem(
        f"the handler {handler!r} is not in the archive: handlers that TorchServe brings along (image_classifier and the like) "
        "are not run here, only an archive's own code"
    )


def _look_at(handler: pathlib.Path, made: Made) -> None:
    """What its imports say of what it needs."""
    try:
        tree = ast.parse(handler.read_bytes(), handler.name)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Problem(f"the handler cannot be read: {error}") from None
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            modules.add(node.module)
    ours = sorted(module for module in modules if module.partition(".")[0] == "ts")
    if ours:
        raise Problem(
            f"{handler.name} imports {', '.join(ours)}, TorchServe's own code, which is not here; handlers that need only their "
            "own code are run: give the class initialize, preprocess, inference and postprocess (or handle) of its own"
        )
    if any(module.partition(".")[0] == "torch" for module in modules):
        made.notes.append('it imports torch: name a Python that has it in model.yaml, as "python: {interpreter: …}"')


def _config(files: pathlib.Path, model: dict, made: Made) -> dict:
    name = model.get("configFile")
    if not name:
        return {}
    file = files / pathlib.PurePosixPath(name).name
    if not file.is_file():
        made.notes.append(f"the manifest names {name}, which is not in the archive")
        return {}
    if file.stat().st_size > MOST_TEXT_BYTES:
        raise Problem(f"{file.name} is too large")
    try:
        return simple_yaml.read(file.read_text("utf-8"), file.name)
    except UnicodeDecodeError as error:
        raise Problem(f"{file.name} is no UTF-8: {error}") from None
    except RecursionError:
        raise Problem(f"{file.name} is nested too deeply") from None


# What of model-config.yaml becomes what, below; these say nothing to a process on one machine without torchrun.
LEFT_OUT = ("parallelType", "parallelLevel", "deviceType", "deviceIds", "torchrun", "useJobTicket", "continuousBatching",
            "sequenceBatching", "maxSequenceJobQueueSize", "useVenv", "asyncCommunication")  # fmt: skip


def _number(config: dict, key: str, least: int, usual: int) -> int:
    value = config.get(key, usual)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise Problem(f"model-config.yaml: {key} must be a whole number of at least {least}, is {value!r}")
    return value


def _settings(config: dict, made: Made) -> str:
    lines = [
        "backend: python",
        "inputs: [{name: data, type: BYTES, shape: [-1]}]",
        "outputs: [{name: prediction, type: BYTES, shape: [-1]}]",
        f"instances: {max(_number(config, 'minWorkers', 0, 1), 1)}",
        f"python: {{timeout: {_number(config, 'responseTimeout', 1, 120)}s, "
        f"load_timeout: {_number(config, 'startupTimeout', 1, 120)}s}}",
    ]
    batch = _number(config, "batchSize", 1, 1)
    if batch > 1:
        lines.append(f"batching: {{max_batch: {batch}, max_delay_ms: {_number(config, 'maxBatchDelay', 0, 100)}}}")
    if config.get("maxWorkers", config.get("minWorkers", 1)) != config.get("minWorkers", 1):
        made.notes.append("maxWorkers is not followed: workers are not added by themselves; scale them by hand")
    left_out = [key for key in LEFT_OUT if key in config]
    if left_out:
        made.notes.append(f"of model-config.yaml these are not done: {', '.join(left_out)}")
    return "\n".join(lines) + "\n"


def _move_requirements(files: pathlib.Path, folder: pathlib.Path, manifest: dict, made: Made) -> None:
    name = manifest["model"].get("requirementsFile")
    if name and (file := files / pathlib.PurePosixPath(name).name).is_file():
        shutil.copy(file, folder / "requirements.txt")
        made.notes.append('its requirements.txt is installed when model.yaml says "python: {install: true}"')
