"""The whole comparison, briefly: that every workload is answered by every server, and counted right. Never a time."""

import json
import os
from pathlib import Path

import pytest

import compare
import peers
import workloads

BUILD = Path(os.environ.get("PARLANCE_BUILD") or peers.ROOT / "build" / "release")
BRIEFLY = ["--runs", "1", "--duration", "0.03", "--warm-up", "0.02", "--settle", "0.02", "--build", str(BUILD)]
HERE = ["bare socket", "nghttp2", "parlance", "parlance views", "grpc++"]  # made by the build


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--workloads", "unary,nope"], "no such workload: nope"),
        (["--peers", "grpc--"], "no such peer: grpc--"),
        (["--workloads", ""], "no such workload"),
        (["--runs", "0"], "invalid positive int value: '0'"),
        (["--duration", "-1"], "invalid positive float value: '-1'"),
        (["--faster"], "unrecognized arguments: --faster"),
    ],
)
def test_arguments_that_are_wrong_are_named(arguments, complaint, capsys):
    with pytest.raises(SystemExit) as ended:
        compare.parse(arguments)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


def test_without_arguments_there_is_a_short_comparison_of_all():
    options = compare.parse([])
    assert [workload.name for workload in options.workloads] == workloads.SHORT
    assert [peer.name for peer in options.peers] == list(peers.BY_NAME)


def test_a_version_is_compared_by_its_numbers():
    assert peers.at_least("1.26.8", "1.26.0")
    assert peers.at_least("1.100", "1.26")
    assert not peers.at_least("1.19.8", "1.26.0")


def test_a_peer_that_is_not_built_is_absent(tmp_path, capsys):
    assert compare.prepared([peers.BY_NAME["nghttp2"]], tmp_path) == {}
    assert "without nghttp2: " in capsys.readouterr().err


def who_takes_part(workload: workloads.Workload) -> list[str]:
    if workload.client:
        return ["parlance", "grpc++"]
    return HERE if workload.raw else HERE[1:]


def test_every_workload_is_answered_by_every_server(tmp_path):
    arguments = ["--peers", ",".join(HERE), "--workloads", "all", "--reports", str(tmp_path), *BRIEFLY]
    assert compare.main(arguments) == 0
    results = json.loads((tmp_path / "bench.json").read_text())["results"]
    assert list(results) == list(workloads.BY_NAME)
    for name, runs in results.items():
        assert list(runs) == who_takes_part(workloads.BY_NAME[name])
        assert all(run["problem"] == "" and run["rate"] > 0 for of_peer in runs.values() for run in of_peer), name
    assert (tmp_path / "bench.svg").read_text().count('class="title"') == len(workloads.BY_NAME)
