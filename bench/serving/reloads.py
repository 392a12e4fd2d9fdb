"""Reloads of a model under load: how many calls fail, and what becomes of the server's memory.

    ./run bench reloads [--times 1000] [--callers 8]

Each reload loads the version that serves anew and moves the calls over to it. The slope of the memory is that of a straight
line through its sizes after each reload, the first fifth left out, which is when allocators fill.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import grpc
import numpy

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from callers import Callers  # noqa: E402
from support import stubs as stub_maker  # noqa: E402
from support.repositories import serve  # noqa: E402


def reload_often(stubs, times: int, callers: int, say=print) -> tuple[Callers, list[int]]:
    """What came of the calls, and the server's resident bytes after each reload."""
    sizes = []
    with serve() as server, grpc.insecure_channel(server.address) as channel, grpc.insecure_channel(server.admin) as admin:
        management = stubs.management_grpc.ModelManagementStub(admin)
        load = Callers(channel, stubs, callers)
        try:
            for each in range(1, times + 1):
                management.LoadModel(stubs.management.LoadModelRequest(model="digits"), timeout=60)
                sizes.append(server.rss_bytes())
                if each % max(1, times // 10) == 0:
                    say(f"{each} of {times} reloads, {sizes[-1] >> 20} MiB, {dict(load.outcomes)}")
        finally:
            load.stop()
    return load, sizes


def slope_bytes(sizes: list[int]) -> tuple[float, float]:
    """Bytes a reload, and the standard error of that."""
    settled = numpy.array(sizes[len(sizes) // 5 :], float)
    (slope, _), covariance = numpy.polyfit(numpy.arange(len(settled)), settled, 1, cov=True)
    return float(slope), float(covariance[0, 0] ** 0.5)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--callers", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        load, sizes = reload_often(stub_maker.generate(Path(folder)), options.times, options.callers)
    slope, error = slope_bytes(sizes)
    print(f"{options.times} reloads, {load.outcomes['OK']} calls answered, {load.failed} failed {load.failures[:3]}")
    print(f"memory {sizes[len(sizes) // 5] >> 20} MiB → {sizes[-1] >> 20} MiB, {slope:+.0f} ± {error:.0f} bytes a reload")
    return 1 if load.failed else 0


if __name__ == "__main__":
    sys.exit(main())
