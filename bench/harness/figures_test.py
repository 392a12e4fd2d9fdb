import pytest

from figures import Run, notes, ratio, row, rows, spread


def run(cost: float, core_ns: float = 1000, **more) -> Run:
    return Run(unit_cost=cost, core_ns=core_ns, rate=1000, **more)


def test_a_spread_is_the_median_between_the_smallest_and_the_largest():
    assert spread([3.0, 1.0, 2.0]) == spread([1.0, 2.0, 3.0])
    assert (spread([3.0, 1.0, 2.0]).median, spread([4.0, 1.0]).median) == (2.0, 2.5)
    assert (spread([3.0, 1.0]).smallest, spread([3.0, 1.0]).largest) == (1.0, 3.0)


def test_costs_are_scaled_to_the_fastest_core_of_the_workload():
    found, failed = rows({"a": [run(2, core_ns=1000)], "b": [run(3, core_ns=1500)]})
    assert [(one.peer, one.cost.median, one.scaled) for one in found] == [("a", 2, 2), ("b", 3, pytest.approx(2))]
    assert failed == {}


def test_memory_is_not_scaled():
    found, _ = rows({"a": [run(2, core_ns=1000)], "b": [run(3, core_ns=1500)]}, scales=False)
    assert [one.scaled for one in found] == [2, 3]


def test_a_run_that_failed_does_not_count_and_is_named():
    found, failed = rows({"a": [run(2), run(90, problem="3 × RST_STREAM"), run(4)]})
    assert (found[0].cost.median, found[0].notes) == (3, ("1 of 3 runs failed: 3 × RST_STREAM",))
    assert failed == {}


def test_who_has_no_run_that_counts_has_no_row_but_a_reason():
    assert rows({"a": [run(2, problem="x")], "b": [run(1)]})[1] == {"a": "x"}
    assert rows({"a": [run(2, problem="x")]}) == ([], {"a": "x"})
    assert row("a", [], 1) is None


def test_a_ratio_is_of_scaled_costs():
    found, _ = rows({"a": [run(2)], "b": [run(6, core_ns=1500)]})
    assert ratio(found, "b", "a") == pytest.approx(2)
    assert ratio(found, "c", "a") is None
    assert ratio(found, "a", "c") is None


def test_notes_say_what_a_reader_must_know():
    assert notes([run(1, foreign=0.5), run(1)]) == ["1 of 2 runs disturbed"]
    assert notes([run(1, generator_load=0.99, server_load=0.5)]) == ["the generator's rate"]
    assert notes([run(1, generator_load=0.99, server_load=0.99)]) == []
    assert notes([run(1, full_handshakes=1)]) == ["100% full handshakes"]
    assert notes([run(1, full_handshakes=0.01)]) == []
