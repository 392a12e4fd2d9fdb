"""Python models: served as any other, and what becomes of calls when their processes die."""

import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from support.python_models import add_python, is_alive, workers
from support.process import ROOT, ServerProcess, eventually
from support.repositories import counter, serve

PLUS_ONE = "  def predict(self, batch): return {'y': batch['x'] + 1}\n"
KILLS = 50


def request_of(stubs, model: str, *rows: float):
    array = np.array([[row, row] for row in rows], np.float32)
    request = stubs.kserve.ModelInferRequest(model_name=model, raw_input_contents=[array.tobytes()])
    request.inputs.add(name="x", datatype="FP32", shape=list(array.shape))
    return request


def values(response) -> list[float]:
    return np.frombuffer(response.raw_output_contents[0], np.float32).reshape(-1, 2)[:, 0].tolist()


class Service:
    def __init__(self, stubs, server):
        self.stubs = stubs
        self.channel = grpc.insecure_channel(server.address)
        self.stub = stubs.kserve_grpc.GRPCInferenceServiceStub(self.channel)

    def infer(self, model: str, *rows: float, timeout: float = 30) -> list[float]:
        return values(self.stub.ModelInfer(request_of(self.stubs, model, *rows), timeout=timeout))

    def failure(self, model: str, *rows: float, timeout: float = 30) -> grpc.RpcError:
        with pytest.raises(grpc.RpcError) as caught:
            self.infer(model, *rows, timeout=timeout)
        return caught.value


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    repository = tmp_path_factory.mktemp("python")
    add_python(repository, "plus_one", PLUS_ONE)
    add_python(repository, "batches", "  def predict(self, batch):\n    time.sleep(0.05)\n"
               "    return {'y': np.full_like(batch['x'], len(batch['x']))}\n", "batching: {max_batch: 8, max_delay_ms: 20}")
    add_python(repository, "raises", "  def predict(self, batch):\n    if batch['x'].any(): raise KeyError('no such word')\n"
               "    return {'y': batch['x']}\n")
    add_python(repository, "slow", "  def predict(self, batch):\n    print('began', batch['x'][0, 0], flush=True)\n"
               "    time.sleep(0.3)\n    return {'y': batch['x']}\n")
    add_python(repository, "writes", "  def predict(self, batch):\n    print('a line of its own', file=sys.stderr)\n"
               "    return {'y': batch['x']}\n")
    with serve(repository=repository) as running:
        yield running


@pytest.fixture(scope="module")
def service(stubs, server):
    return Service(stubs, server)


def test_it_answers_as_any_model(service):
    assert service.infer("plus_one", 1, 2, 3) == [2, 3, 4]


def test_requests_share_a_run(service):
    requests = [request_of(service.stubs, "batches", 1) for _ in range(8)]
    answers = [values(call.result(timeout=60)) for call in [service.stub.ModelInfer.future(each) for each in requests]]
    assert max(answer[0] for answer in answers) > 1


def test_an_exception_is_a_status_and_no_crash(service, server):
    before = workers(server)
    error = service.failure("raises", 1)
    assert error.code() == grpc.StatusCode.INTERNAL
    assert error.details() == "Inference failed: KeyError: 'no such word' (model.py, line 5, in predict)"
    assert sorted(workers(server)) == sorted(before)


def test_wrong_input_is_refused_before_it(service):
    request = request_of(service.stubs, "plus_one", 1)
    request.inputs[0].name = "z"
    with pytest.raises(grpc.RpcError) as caught:
        service.stub.ModelInfer(request, timeout=30)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_what_nobody_waits_for_is_not_run(service, server):
    running = [service.stub.ModelInfer.future(request_of(service.stubs, "slow", 70 + i), timeout=30) for i in range(2)]
    assert eventually(lambda: "began 7" in server.log())
    late = [service.stub.ModelInfer.future(request_of(service.stubs, "slow", 80 + i), timeout=30) for i in range(5)]
    assert eventually(lambda: counter(server, "parlance_queue_length", model="slow") >= 5)
    for call in late:
        call.cancel()
    for call in running:
        call.result(timeout=60)
    assert service.infer("slow", 90) == [90]
    assert "began 8" not in server.log()


