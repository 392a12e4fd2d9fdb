"""A model loaded anew while callers call it: nobody notices."""

import statistics
import threading
import time

import grpc

import picture
from picture import bold, dim, green, red

RELOADS = 10
CALLERS = 4


class Callers:
    """Threads that make one call after the other until they are stopped."""

    def __init__(self, predict, request):
        self.predict, self.request = predict, request
        self.times_ms, self.failures = [], []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(CALLERS)]
        for thread in self.threads:
            thread.start()

    def run(self) -> None:
        while not self.stopping.is_set():
            began = time.perf_counter()
            try:
                self.predict(self.request, timeout=5)
                self.times_ms.append((time.perf_counter() - began) * 1000)
            except grpc.RpcError as error:
                self.failures.append(f"{error.code().name}: {error.details()}")

    def stop(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def show(predict, request, load_anew) -> None:
    """`load_anew()` loads the model again and returns when the new one serves."""
    callers = Callers(predict, request)
    progress = picture.Progress("reloads", RELOADS)
    took_ms = []
    try:
        for done in range(1, RELOADS + 1):
            began = time.perf_counter()
            load_anew()
            took_ms.append((time.perf_counter() - began) * 1000)
            progress.show(done)
    finally:
        callers.stop()
    failed = len(callers.failures)
    mark = green("0 failed ✓") if failed == 0 else red(f"{failed} failed: {callers.failures[0]}")
    cuts = statistics.quantiles(callers.times_ms, n=100, method="inclusive")
    print(f"\n  calls        {bold(str(len(callers.times_ms)))} answered by {CALLERS} callers meanwhile, {mark}")
    print(f"  round trip   p50 {bold(f'{cuts[49]:.3f} ms')}   p99 {bold(f'{cuts[98]:.3f} ms')}")
    print(f"  a reload     {bold(f'{statistics.median(took_ms):.0f} ms')}  {dim('read, compiled, warmed, swapped in, the old one freed')}")
