"""Figures as one SVG: a panel a workload, a bar a server, on a logarithmic scale."""

import math
from xml.sax.saxutils import escape

from figures import Row
from report import OURS, number
from workloads import Workload

WIDTH, NAME_WIDTH, VALUE_WIDTH = 800, 120, 220
BAR, GAP, TITLE, MARGIN = 14, 6, 34, 16
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#222}.title{font-weight:600;font-size:13px}.value{fill:#555}"
    ".bar{fill:#9db4c0}.ours{fill:#1f6f8b}.range{stroke:#222;stroke-width:1}"
)


def place(value: float, smallest: float, largest: float) -> float:
    """From 0 to 1 on a scale that begins at the power of ten below `smallest`."""
    low = math.floor(math.log10(smallest))
    high = math.log10(largest)
    return (math.log10(value) - low) / (high - low) if high > low else 1.0


def bar(one: Row, top: int, smallest: float, largest: float, unit: float, beside: str) -> list[str]:
    room = WIDTH - NAME_WIDTH - VALUE_WIDTH
    x = [NAME_WIDTH + room * place(value, smallest, largest) for value in (one.cost.median, one.cost.smallest, one.cost.largest)]
    middle = top + BAR / 2
    kind = "ours" if one.peer.startswith(OURS) else "bar"
    text = f"{number(one.cost.median / unit)} ({number(one.cost.smallest / unit)}–{number(one.cost.largest / unit)}){beside}"
    return [
        f'<text x="{NAME_WIDTH - 8}" y="{top + BAR - 3}" text-anchor="end">{escape(one.peer)}</text>',
        f'<rect class="{kind}" x="{NAME_WIDTH}" y="{top}" width="{x[0] - NAME_WIDTH:.1f}" height="{BAR}"/>',
        f'<line class="range" x1="{x[1]:.1f}" x2="{x[2]:.1f}" y1="{middle}" y2="{middle}"/>',
        f'<text class="value" x="{x[2] + 8:.1f}" y="{top + BAR - 3}">{text}</text>',
    ]


def panel(workload: Workload, found: list[Row], top: int) -> tuple[list[str], int]:
    """The panel's elements and where it ends."""
    unit = 1024 if workload.memory else 1
    what = f"KiB a {workload.unit}" if workload.memory else f"{'' if workload.client else 'server '}CPU, µs a {workload.unit}"
    lines = [f'<text class="title" x="{MARGIN}" y="{top + 16}">{escape(workload.title)}: {what}</text>']
    top += TITLE - 8
    positive = [one for one in found if one.cost.smallest > 0]
    smallest = min((one.cost.smallest for one in positive), default=1)
    largest = max((one.cost.largest for one in positive), default=1)
    for one in positive:
        beside = f", p99 {number(one.p99_us)} µs" if workload.latency else ""
        lines += bar(one, top, smallest, largest, unit, beside)
        top += BAR + GAP
    return lines, top + MARGIN


def svg(results: list[tuple[Workload, list[Row]]], caption: str) -> str:
    lines, top = [], MARGIN
    for workload, found in results:
        more, top = panel(workload, found, top)
        lines += more
    lines.append(f'<text class="value" x="{MARGIN}" y="{top + 12}">{escape(caption)}; the scales are logarithmic</text>')
    height = top + 12 + MARGIN
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
    return "\n".join([head, f"<style>{STYLE}</style>", '<rect width="100%" height="100%" fill="#fff"/>', *lines, "</svg>", ""])
