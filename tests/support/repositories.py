"""Model repositories made for a test, and `parlance serve` of them."""

import re
import urllib.request
from pathlib import Path

from support.process import ROOT, ServerProcess, eventually

SHIPPED = ROOT / "models" / "repository"

SYNTHETIC = """\
backend: synthetic
synthetic: {{base_ms: {base_ms}, per_item_ms: {per_item_ms}}}
inputs:
  - {{name: x, type: {datatype}, shape: [-1, {columns}]}}
outputs:
  - {{name: y, type: {datatype}, shape: [-1, {columns}]}}
"""


def add_synthetic(repository: Path, name: str, *more: str, base_ms: float = 0, per_item_ms: float = 0,
                  datatype: str = "FP32", columns: int = 4) -> None:
    """A model that waits instead of computing and answers with its input; `more` are lines of its model.yaml."""
    (repository / name / "1").mkdir(parents=True)
    text = SYNTHETIC.format(base_ms=base_ms, per_item_ms=per_item_ms, datatype=datatype, columns=columns)
    (repository / name / "model.yaml").write_text("\n".join([text, *more, ""]))


def serve(*flags: str, repository: Path = SHIPPED, listen: str = "127.0.0.1:0") -> ServerProcess:
    """`parlance serve` as soon as its models are ready; `admin` is the address of its admin page."""
    flags = ("--listen", listen, "--admin", "127.0.0.1:0", *flags)
    server = ServerProcess("parlance", "serve", str(repository), *flags, announces=r"listening +address=(\S+)")
    if not eventually(lambda: re.search(r"\bready\b +after", server.log()) or not server.is_running()) or not server.is_running():
        server.kill()
        raise AssertionError(f"the models did not load: {server.log()}")
    found = re.search(r"admin +address=(\S+)", server.log())
    server.admin = found.group(1) if found else None
    return server


def counter(server: ServerProcess, name: str, **labels: str) -> float:
    """The sum of the samples of that name at /metrics which have those labels."""
    with urllib.request.urlopen(f"http://{server.admin}/metrics", timeout=10) as response:
        text = response.read().decode()
    total = 0.0
    for line in text.splitlines():
        found = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
        if found and all(f'{key}="{value}"' in (found.group(1) or "") for key, value in labels.items()):
            total += float(found.group(2))
    return total
