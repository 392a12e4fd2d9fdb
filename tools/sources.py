"""The files of the repository that the checks look at."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
CPP_SUFFIXES = {".h", ".cpp"}


def _git(*arguments: str) -> list[pathlib.Path]:
    out = subprocess.run(["git", *arguments, "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in out.split("\0") if name and (ROOT / name).is_file()]


def tracked_and_new() -> list[pathlib.Path]:
    """Every file git tracks or would: ignored ones are left out."""
    return sorted(set(_git("ls-files", "--cached", "--others", "--exclude-standard")))


def changed() -> list[pathlib.Path]:
    """Files that differ from where this branch left its upstream, committed or not."""
    base = subprocess.run(["git", "merge-base", "HEAD", "origin/HEAD"], cwd=ROOT, capture_output=True, text=True)
    since = base.stdout.strip() if base.returncode == 0 else "HEAD"
    return sorted(set(_git("diff", "--name-only", since) + _git("ls-files", "--others", "--exclude-standard")))


def cpp(files: list[pathlib.Path]) -> list[pathlib.Path]:
    return [file for file in files if file.suffix in CPP_SUFFIXES]
