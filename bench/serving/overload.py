"""Goodput beyond capacity: our scheduler beside first in, first out, on a model that takes 8 ms, calls with 100 ms to live.

    ./run bench overload [--seconds 10] [--times 0.5,1,1.5,2,3]

Both orders are measured in one run, one after the other at each load, through grpcio. Goodput counts answers that came
before the deadline. Writes build/reports/overload.svg and .json.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import grpc

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from curves import Curve, svg  # noqa: E402
from support import stubs as stub_maker  # noqa: E402
from support.repositories import add_synthetic, counter, serve  # noqa: E402

BASE_MS, DEADLINE_S = 8, 0.1
ORDERS = ("deadline", "arrival")  # queue.order of model.yaml
WAITING = 4000  # first in, first out is not to be helped by a short queue


@dataclass
class Load:
    """What came of calls offered at a steady rate."""

    order: str
    times: float  # the rate, in capacities
    rate: float
    goodput: float  # answers in time, a second
    outcomes: dict[str, int]
    dead_work: int
    late_work: int
    saved_work: int


def repository(folder: Path) -> Path:
    for order in ORDERS:
        add_synthetic(folder, order, f"queue: {{order: {order}, max_size: {WAITING}}}", "instances: 1", base_ms=BASE_MS)
    return folder


class Caller:
    def __init__(self, address: str, stubs):
        self.channel = grpc.aio.insecure_channel(address)
        self.stub = stubs.inference_grpc.InferenceServiceStub(self.channel)
        self.request = lambda model: stubs.inference.PredictRequest(model_name=model, features=[1, 2, 3, 4])

    async def call(self, model: str) -> str:
        try:
            await self.stub.Predict(self.request(model), timeout=DEADLINE_S)
            return "OK"
        except grpc.aio.AioRpcError as error:
            return error.code().name

    async def capacity(self, model: str, seconds: float) -> float:
        """Answers a second when there is always a call that waits behind the one that runs."""
        end, answered = time.monotonic() + seconds, 0

        async def caller():
            nonlocal answered
            while time.monotonic() < end:
                outcome = await self.call(model)
                answered += outcome == "OK"

        await asyncio.gather(*(caller() for _ in range(3)))
        return answered / seconds

    async def offer(self, model: str, rate: float, seconds: float) -> Counter:
        """Calls that begin at their time, whatever became of those before."""
        began, tasks = time.monotonic(), []
        for index in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + index / rate - time.monotonic()))
            tasks.append(asyncio.create_task(self.call(model)))
        return Counter(await asyncio.gather(*tasks))


def counts(server, model: str) -> list[int]:
    names = ("parlance_dead_work_total", "parlance_late_work_total", "parlance_saved_work_total")
    return [int(counter(server, name, model=model)) for name in names]


async def measure(server, stubs, times: list[float], seconds: float, say=print) -> tuple[float, list[Load]]:
    """The capacity in calls a second, and a Load for each order and each of `times`."""
    caller, loads = Caller(server.address, stubs), []
    await caller.capacity(ORDERS[0], 0.5)  # connected and warm
    capacity = max([await caller.capacity(ORDERS[0], min(seconds, 2)) for _ in range(3)])
    say(f"capacity {capacity:.0f} calls/s, deadline {DEADLINE_S * 1000:.0f} ms")
    for each in times:
        for order in ORDERS:
            before = counts(server, order)
            outcomes = await caller.offer(order, each * capacity, seconds)
            await asyncio.sleep(DEADLINE_S)
            while counter(server, "parlance_queue_length", model=order) > 0:
                await asyncio.sleep(0.1)
            work = [after - earlier for after, earlier in zip(counts(server, order), before)]
            load = Load(order, each, each * capacity, outcomes["OK"] / seconds, dict(outcomes), *work)
            say(f"{each:4.1f} × {order:9} goodput {load.goodput / capacity:6.1%} of capacity, dead work {load.dead_work}, "
                f"late {load.late_work}, saved {load.saved_work}, {dict(outcomes)}")
            loads.append(load)
    await caller.channel.close()
    return capacity, loads


def picture(capacity: float, loads: list[Load]) -> str:
    names = {"deadline": "earliest deadline first, admission", "arrival": "first in, first out"}
    curves = [
        Curve(names[order], [(load.times, load.goodput / capacity) for load in loads if load.order == order]) for order in ORDERS
    ]
    return svg(curves, "Answers in time, in capacities", "calls offered, in capacities",
               f"a model of {BASE_MS} ms, one instance, deadlines of {DEADLINE_S * 1000:.0f} ms, driven by grpcio")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="of each load")
    parser.add_argument("--times", default="0.5,0.8,1,1.2,1.5,2,3", help="loads, in capacities")
    options = parser.parse_args()
    times = [float(each) for each in options.times.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        stubs = stub_maker.generate(Path(folder))
        with serve(repository=repository(Path(folder) / "models")) as server:
            capacity, loads = asyncio.run(measure(server, stubs, times, options.seconds))
    reports = ROOT / "build" / "reports"
    reports.mkdir(parents=True, exist_ok=True)
    (reports / "overload.svg").write_text(picture(capacity, loads))
    (reports / "overload.json").write_text(json.dumps({"capacity": capacity, "loads": [asdict(load) for load in loads]}, indent=1))
    print(f"wrote {reports.relative_to(ROOT)}/overload.svg and .json")


if __name__ == "__main__":
    sys.exit(main())