def test_what_it_writes_is_in_the_log_under_its_name(service, server):
    service.infer("writes", 1)
    assert eventually(lambda: "a line of its own" in server.log())
    line = next(line for line in server.log().splitlines() if "a line of its own" in line)
    assert "model=writes" in line


def test_workers_end_with_their_server(tmp_path):
    add_python(tmp_path, "plus_one", PLUS_ONE, "instances: 2")
    with serve(repository=tmp_path) as server:
        pids = workers(server)
        assert len(pids) == 2
        server.process.kill()
        server.process.wait()
    assert eventually(lambda: not any(is_alive(pid) for pid in pids))


def test_a_model_that_cannot_be_loaded_keeps_no_other_from_serving(stubs, tmp_path):
    add_python(tmp_path, "plus_one", PLUS_ONE)
    add_python(tmp_path, "broken", "  def load(self, config): raise OSError('no weights')\n" + PLUS_ONE)
    with serve("--require", "plus_one", repository=tmp_path) as server:
        service = Service(stubs, server)
        assert service.infer("plus_one", 1) == [2]
        assert "OSError: no weights (model.py, line 4, in load)" in service.failure("broken", 1).details()


# --- the end of the server -----------------------------------------------------------------------------------------------


def serve_at_once(repository, *flags: str, **environment: str) -> ServerProcess:
    """As serve(), but it waits for no model."""
    flags = ("--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", *flags)
    announces = r"listening +address=(\S+)"
    return ServerProcess("parlance", "serve", str(repository), *flags, announces=announces, **environment)


def test_a_load_under_way_does_not_hold_up_the_end(tmp_path):
    add_python(tmp_path, "plus_one", "  def load(self, config):\n    print('begun', flush=True)\n    time.sleep(3600)\n" + PLUS_ONE)
    with serve_at_once(tmp_path) as server:
        assert eventually(lambda: "begun" in server.log())
        pids = workers(server)
        server.terminate()
        assert server.wait() == 0
    assert not any(is_alive(pid) for pid in pids)


def test_a_run_that_hangs_does_not_hold_up_the_end(stubs, tmp_path):
    add_python(tmp_path, "hangs", "  def predict(self, batch):\n    if not batch['x'].any(): return {'y': batch['x']}\n"
               "    print('begun', flush=True)\n    time.sleep(3600)\n", timeout="60m")
    with serve("--shutdown-grace", "1s", repository=tmp_path) as server:
        call = Service(stubs, server).stub.ModelInfer.future(request_of(stubs, "hangs", 1))
        assert eventually(lambda: "begun" in server.log())
        server.terminate()
        assert server.wait() == 0
        assert call.code() == grpc.StatusCode.UNAVAILABLE


