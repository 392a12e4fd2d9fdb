"""The servers of the comparison: what makes them, what starts them, and why one is not there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "bench" / "peers"
PROTO = ROOT / "proto"


class Absent(Exception):
    """A peer that cannot be built or run here, and why."""


@dataclass(frozen=True)
class Peer:
    name: str
    # Builds what the CMake build does not and returns the command, to which --port and so on are added.
    prepare: Callable[[Path], list[str]]
    environment: dict[str, str] = field(default_factory=dict)
    raw: bool = False  # speaks raw_protocol.h, and no TLS
    # The command of its client, once it is prepared.
    client: Callable[[Path], list[str]] | None = None


def built(program: str, *arguments: str) -> Callable[[Path], list[str]]:
    def prepare(build: Path) -> list[str]:
        if not (build / program).exists():
            raise Absent(f"{build / program} is not built")
        return [str(build / program), *arguments]

    return prepare


def run(arguments: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(arguments, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        raise Absent(f"`{' '.join(arguments[:3])} …` failed: {(done.stderr or done.stdout).strip()[-800:]}")


def needs(program: str) -> None:
    if shutil.which(program) is None:
        raise Absent(f"there is no {program}")


def copied(language: str, build: Path) -> Path:
    """The sources, where building them may leave what it likes. Files that did not change keep their time."""
    folder = build.parent / "peers" / language
    for source in (SOURCES / language).rglob("*"):
        target = folder / source.relative_to(SOURCES / language)
        if source.is_file() and not (target.exists() and target.read_bytes() == source.read_bytes()):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return folder


def at_least(version: str, wanted: str) -> bool:
    """Of dotted numbers."""
    return [int(part) for part in version.split(".")] >= [int(part) for part in wanted.split(".")]


def grpc_go(build: Path) -> list[str]:
    needs("go")
    wanted = re.search(r"^go ([\d.]+)", (SOURCES / "go" / "go.mod").read_text(), re.MULTILINE)[1]
    version = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, env={**os.environ, "GOTOOLCHAIN": "local"}).stdout
    if not at_least(re.search(r"[\d.]*\d", version)[0], wanted):
        raise Absent(f"it needs Go {wanted}, this is {version.strip()}")
    folder = copied("go", build)
    environment = {
        "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOBIN": str(folder / "bin"),
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
    }
    generators = re.findall(r'_ "(.*)"', (SOURCES / "go" / "tools.go").read_text())
    run(["go", "install", *generators], folder, environment)
    package = "Mparlance/inference.proto=parlance/bench/pb"
    made = [f"--{kind}_{what}" for kind in ("go", "go-grpc") for what in ("out=.", f"opt=module=parlance/bench,{package}")]
    run(["protoc", f"--proto_path={PROTO}", *made, "parlance/inference.proto"], folder, environment)
    run(["go", "build", "-o", "grpc-go-bench-server", "."], folder, environment)
    return go_command(build)


def go_command(build: Path, *arguments: str) -> list[str]:
    return [str(build.parent / "peers" / "go" / "grpc-go-bench-server"), *arguments]


def tonic(build: Path) -> list[str]:
    needs("cargo")
    folder = copied("rust", build)
    run(["cargo", "build", "--quiet", "--release"], folder, {"PROTO_FOLDER": str(PROTO)})
    return tonic_command(build)


def tonic_command(build: Path, *arguments: str) -> list[str]:
    return [str(build.parent / "peers" / "rust" / "target" / "release" / "tonic-bench-server"), *arguments]


def grpcio(build: Path) -> list[str]:
    """Runs on the Python that runs this."""
    folder = python_stubs(build)
    folder.mkdir(parents=True, exist_ok=True)
    out = [f"--python_out={folder}", f"--grpc_python_out={folder}"]
    run([sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={PROTO}", *out, "parlance/inference.proto"], folder, {})
    return ["env", f"PYTHONPATH={folder}", sys.executable, str(SOURCES / "python" / "server.py")]


def python_stubs(build: Path) -> Path:
    return build.parent / "peers" / "python"


PEERS = [
    Peer("bare socket", built("raw-bench-server"), raw=True),
    Peer("nghttp2", built("nghttp2-bench-server")),
    Peer("parlance", built("parlance-bench-server"), client=built("parlance-bench-client")),
    Peer("parlance views", built("parlance-bench-server", "--views")),
    Peer("grpc++", built("grpcpp-bench-server"), client=built("grpcpp-bench-client")),
    # More memory for less garbage collection.
    Peer("grpc-go", grpc_go, environment={"GOGC": "400"}, client=lambda build: go_command(build, "--client")),
    Peer("tonic", tonic, client=lambda build: tonic_command(build, "--client")),
    Peer("grpcio", grpcio),
]
# Whom clients call.
CALLED = "nghttp2"
BY_NAME = {peer.name: peer for peer in PEERS}


def chosen(names: str) -> list[Peer]:
    """The peers of a list of names with commas between them, or all. ValueError for a name that is none."""
    wanted = list(BY_NAME) if names == "all" else [name for name in names.split(",") if name]
    unknown = [name for name in wanted if name not in BY_NAME]
    if unknown or not wanted:
        raise ValueError(f"no such peer: {', '.join(unknown) or repr(names)}; there are {', '.join(BY_NAME)}")
    return [BY_NAME[name] for name in wanted]
