"""What the programs of bench/serving show, each briefly."""

import asyncio
import sys
import xml.etree.ElementTree

import pytest

from support.process import ROOT
from support.repositories import SHIPPED, serve

sys.path.insert(0, str(ROOT / "bench" / "serving"))

import overload  # noqa: E402
import reloads  # noqa: E402
import rolling_restart  # noqa: E402
import tensor_forms  # noqa: E402
import text  # noqa: E402
from curves import ticks  # noqa: E402

ATTEMPTS = 3  # a machine that is busy elsewhere can spoil one


def test_a_rolling_restart_fails_no_call(stubs):
    load = rolling_restart.restart_in_turn(stubs, rounds=1, callers=8)
    assert set(load.outcomes) == {"OK"}, load.failures
    assert load.outcomes["OK"] > 100


def test_reloads_under_load_fail_no_call(stubs):
    load, sizes = reloads.reload_often(stubs, times=20, callers=4)
    assert set(load.outcomes) == {"OK"}, load.failures
    assert load.outcomes["OK"] > 50
    assert len(sizes) == 20


def test_a_tensor_is_sent_in_every_form(stubs):
    found = {name: (sent, received) for name, sent, received, seconds in tensor_forms.measure(stubs, kib=4, runs=2) if seconds > 0}
    assert list(found) == ["gRPC, raw", "gRPC, typed", "REST, binary data", "REST, JSON"]
    assert all(4096 < size < 4400 for name in list(found)[:3] for size in found[name]), found
    assert all(size > 8192 for size in found["REST, JSON"])


def test_tokens_are_counted_for_both_engines():
    with serve() as server:
        ours = text.by_server(server, "storyteller", sequences=4, tokens=16)
    [theirs] = text.by_genai(SHIPPED / "storyteller" / "1", [4], tokens=16, threads=1)
    for run in (ours, theirs):
        assert run.tokens_per_second > 0 and run.first_token_ms > 0
    assert ours.step_ms > 0


@pytest.fixture(scope="module")
def overloaded(stubs, tmp_path_factory):
    """The capacity and the loads at 3 × of it, of the attempt that the machine disturbed least."""
    repository = overload.repository(tmp_path_factory.mktemp("overload"))
    best = None
    for _ in range(ATTEMPTS):
        with serve(repository=repository) as server:
            capacity, loads = asyncio.run(overload.measure(server, stubs, [3], seconds=4))
        by_order = {load.order: load for load in loads}
        if best is None or by_order["deadline"].goodput / capacity > best[1]["deadline"].goodput / best[0]:
            best = capacity, by_order
        if best[1]["deadline"].goodput >= 0.9 * best[0]:
            break
    return best


def test_at_three_times_its_capacity_a_model_stays_useful(overloaded):
    capacity, loads = overloaded
    assert loads["deadline"].goodput >= 0.9 * capacity, loads
    assert loads["deadline"].dead_work == 0, loads
    assert loads["deadline"].saved_work > 0, loads


def test_first_in_first_out_collapses_there(overloaded):
    capacity, loads = overloaded
    assert loads["arrival"].goodput < 0.5 * capacity, loads
    assert loads["arrival"].dead_work > 0, loads


def test_its_picture_has_both_curves(overloaded):
    capacity, loads = overloaded
    drawn = xml.etree.ElementTree.fromstring(overload.picture(capacity, list(loads.values())))
    assert len(drawn.findall("{http://www.w3.org/2000/svg}polyline")) == 2


@pytest.mark.parametrize("largest, expected", [(3, [0, 0.5, 1, 1.5, 2, 2.5, 3]), (1.05, [0, 0.2, 0.4, 0.6, 0.8, 1])])
def test_ticks_are_round(largest, expected):
    assert ticks(largest) == pytest.approx(expected)