def test_an_installation_under_way_does_not_hold_up_the_end(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (tmp_path / "models" / "plus_one" / "1").mkdir(parents=True)
        (tmp_path / "models" / "plus_one" / "1" / "model.py").write_text(f"class Model:\n{PLUS_ONE}")
        (tmp_path / "models" / "plus_one" / "1" / "requirements.txt").write_text("humanize\n")
        (tmp_path / "models" / "plus_one" / "model.yaml").write_text("python: {install: true}\n")
        index = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with serve_at_once(tmp_path / "models", XDG_CACHE_HOME=str(tmp_path), PIP_INDEX_URL=index) as server:
            silent.settimeout(60)
            asked, _ = silent.accept()
            server.terminate()
            assert server.wait() == 0
            asked.close()


def test_packages_of_requirements_are_installed_when_that_is_asked_for_and_then_stay(stubs, tmp_path):
    wheel = tmp_path / "parlance_test_words-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr("parlance_test_words.py", "def plus(x): return x + 1\n")
        packed.writestr("parlance_test_words-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: parlance-test-words\nVersion: 1.0\n")
        packed.writestr("parlance_test_words-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr("parlance_test_words-1.0.dist-info/RECORD", "")
    add_python(tmp_path / "models", "words", "  def predict(self, batch):\n    import parlance_test_words\n"
               "    return {'y': parlance_test_words.plus(batch['x'])}\n")
    (tmp_path / "models" / "words" / "1" / "requirements.txt").write_text(f"{wheel}\n")
    settings = tmp_path / "models" / "words" / "model.yaml"
    not_asked = settings.read_text().replace(f'interpreter: "{sys.executable}", ', "")
    settings.write_text(not_asked)
    with serve_at_once(tmp_path / "models", XDG_CACHE_HOME=str(tmp_path)) as server:
        assert eventually(lambda: 'pyworker environment' in server.log() and "--install" in server.log()), server.log()
    settings.write_text(not_asked.replace("python: {", "python: {install: true, "))
    with serve_at_once(tmp_path / "models", XDG_CACHE_HOME=str(tmp_path)) as server:
        assert eventually(lambda: "ready  after" in server.log(), patience_s=110), server.log()
        assert re.search("packages of requirements.txt .* are being installed +model=words", server.log())
        assert Service(stubs, server).infer("words", 1) == [2]
    settings.write_text(not_asked)
    wheel.unlink()
    with serve_at_once(tmp_path / "models", XDG_CACHE_HOME=str(tmp_path)) as server:
        assert eventually(lambda: "ready  after" in server.log()), server.log()
        assert Service(stubs, server).infer("words", 1) == [2]


# --- what clients see of lost workers ------------------------------------------------------------------------------------


def test_health_tells_those_who_watch_that_no_worker_comes_back_and_that_one_did(stubs, tmp_path):
    gone = tmp_path / "gone"
    add_python(tmp_path / "models", "frail", f"  def load(self, config):\n    if os.path.exists({str(gone)!r}): raise OSError('no weights')\n"
               f"  def predict(self, batch):\n    if batch['x'].any():\n      open({str(gone)!r}, 'w').close()\n      os._exit(1)\n"
               "    return {'y': batch['x']}\n")
    with serve(repository=tmp_path / "models") as server:
        health = health_pb2_grpc.HealthStub(grpc.insecure_channel(server.address))
        names = ["model/frail", "model/frail/1", "inference.GRPCInferenceService"]
        watches = [health.Watch(health_pb2.HealthCheckRequest(service=name), timeout=60) for name in names]
        serving, not_serving = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
        assert [next(watch).status for watch in watches] == [serving] * 3
        assert Service(stubs, server).failure("frail", 1).code() == grpc.StatusCode.UNAVAILABLE
        assert [next(watch).status for watch in watches] == [not_serving] * 3
        gone.unlink()
        assert [next(watch).status for watch in watches] == [serving] * 3
        assert Service(stubs, server).infer("frail", 0) == [0]


class Callers:
    """Threads that call with values of their own, and what came of each call."""

    def __init__(self, service: Service, count: int):
        self.service = service
        self.stop = threading.Event()
        self.answers = 0
        self.statuses: dict[str, int] = {}
        self.wrong: list = []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.call, args=(i,)) for i in range(count)]
        for thread in self.threads:
            thread.start()

    def call(self, number: int) -> None:
        value = number * 10_000
        while not self.stop.is_set():
            value += 1
            try:
                answer = self.service.infer("plus_one", value, timeout=20)
                with self.lock:
                    self.answers += 1
                    if answer != [value + 1]:
                        self.wrong.append((value, answer))
            except grpc.RpcError as error:
                with self.lock:
                    self.statuses[error.code().name] = self.statuses.get(error.code().name, 0) + 1

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(timeout=60)
        assert not any(thread.is_alive() for thread in self.threads), "a call hangs"


