"""NVIDIA's tritonclient, unchanged, against `parlance serve`: each check of support/triton_checks.py."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.repositories import SHIPPED, add_synthetic, serve

CHECKS = Path(__file__).parents[1] / "support" / "triton_checks.py"
NAMES = re.findall(r"^def (check_\w+)", CHECKS.read_text(), re.MULTILINE)
DATATYPES = ("BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64", "BYTES")
PAIR = """\
backend: synthetic
inputs: [{name: a, type: FP32, shape: [-1, 4]}, {name: b, type: FP32, shape: [-1, 4]}]
outputs: [{name: c, type: FP32, shape: [-1, 4]}, {name: d, type: FP32, shape: [-1, 4]}]
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    repository = tmp_path_factory.mktemp("triton")
    for datatype in DATATYPES:
        add_synthetic(repository, f"copy_{datatype.lower()}", datatype=datatype)
    add_synthetic(repository, "slow", base_ms=500)
    add_synthetic(repository, "batch_bytes", "batching: {max_batch: 8, max_delay_ms: 20}", datatype="BYTES")
    (repository / "pair" / "1").mkdir(parents=True)
    (repository / "pair" / "model.yaml").write_text(PAIR)
    for name in ("digits", "storyteller"):
        (repository / name).symlink_to(SHIPPED / name)
    with serve(repository=repository) as server:
        program = subprocess.run([sys.executable, CHECKS, server.address, server.admin], capture_output=True, text=True, timeout=110)
    lines = [json.loads(line) for line in program.stdout.splitlines()]
    assert lines, program.stderr
    return {line["name"]: line["failure"] for line in lines}


@pytest.mark.parametrize("name", NAMES)
def test_tritonclient(outcomes, name):
    assert name in outcomes, f"the program ended before; it came to {list(outcomes)}"
    assert outcomes[name] is None, outcomes[name]
