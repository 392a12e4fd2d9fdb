"""Text pictures: digits, bars and progress, for terminals and for plain output."""

import os
import re
import sys
import time

SHADES = " ░▒▓█"
EIGHTHS = " ▏▎▍▌▋▊▉█"
BRIGHTEST_PIXEL = 16
ESCAPES = re.compile(r"\x1b\[\d+m")

IS_TERMINAL = sys.stdout.isatty()
HAS_COLOUR = IS_TERMINAL and "NO_COLOR" not in os.environ


def styled(code: str, text: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if HAS_COLOUR else text


def bold(text: str) -> str:
    return styled("1", text)


def dim(text: str) -> str:
    return styled("2", text)


def green(text: str) -> str:
    return styled("32", text)


def red(text: str) -> str:
    return styled("31", text)


def digit_lines(pixels: list[float]) -> list[str]:
    """Eight lines of sixteen columns for 64 pixels of 0 to 16, row by row."""

    def shade(pixel: float) -> str:
        return SHADES[min(int(pixel * len(SHADES) / (BRIGHTEST_PIXEL + 1)), len(SHADES) - 1)] * 2

    return ["".join(map(shade, pixels[row * 8 : row * 8 + 8])) for row in range(8)]


def bar(share: float, width: int) -> str:
    """A bar of `share` (0 to 1) of `width` columns, to an eighth of a column; a thing that is there is seen."""
    eighths = round(share * width * 8)
    if share > 0:
        eighths = max(eighths, 1)
    text = EIGHTHS[8] * (eighths // 8) + (EIGHTHS[eighths % 8] if eighths % 8 else "")
    return text.ljust(width)


def padded(line: str, width: int) -> str:
    """`line` with spaces up to `width` columns as seen: colours take none."""
    return line + " " * (width - len(ESCAPES.sub("", line)))


def side_by_side(left: list[str], right: list[str], width: int) -> list[str]:
    """Two blocks of lines as one, the right one from column `width` on."""
    height = max(len(left), len(right))
    left = left + [""] * (height - len(left))
    right = right + [""] * (height - len(right))
    return [f"{padded(a, width)}{b}".rstrip() for a, b in zip(left, right)]


class Progress:
    """A bar that moves on a terminal; elsewhere a line at each quarter."""

    def __init__(self, title: str, total: int):
        self.title = title
        self.total = total
        self.began = time.monotonic()

    def show(self, done: int) -> None:
        seconds = time.monotonic() - self.began
        counts = f"{done}/{self.total}  {done / max(seconds, 1e-9):.0f}/s"
        if IS_TERMINAL:
            end = "\n" if done == self.total else ""
            print(f"\r  {self.title}  {green(bar(done / self.total, 30))} {counts} ", end=end, flush=True)
        elif done * 4 % self.total < 4 and done > 0:
            print(f"  {self.title}  {counts}", flush=True)
