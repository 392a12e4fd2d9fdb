"""The house rules that a search can check: a README of at most 40 lines in every folder of source, no machine's
paths, no package host's name, no unfinished mark, no reason of an error that the docs do not have."""

import re
import sys
from pathlib import Path

import sources

README_LINES = 40
# Folders whose subfolders are source folders too, each with its own README.
PARENTS = {"src", "examples", "src/models/backends"}
NO_README = {".ci"}

TEXT_RULES = [
    (re.compile(r"(?<![\w.])/(root|work|home/\w+|tmp/build)[/\w-]*"), "a path of one machine"),
    (
        re.compile(r"\b(pypi|pythonhosted|npmjs|crates|golang|maven|debian)\.(org|com|io)\b(?<!-)", re.IGNORECASE),
        "the name of a package host",
    ),
    (re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"), "an unfinished mark; finish it or file an issue"),
]
TEXT_SUFFIXES = {".h", ".cpp", ".py", ".sh", ".cmake", ".txt", ".md", ".proto", ".json", ".yaml", ".yml", ".toml", ""}
# Module paths of Go begin with host names; the text of the licence names a host too.
NOT_SEARCHED = {
    "packages/go/go.mod", "packages/go/go.sum", "packages/go-conformance/go.mod", "packages/go-conformance/go.sum",
    "LICENSE", "tools/check_rules.py", "tools/check_rules_test.py",
}
FOREIGN = ("models/repository/", "tests/protos/connectrpc/")  # as they came


def source_folders(files: list[Path]) -> set[Path]:
    """Top folders, and the folders of PARENTS, that hold a file at any depth."""
    folders = set()
    for file in files:
        for folder in file.parents:
            parent = folder.parent.as_posix()
            if folder != Path(".") and (parent == "." or parent in PARENTS):
                folders.add(folder)
    return {folder for folder in folders if folder.as_posix() not in NO_README}


def check_readmes(files: list[Path]) -> list[str]:
    present = set(files)
    missing = [
        f"{folder}: no README.md" for folder in sorted(source_folders(files)) if folder / "README.md" not in present
    ]
    return missing


def check_text(name: str, text: str) -> list[str]:
    problems = []
    if name.endswith("/README.md") and (lines := len(text.splitlines())) > README_LINES:
        problems.append(f"{name}: {lines} lines, at most {README_LINES}")
    for number, line in enumerate(text.splitlines(), 1):
        problems += [f"{name}:{number}: {what}: {match[0]}" for rule, what in TEXT_RULES if (match := rule.search(line))]
    return problems


REASON_GIVEN = re.compile(r'make_error\([^";]*"([A-Z][A-Z0-9_]*)"')
REASON_TABLE = "src/grpc/error_reasons.cpp"


def check_reasons(name: str, text: str, table: str) -> list[str]:
    """Reasons that the table lacks, of which docs/errors.md is the print."""
    if not name.startswith("src/") or not name.endswith(".cpp") or name.endswith("_test.cpp"):
        return []
    return [f"{name}: {REASON_TABLE} lacks {reason}" for reason in REASON_GIVEN.findall(text) if f'"{reason}"' not in table]


def is_searched(path: Path) -> bool:
    name = path.as_posix()
    return path.suffix in TEXT_SUFFIXES and name not in NOT_SEARCHED and not name.startswith(FOREIGN)


def main() -> int:
    files = [file.relative_to(sources.ROOT) for file in sources.tracked_and_new()]
    problems = check_readmes(files)
    reasons = (sources.ROOT / REASON_TABLE).read_text()
    for path in filter(is_searched, files):
        try:
            text = (sources.ROOT / path).read_text()
            problems += check_text(path.as_posix(), text) + check_reasons(path.as_posix(), text, reasons)
        except UnicodeDecodeError:
            continue  # a binary file without a suffix
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
