"""Figures as tables: for a terminal and for Markdown."""

from figures import Row, ratio
from workloads import Workload

OURS = "parlance"
BARE = "bare socket"


def number(value: float) -> str:
    """Three significant digits, but no more than three decimals; thousands apart."""
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{decimals}f}"


def times(value: float | None) -> str:
    return "–" if value is None else f"{number(value)}×"


def header(workload: Workload) -> list[str]:
    cost = f"KiB a {workload.unit}" if workload.memory else f"CPU µs a {workload.unit}"
    columns = ["client" if workload.client else "server", cost, "smallest–largest", "scaled", f"of {BARE}", f"of {OURS}"]
    if workload.latency:
        columns += ["p50 µs", "p99 µs", "p99.9 µs"]
    elif not workload.memory:
        columns += [f"{workload.unit}s/s"]
    return [*columns, ""]


def cells(workload: Workload, one: Row, all_rows: list[Row]) -> list[str]:
    unit = 1024 if workload.memory else 1
    line = [
        one.peer, number(one.cost.median / unit),
        f"{number(one.cost.smallest / unit)}–{number(one.cost.largest / unit)}", number(one.scaled / unit),
        times(ratio(all_rows, one.peer, BARE)), times(ratio(all_rows, one.peer, OURS)),
    ]
    if workload.latency:
        line += [number(one.p50_us), number(one.p99_us), number(one.p999_us)]
    elif not workload.memory:
        line += [number(one.rate)]
    return [*line, "; ".join(one.notes)]


def grid(workload: Workload, found: list[Row]) -> list[list[str]]:
    return [header(workload), *(cells(workload, one, found) for one in found)]


def terminal(workload: Workload, found: list[Row], failed: dict[str, str]) -> str:
    lines = grid(workload, found)
    width = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = ["", workload.title]
    for line in lines:
        aligned = [f"{line[0]:<{width[0]}}", *(f"{cell:>{w}}" for cell, w in zip(line[1:-1], width[1:-1], strict=True))]
        text.append("  ".join([*aligned, line[-1]]).rstrip())
    return "\n".join([*text, *(f"{peer}: {why}" for peer, why in failed.items())])


def markdown(workload: Workload, found: list[Row], failed: dict[str, str]) -> str:
    lines = grid(workload, found)
    rule = "|---|" + "---:|" * (len(lines[0]) - 2) + "---|"
    table = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([f"### {workload.title}", "", table[0], rule, *table[1:], *(f"\n{peer}: {why}" for peer, why in failed.items()), ""])
