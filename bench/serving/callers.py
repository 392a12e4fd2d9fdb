"""Threads that predict one digit after the other until they are stopped."""

import threading
import time
from collections import Counter

import grpc

from support.digits import PIXELS


class Callers:
    def __init__(self, channel: grpc.Channel, stubs, count: int, pause_s: float = 0, **options):
        """`options` are those of each call."""
        self.outcomes, self.failures = Counter(), []
        self._stub = stubs.inference_grpc.InferenceServiceStub(channel)
        self._request = stubs.inference.PredictRequest(model_name="digits", features=PIXELS)
        self._pause_s, self._options = pause_s, options
        self._stopping, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            outcome = self._call()
            with self._lock:
                self.outcomes[outcome] += 1
            time.sleep(self._pause_s)

    def _call(self) -> str:
        try:
            answer = self._stub.Predict(self._request, timeout=30, **self._options)
            return "OK" if len(answer.predictions) == 10 else "WRONG"
        except grpc.RpcError as error:
            self.failures.append(error.details())
            return error.code().name

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    @property
    def failed(self) -> int:
        return self.outcomes.total() - self.outcomes["OK"]
