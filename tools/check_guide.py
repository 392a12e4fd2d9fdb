"""The code in docs/guide is that of the examples: a block of code behind a line

    <!-- examples/guide/deadlines.cpp [inherited] -->

holds what stands between `// [inherited]` and `// [/inherited]` in that file (`#` in CMake). A block of C++, CMake or
protobuf without such a line is a problem. `--fix` writes the examples' text into the pages.
"""

import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import sources

GUIDE = sources.ROOT / "docs" / "guide"
MARK = re.compile(r"<!-- (\S+) \[([\w-]+)\] -->$")
FENCE = re.compile(r"```(\w*)$")
REGION = re.compile(r"\s*(?://|#) \[(/?)([\w-]+)\]$")
EXCERPTS_ONLY = {"cpp", "cmake", "proto"}  # languages of which every block is an excerpt


def region(text: str, name: str) -> str | None:
    """What stands between the marks, without indentation and without the marks of other regions; None without marks."""
    lines: list[str] = []
    within = False
    for line in text.splitlines():
        if match := REGION.match(line):
            if match[2] == name:
                if match[1]:
                    return textwrap.dedent("\n".join(lines) + "\n")
                within = True
        elif within:
            lines.append(line)
    return None


def checked(name: str, page: str, read: Callable[[str], str | None]) -> tuple[str, list[str]]:
    """The page with every excerpt as it should be, and what is wrong with it as it is."""
    out: list[str] = []
    problems: list[str] = []
    lines = page.splitlines()
    mark = None
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        out.append(line)
        fence = FENCE.match(line)
        if not fence:
            mark = MARK.match(line)
            continue
        end = next((at for at in range(number, len(lines)) if lines[at] == "```"), len(lines))
        block = "".join(text + "\n" for text in lines[number:end])
        wanted = block
        if mark:
            source = read(mark[1])
            excerpt = region(source, mark[2]) if source is not None else None
            if excerpt is None:
                problems.append(f"{name}:{number}: no [{mark[2]}] in {mark[1]}")
            elif excerpt != block:
                problems.append(f"{name}:{number}: differs from [{mark[2]}] in {mark[1]}; check_guide.py --fix copies it")
                wanted = excerpt
        elif fence[1] in EXCERPTS_ONLY:
            problems.append(f"{name}:{number}: a block of {fence[1]} that names no example")
        out += [*wanted.splitlines(), "```"]
        number = end + 1
        mark = None
    return "\n".join(out) + "\n", problems


def read_source(path: str) -> str | None:
    file = sources.ROOT / path
    return file.read_text() if file.is_file() else None


def main(arguments: list[str]) -> int:
    problems = []
    for file in sorted(GUIDE.glob("*.md")):
        fixed, found = checked(file.relative_to(sources.ROOT).as_posix(), file.read_text(), read_source)
        if "--fix" in arguments:
            file.write_text(fixed)
            found = [problem for problem in found if "--fix" not in problem]
        problems += found
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