def test_while_workers_are_killed_under_load_every_call_ends_once(stubs, tmp_path):
    add_python(tmp_path, "plus_one", PLUS_ONE, "instances: 2", "batching: {max_batch: 4}")
    pick = random.Random(8)
    with serve(repository=tmp_path) as server:
        callers = Callers(Service(stubs, server), 8)
        for _ in range(KILLS):
            assert eventually(lambda: workers(server)), "no worker came back"
            try:
                os.kill(pick.choice(workers(server)), signal.SIGKILL)
            except (ProcessLookupError, IndexError):
                continue
            before = callers.answers
            eventually(lambda: callers.answers > before)
            time.sleep(pick.random() / 20)
        callers.end()
        sent = callers.answers + sum(callers.statuses.values())
        assert callers.wrong == []
        assert callers.answers > KILLS
        # A batch may meet two kills, or a worker that is killed again and again while it loads.
        assert set(callers.statuses) <= {"INTERNAL", "UNAVAILABLE"}, callers.statuses
        assert counter(server, "parlance_requests_total", model="plus_one") == sent, "each is answered once"
        assert Service(stubs, server).infer("plus_one", 5) == [6]
        assert server.is_running()


# --- streams and archives ------------------------------------------------------------------------------------------------

COUNTS = """\
  def predict(self, batch):
    try:
      for i in range(int(batch['x'][0, 0])):
        time.sleep(0.01)
        print('part', i, flush=True)
        yield {'y': np.float32([[i, i]])}
    finally:
      print('the generator is closed', flush=True)
"""


@pytest.fixture(scope="module")
def streaming(tmp_path_factory):
    repository = tmp_path_factory.mktemp("streams")
    add_python(repository, "counts", COUNTS)
    add_python(repository, "plus_one", PLUS_ONE)
    add_python(repository, "half_way", "  def predict(self, batch):\n    yield {'y': batch['x']}\n"
               "    if batch['x'].any(): raise ValueError('half way')\n")
    with serve(repository=repository) as server:
        yield server


def predictions(stubs, server, model: str, first: float, timeout: float = 30):
    stub = stubs.torchserve_grpc.InferenceAPIsServiceStub(grpc.insecure_channel(server.address))
    request = stubs.torchserve.PredictionsRequest(model_name=model, input={"data": f"[[{first}, 0]]".encode()})
    return stub.StreamPredictions(request, timeout=timeout)


def firsts(responses) -> list[float]:
    return [json.loads(response.prediction)[0][0] for response in responses]


def test_a_generator_is_a_stream(stubs, streaming):
    assert firsts(predictions(stubs, streaming, "counts", 4)) == [0, 1, 2, 3]


def test_a_unary_call_of_it_collects(stubs, streaming):
    assert Service(stubs, streaming).infer("counts", 3) == [0, 1, 2]


def test_a_stream_call_of_another_yields_one(stubs, streaming):
    assert firsts(predictions(stubs, streaming, "plus_one", 4)) == [5]


def test_a_stream_of_requests_answers_each_in_parts(stubs, streaming):
    stub = stubs.inference_grpc.InferenceServiceStub(grpc.insecure_channel(streaming.address))
    requests = [stubs.inference.PredictRequest(model_name="counts", features=[count, 0]) for count in (2, 3)]
    answers = stub.StreamingPredict(iter(requests), timeout=30)
    assert [list(answer.predictions) for answer in answers] == [[0, 0], [1, 1], [0, 0], [1, 1], [2, 2]]


