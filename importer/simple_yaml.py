"""The YAML that model-config.yaml of a .mar is written in: mappings and lists by indentation, plain scalars. What is
beyond that is refused by its line. Standard library only, so that an import needs no environment."""

import json
import re

from importer.problem import Problem

KEY = re.compile(r"""("[^"]*"|'[^']*'|[^\s:#\[\]{},"'&*!|>%@`-][^:#]*?|-?\w[\w.-]*)\s*:(?:\s+(.*))?$""")


def read(text: str, name: str) -> dict:
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        bare = _without_comment(line).rstrip()
        if bare.strip() and bare.strip() != "---":
            if "\t" in bare[: len(bare) - len(bare.lstrip())]:
                raise Problem(f"{name}:{number}: a tab in the indentation")
            lines.append((number, len(bare) - len(bare.lstrip()), bare.strip()))
    reader = _Reader(lines, name)
    found = reader.block(lines[0][1]) if lines else {}
    if reader.at < len(lines) or not isinstance(found, dict):
        number = lines[min(reader.at, len(lines) - 1)][0]
        raise Problem(f"{name}:{number}: this is no mapping of keys to values")
    return found


def _without_comment(line: str) -> str:
    quote = None
    for i, letter in enumerate(line):
        if quote:
            quote = None if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "#" and (i == 0 or line[i - 1].isspace()):
            return line[:i]
    return line


class _Reader:
    def __init__(self, lines: list[tuple[int, int, str]], name: str) -> None:
        self.lines = lines
        self.name = name
        self.at = 0

    def block(self, indent: int):
        return self._list(indent) if self.lines[self.at][2].startswith(("- ", "-")) and self._is_item() else self._mapping(indent)

    def _is_item(self) -> bool:
        text = self.lines[self.at][2]
        return text == "-" or text.startswith("- ")

    def _mapping(self, indent: int) -> dict:
        found = {}
        while self.at < len(self.lines) and self.lines[self.at][1] == indent and not self._is_item():
            number, _, text = self.lines[self.at]
            match = KEY.match(text)
            if match is None:
                raise Problem(f"{self.name}:{number}: this is no key and value: {text}")
            key = _unquoted(match[1].strip())
            if key in found:
                raise Problem(f"{self.name}:{number}: {key} is given twice")
            self.at += 1
            found[key] = self._value(match[2], indent, number)
        return found

    def _list(self, indent: int) -> list:
        found = []
        while self.at < len(self.lines) and self.lines[self.at][1] == indent and self._is_item():
            number, _, text = self.lines[self.at]
            self.at += 1
            found.append(self._value(text[1:].strip() or None, indent, number))
        return found

    def _value(self, text: str | None, indent: int, number: int):
        if text is None or text == "":
            inner = self.lines[self.at] if self.at < len(self.lines) else None
            if inner and (inner[1] > indent or (inner[1] == indent and self._is_item())):
                return self.block(inner[1])
            return None
        return self._scalar(text, number)

    def _scalar(self, text: str, number: int):
        if text[0] in "&*!|>%@`":
            raise Problem(f"{self.name}:{number}: {text[0]} is not understood")
        if text[0] in "[{":
            try:
                return json.loads(text)
            except ValueError:
                return self._flow(text, number)
        if text[0] in "\"'":
            return _unquoted(text)
        words = {"true": True, "false": False, "null": None, "~": None, "True": True, "False": False}
        if text in words:
            return words[text]
        if re.fullmatch(r"[-+]?\d+", text):
            return int(text)
        if re.fullmatch(r"[-+]?(\d+\.\d*|\.?\d+)([eE][-+]?\d+)?", text):
            return float(text)
        return text

    def _flow(self, text: str, number: int):
        """A list of plain scalars, as in [0, cpu]."""
        if not re.fullmatch(r"\[[^\[\]{}]*\]", text):
            raise Problem(f"{self.name}:{number}: {text} is not understood")
        items = [item.strip() for item in text[1:-1].split(",")]
        return [self._scalar(item, number) for item in items if item]


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
