from figures import Run, rows
from report import markdown, number, terminal, times
from workloads import BY_NAME


def test_numbers_have_three_digits():
    assert [number(x) for x in (0.1, 1.234, 12.34, 123.4, 12345.6)] == ["0.100", "1.23", "12.3", "123", "12,346"]
    assert (times(None), times(2.5)) == ("–", "2.50×")


FOUND, _ = rows({"bare socket": [Run(0.5, 1000, 2e6)], "parlance": [Run(1.0, 1000, 1e6)], "grpc++": [Run(20, 1000, 5e4)]})


def test_a_table_has_a_line_a_server_with_its_ratios():
    lines = terminal(BY_NAME["unary"], FOUND, {"tonic": "no cargo"}).splitlines()
    assert lines[1] == "unary, 1 feature, 10 connections × 100 in flight"
    assert lines[2].split() == ["server", "CPU", "µs", "a", "call", "smallest–largest", "scaled", "of", "bare", "socket", "of", "parlance", "calls/s"]
    assert lines[3].split() == ["bare", "socket", "0.500", "0.500–0.500", "0.500", "1.00×", "0.500×", "2,000,000"]
    assert lines[5].split() == ["grpc++", "20.0", "20.0–20.0", "20.0", "40.0×", "20.0×", "50,000"]
    assert lines[6] == "tonic: no cargo"
    assert len({line.index("×") for line in lines[3:6]}) == 1  # aligned


def test_latencies_stand_where_they_are_the_point():
    found, _ = rows({"parlance": [Run(10, 1000, 2e4, p50_us=20, p99_us=30, p999_us=40)]})
    assert markdown(BY_NAME["open-10k"], found, {}).splitlines()[-1].split("|")[7:10] == [" 20.0 ", " 30.0 ", " 40.0 "]


def test_memory_is_in_kib():
    found, _ = rows({"parlance": [Run(6144, 1000, 0)]}, scales=False)
    assert "| parlance | 6.00 |" in markdown(BY_NAME["idle-connections"], found, {})