@pytest.mark.parametrize("asks", [False, True])
def test_a_kserve_stream_has_a_response_for_each_part_and_its_end_if_asked(stubs, streaming, asks):
    request = request_of(stubs, "counts", 3)
    request.parameters["triton_enable_empty_final_response"].bool_param = asks
    stub = stubs.kserve_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(streaming.address))
    answers = [answer.infer_response for answer in stub.ModelStreamInfer(iter([request]), timeout=30)]
    end = answers.pop() if asks else None
    assert [values(answer) for answer in answers] == [[0], [1], [2]]
    assert not any("triton_final_response" in answer.parameters for answer in answers)
    if asks:
        assert end.parameters["triton_final_response"].bool_param and not end.outputs
    assert stub.ModelConfig(stubs.kserve.ModelConfigRequest(name="counts")).config.model_transaction_policy.decoupled


def test_a_failure_half_way_ends_the_stream(stubs, streaming):
    responses = predictions(stubs, streaming, "half_way", 1)
    assert json.loads(next(responses).prediction) == [[1, 0]]
    with pytest.raises(grpc.RpcError) as caught:
        next(responses)
    assert "ValueError: half way" in caught.value.details()


def test_who_leaves_a_stream_ends_its_generator(stubs, streaming):
    closed = streaming.log().count("the generator is closed")
    responses = predictions(stubs, streaming, "counts", 100_000)
    next(responses)
    responses.cancel()
    assert eventually(lambda: streaming.log().count("the generator is closed") == closed + 1)
    assert eventually(lambda: counter(streaming, "parlance_saved_work_total", model="counts", reason="cancelled") >= 1)
    assert "part 5000" not in streaming.log()


def test_who_reads_nothing_of_a_stream_is_ended_with_it(stubs, tmp_path):
    add_python(tmp_path, "floods", "  def predict(self, batch):\n    try:\n      while True: yield {'y': np.zeros((100_000, 2), np.float32)}\n"
               "    finally: print('the generator is closed', flush=True)\n  stream = predict\n"
               "  def predict(self, batch): return {'y': batch['x']}\n")
    settings = tmp_path / "floods" / "model.yaml"
    settings.write_text(settings.read_text().replace("timeout: 30s", "slow_reader: 1s"))
    with serve(repository=tmp_path) as server:
        stub = stubs.kserve_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(server.address))
        answers = stub.ModelStreamInfer(iter([request_of(stubs, "floods", 1)]))
        assert eventually(lambda: "the generator is closed" in server.log())
        with pytest.raises(grpc.RpcError) as caught:
            for _ in answers:
                pass
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert eventually(lambda: counter(server, "parlance_running", model="floods") == 0)


def test_an_interpreter_without_numpy_is_told_of(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True, timeout=60)
    add_python(tmp_path / "models", "plus_one", PLUS_ONE)
    settings = tmp_path / "models" / "plus_one" / "model.yaml"
    settings.write_text(settings.read_text().replace(sys.executable, f"{tmp_path}/bare/bin/python"))
    with serve_at_once(tmp_path / "models") as server:
        assert eventually(lambda: "bare/bin/python has no numpy, which tensors are given as" in server.log()), server.log()


def test_the_example_serves_scikit_learn(stubs, tmp_path):
    shutil.copytree(ROOT / "examples" / "python_models" / "iris", tmp_path / "iris")
    train = [sys.executable, str(ROOT / "examples" / "python_models" / "train_iris.py"), str(tmp_path / "iris" / "1")]
    subprocess.run(train, check=True, capture_output=True, timeout=100)
    path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    with serve_at_once(tmp_path, PATH=path) as server:
        assert eventually(lambda: re.search("ready +after", server.log())), server.log()
        stub = stubs.inference_grpc.InferenceServiceStub(grpc.insecure_channel(server.address))
        request = stubs.inference.PredictRequest(model_name="iris", features=[5.1, 3.5, 1.4, 0.2])
        answer = stub.Predict(request, timeout=30)
        assert answer.top_k[0].label == "setosa"
        assert answer.top_k[0].score == pytest.approx(1, abs=0.05)
