"""Checks that every C++ file is as clang-format-19 would write it; --fix writes it."""

import subprocess
import sys

import sources


def main(arguments: list[str]) -> int:
    files = [str(file) for file in sources.cpp(sources.tracked_and_new()) if "golden" not in file.parts]
    mode = ["-i"] if "--fix" in arguments else ["--dry-run", "--Werror"]
    return subprocess.run(["clang-format-19", *mode, *files]).returncode if files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
