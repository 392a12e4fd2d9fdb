"""From runs to figures: medians, what a core's speed makes of them, and ratios."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """One measurement of one server."""

    unit_cost: float  # CPU µs a unit, or bytes of memory
    core_ns: float  # what bench-calibrate said around it
    rate: float  # units a second
    p50_us: float = 0
    p99_us: float = 0
    p999_us: float = 0
    foreign: float = 0  # CPU that neither the server nor the generator used, as a share of a core
    generator_load: float = 0  # share of its core
    server_load: float = 0
    full_handshakes: float = 0  # the share of them where sessions were to be taken up
    problem: str = ""  # why the run does not count
    overloaded: bool = False  # it does not because the server could not keep up with the open loop's rate


@dataclass(frozen=True)
class Spread:
    median: float
    smallest: float
    largest: float


def spread(values: list[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Row:
    """What a server came to in a workload."""

    peer: str
    cost: Spread
    scaled: float  # the median cost, each run scaled to the fastest core of the whole workload
    rate: float
    p50_us: float
    p99_us: float
    p999_us: float
    notes: tuple[str, ...] = ()


DISTURBED = 0.15  # foreign CPU from which a run is named disturbed


def row(peer: str, runs: list[Run], fastest_core_ns: float, scales: bool = True) -> Row | None:
    """None when no run counts. Memory does not scale with the core."""
    good = [run for run in runs if not run.problem]
    if not good:
        return None
    factor = [fastest_core_ns / run.core_ns if scales else 1.0 for run in good]
    median = lambda name: statistics.median(getattr(run, name) for run in good)
    return Row(
        peer=peer,
        cost=spread([run.unit_cost for run in good]),
        scaled=statistics.median(run.unit_cost * f for run, f in zip(good, factor, strict=True)),
        rate=median("rate"), p50_us=median("p50_us"), p99_us=median("p99_us"), p999_us=median("p999_us"),
        notes=tuple(notes(runs)),
    )


def notes(runs: list[Run]) -> list[str]:
    found = []
    problems = [run.problem for run in runs if run.problem]
    if problems:
        found.append(f"{len(problems)} of {len(runs)} runs failed: {problems[0]}")
    good = [run for run in runs if not run.problem]
    disturbed = sum(run.foreign > DISTURBED for run in good)
    if disturbed:
        found.append(f"{disturbed} of {len(runs)} runs disturbed")
    if good and (full := statistics.median(run.full_handshakes for run in good)) > 0.05:
        found.append(f"{full:.0%} full handshakes")
    if good and statistics.median(run.generator_load for run in good) > 0.93 > statistics.median(run.server_load for run in good):
        found.append("the generator's rate")
    return found


def rows(runs: dict[str, list[Run]], scales: bool = True) -> tuple[list[Row], dict[str, str]]:
    """The rows of those with a run that counts, and why the others have none."""
    speeds = [run.core_ns for peer in runs.values() for run in peer if not run.problem]
    if not speeds:
        return [], {peer: failures[0].problem for peer, failures in runs.items() if failures}
    fastest = min(speeds)
    made = {peer: row(peer, list_of_runs, fastest, scales) for peer, list_of_runs in runs.items()}
    failed = {peer: runs[peer][0].problem for peer, one in made.items() if one is None and runs[peer]}
    return [one for one in made.values() if one is not None], failed


def ratio(rows_of_workload: list[Row], peer: str, base: str) -> float | None:
    """How many times the scaled cost of `base` that of `peer` is; None when either is missing."""
    cost = {one.peer: one.scaled for one in rows_of_workload}
    if peer not in cost or not cost.get(base):
        return None
    return cost[peer] / cost[base]
