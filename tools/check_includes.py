"""Checks every #include of src/ against the layers of the house (docs/decisions/0001-layers.md).

A folder may include only folders above it; `base`, `wire`, `http2`, `grpc` and `generation` are pure (no sockets, threads,
locks, clock reads, environment). A header that includes a heavy library is private to its folder, so that nobody pays for the
library by including a header of another part.
"""

import re
import sys
from pathlib import Path

import sources

LAYERS = [
    "base", "wire", "http2", "grpc", "net", "rpc", "interceptors", "services", "load", "edge", "generation", "models", "scheduling", "text", "dialects", "app",
]  # fmt: skip
NOT_ALLOWED = {("net", "grpc")}  # the event loop and the connection know bytes, not messages
PURE = {"base", "wire", "http2", "grpc", "generation"}

# sys/uio.h is let through: iovec is how bytes are handed to whoever writes them.
IMPURE_HEADERS = re.compile(
    r"(thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|iostream|fstream|filesystem|csignal"
    r"|ctime|time\.h|unistd\.h|pthread\.h|fcntl\.h|poll\.h|netdb\.h|(sys/(?!uio)|netinet/|arpa/|linux/).*|boost/.*"
    r"|google/protobuf/.*|spdlog/.*)$"
)
IMPURE_CALLS = re.compile(r"\b((steady_clock|system_clock|high_resolution_clock|Clock)::now|getenv|clock_gettime)\s*\(")
HEAVY_HEADERS = re.compile(r"(boost|google/protobuf|openvino|prometheus)\b")
# The call templates of rpc parse and serialise messages; these two are the least they need.
HEAVY_ALLOWED = re.compile(r"google/protobuf/(message_lite|arena)\.h$")

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def layer_of(include: str) -> str | None:
    """The folder of src/ that an include names, or None for a library's or a generated header."""
    first = include.split("/")[0]
    return first if "/" in include and first in LAYERS else None


def check_layer(folder: str, quote: str, include: str) -> str | None:
    target = layer_of(include)
    if target is None:
        if quote == '"' and "/" not in include and not include.endswith((".pb.h", ".parlance.h")):
            return f'"{include}": name the folder, as in "{folder}/{include}"'
        return None
    if LAYERS.index(target) > LAYERS.index(folder) or (folder, target) in NOT_ALLOWED:
        return f'"{include}": {folder} may not include {target}'
    return None


def check_purity(folder: str, name: str, include: str) -> str | None:
    if folder in PURE and not name.endswith("_test.cpp") and IMPURE_HEADERS.match(include):
        return f"<{include}>: {folder} is a pure layer"
    return None


def check_text(folder: str, name: str, text: str) -> list[str]:
    """What is wrong with a file of src/FOLDER, each with its line number."""
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        problem = None
        if match := INCLUDE.match(line):
            quote, include = match.groups()
            problem = check_layer(folder, quote, include) or check_purity(folder, name, include)
        elif folder in PURE and not name.endswith("_test.cpp") and (call := IMPURE_CALLS.search(line)):
            problem = f"{call.group(1)}: {folder} is a pure layer; time and settings are arguments"
        if problem:
            problems.append(f"{number}: {problem}")
    return problems


def includes_of(text: str) -> list[str]:
    return [match[2] for match in map(INCLUDE.match, text.splitlines()) if match]


def is_heavy(path: str, text: str) -> bool:
    allowed = HEAVY_ALLOWED if path.startswith("rpc/") else None
    return any(HEAVY_HEADERS.match(include) and not (allowed and allowed.match(include)) for include in includes_of(text))


def check_heavy(files: dict[str, str]) -> list[str]:
    """Includes of a heavy header from another folder; `files` are paths below src/ with their text. Tests may: nobody
    includes them."""
    heavy = {path for path, text in files.items() if path.endswith(".h") and is_heavy(path, text)}
    return [
        f'{path}: "{include}" includes a heavy library: it is private to its folder'
        for path, text in files.items()
        if not path.endswith("_test.cpp")
        for include in includes_of(text)
        if include in heavy and path.rpartition("/")[0] != include.rpartition("/")[0]
    ]


def main() -> int:
    src = sources.ROOT / "src"
    files = {
        file.relative_to(src).as_posix(): file.read_text()
        for file in sources.cpp(sources.tracked_and_new())
        if file.is_relative_to(src)
    }
    problems = check_heavy(files)
    for path, text in files.items():
        folder = path.split("/")[0]
        if folder in LAYERS:
            problems += [f"{path}:{problem}" for problem in check_text(folder, Path(path).name, text)]
        else:
            problems.append(f"{path}: {folder} is no layer; see LAYERS in tools/check_includes.py")
    for problem in problems:
        print(f"src/{problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
