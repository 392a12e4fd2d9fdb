"""Runs clang-tidy-19 over the release build's sources that changed, or all with --all; --fix applies its fixes."""

import concurrent.futures
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import sources

BUILD = sources.ROOT / "build" / "release"
# gcc options that clang does not know.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-ignored-optimization-argument"]


def compiled_files() -> list[Path]:
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    files = {Path(entry["file"]) for entry in commands}
    return sorted(file for file in files if file.is_relative_to(sources.ROOT) and not file.is_relative_to(BUILD))


def files_to_check(everything: bool) -> list[Path]:
    """Changed sources, and the source beside a changed header."""
    compiled = compiled_files()
    if everything:
        return compiled
    changed = {file.with_suffix(".cpp") for file in sources.cpp(sources.changed())}
    return [file for file in compiled if file in changed]


def check(file: Path, fix: bool) -> tuple[Path, str]:
    command = ["clang-tidy-19", "-p", str(BUILD), "--quiet", *EXTRA, *(["--fix"] if fix else []), str(file)]
    result = subprocess.run(command, capture_output=True, text=True)
    found = re.sub(r"^\d+ warnings? .*generated\.\n", "", result.stdout, flags=re.MULTILINE).strip()
    if result.returncode != 0 and not found:
        found = result.stderr.strip()
    return file, found


def main(arguments: list[str]) -> int:
    fix = "--fix" in arguments
    files = files_to_check("--all" in arguments)
    seen: set[str] = set()
    workers = 1 if fix else os.cpu_count() or 1  # two fixes of one header at once would spoil it
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for done, (file, found) in enumerate(pool.map(lambda file: check(file, fix), files), 1):
            print(f"[{done}/{len(files)}] {file.relative_to(sources.ROOT)}", flush=True)
            if found and found not in seen:
                seen.add(found)
                print(found, flush=True)
    return 1 if seen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
