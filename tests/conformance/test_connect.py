"""Connect's conformance suite for gRPC: every case of connect.yaml's features, and none is known to fail."""

import re
import subprocess
from pathlib import Path

import pytest

from support.process import program, tool

# Of version 1.0.6. The features with gzip alone, without TLS, are 374 and 409 of them.
CASES = {"server": 924, "client": 1068}


@pytest.mark.parametrize("side", CASES)
def test_every_case_passes(side):
    suite = [tool("connectconformance"), "--conf", Path(__file__).with_name("connect.yaml"), "--mode", side]
    done = subprocess.run(
        [*suite, "--", program(f"parlance-conformance-{side}")],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=150,
    )
    total = re.search(r"Total cases: (\d+)\n(\d+) passed, (\d+) failed", done.stdout)
    assert total, done.stdout
    assert total.group(3) == "0" and done.returncode == 0, done.stdout
    assert int(total.group(1)) == int(total.group(2)) == CASES[side]
