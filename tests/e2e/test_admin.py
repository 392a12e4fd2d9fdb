"""The admin address of `parlance serve`: metrics, probes, models and batches over HTTP/1.1, gRPC beside it."""

import json
import re
import socket
import subprocess

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from conftest import CHANNEL_OPTIONS
from support.admin import Admin, admin_address
from support.digits import PIXELS
from support.process import ROOT, ServerProcess, eventually, program
from support.repositories import add_synthetic, serve

SERVING = health_pb2.HealthCheckResponse.SERVING
PREDICT = "inference.InferenceService/Predict"
LISTENING = r"listening +address=(\S+)"


@pytest.fixture
def admin(model_server):
    admin = Admin(model_server)
    yield admin
    admin.close()


def serve_folder(folder, *flags: str) -> ServerProcess:
    return ServerProcess("parlance", "serve", str(folder), "--listen", "127.0.0.1:0", *flags, announces=LISTENING)


# --- metrics


def test_every_metric_is_documented_and_every_documented_metric_is_there(admin):
    documented = set(re.findall(r"^\| `([\w:]+)`", (ROOT / "docs" / "metrics.md").read_text(), re.MULTILINE))
    lines = admin.get("/metrics").splitlines()
    assert {line.split()[2] for line in lines if line.startswith("# TYPE")} == documented


def test_metrics_are_in_the_format_that_prometheus_reads(admin):
    response, body = admin.ask("/metrics")
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert body.endswith("\n")
    families = admin.metrics()
    assert families["grpc_server_call_duration_seconds"].type == "histogram"
    assert families["parlance_requests"].type == "counter"
    assert families["parlance_build_info"].samples[0].value == 1
    for family in families.values():
        assert family.documentation, family.name
        samples = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in family.samples]
        assert len(samples) == len(set(samples)), f"{family.name} has a sample twice"


def test_calls_are_counted_by_method_and_status(admin, inference, stubs):
    ok = {"grpc_method": PREDICT, "grpc_status": "OK"}
    duration = "grpc_server_call_duration_seconds"
    before = {name: admin.sample(name, **ok) for name in (f"{duration}_count", f"{duration}_sum")}
    received = admin.sample("grpc_server_call_rcvd_total_compressed_message_size_bytes_sum", **ok)
    started = admin.sample("grpc_server_call_started_total", grpc_method=PREDICT)
    wrong = admin.sample(f"{duration}_count", grpc_method=PREDICT, grpc_status="NOT_FOUND")

    request = stubs.inference.PredictRequest(model_name="digits", features=PIXELS)
    for _ in range(3):
        inference.Predict(request)
    with pytest.raises(grpc.RpcError):
        inference.Predict(stubs.inference.PredictRequest(model_name="nope", features=PIXELS))

    assert admin.reaches(before[f"{duration}_count"] + 3, f"{duration}_count", **ok)
    assert admin.sample(f"{duration}_sum", **ok) > before[f"{duration}_sum"]
    assert admin.sample(f"{duration}_bucket", le="+Inf", **ok) == before[f"{duration}_count"] + 3
    size = admin.sample("grpc_server_call_rcvd_total_compressed_message_size_bytes_sum", **ok)
    assert size == received + 3 * request.ByteSize()
    assert admin.sample("grpc_server_call_started_total", grpc_method=PREDICT) == started + 4
    assert admin.reaches(wrong + 1, f"{duration}_count", grpc_method=PREDICT, grpc_status="NOT_FOUND")


def test_made_up_methods_share_one_name(admin, model_channel):
    before = admin.sample("grpc_server_call_started_total", grpc_method="other")
    for name in ("One", "Two"):
        with pytest.raises(grpc.RpcError):
            model_channel.unary_unary(f"/made.Up/{name}")(b"")
    assert admin.reaches(before + 2, "grpc_server_call_started_total", grpc_method="other")
    assert "made.Up" not in admin.get("/metrics")


def test_models_are_counted_by_version(admin, inference, stubs):
    digits = {"model": "digits", "version": "1"}
    before = admin.sample("parlance_requests_total", outcome="ok", **digits)
    inference.Predict(stubs.inference.PredictRequest(model_name="digits", features=PIXELS))
    assert admin.reaches(before + 1, "parlance_requests_total", outcome="ok", **digits)
    assert admin.sample("parlance_dead_work_total", **digits) == 0
    assert admin.sample("parlance_model_state", state="READY", **digits) == 1
    assert admin.sample("parlance_model_state", state="FAILED", **digits) == 0
    assert admin.sample("parlance_model_load_seconds", **digits) > 0
    assert admin.sample("parlance_instances", **digits) >= 1
    assert admin.sample("parlance_compute_seconds_count", **digits) >= before + 1


def test_the_process_is_measured(admin, model_server):
    resident = admin.sample("process_resident_memory_bytes")
    assert resident == pytest.approx(model_server.rss_bytes(), rel=0.5)
    assert admin.sample("process_cpu_seconds_total") > 0
    assert 0 < admin.sample("process_open_fds") < admin.sample("process_max_fds")


def test_the_load_is_told_to_balancers(model_server, inference, stubs):
    inference.Predict(stubs.inference.PredictRequest(model_name="digits", features=PIXELS))
    done = subprocess.run(
        [program("parlance"), "call", model_server.address, "xds.service.orca.v3.OpenRcaService/StreamCoreMetrics",
         "-d", '{"report_interval": "1s"}', "-c", "--timeout", "3s"], capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(reports) >= 2
    assert reports[-1]["cpuUtilization"] > 0


# --- probes


def test_probes_of_a_ready_server(admin):
    for path in ("/health/live", "/livez"):
        assert admin.json(path) == {"live": True}
    for path in ("/health/ready", "/readyz"):
        assert admin.json(path) == {"ready": True, "missing": []}


def test_a_server_that_is_not_ready_says_what_is_missing_and_why(tmp_path):
    broken = tmp_path / "broken" / "1"
    broken.mkdir(parents=True)
    (broken / "model.onnx").write_text("no model")
    with serve_folder(tmp_path, "--admin", "127.0.0.1:0", "--require", "broken", "--require", "gone") as server:
        assert eventually(lambda: "not ready" in server.log())
        admin = Admin(server)
        response, body = admin.ask("/readyz")
        assert response.status == 503
        answer = json.loads(body)
        assert answer["ready"] is False
        missing = {entry["model"]: entry["why"] for entry in answer["missing"]}
        assert missing["broken"].startswith("version 1 is FAILED: ")
        assert missing["gone"] == "it is not in the repository"
        assert admin.json("/livez") == {"live": True}
        with grpc.insecure_channel(admin.address, options=CHANNEL_OPTIONS) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            assert stub.Check(health_pb2.HealthCheckRequest(service="")).status != SERVING


# --- models and batches


def test_models_as_json(admin):
    models = {model["name"]: model for model in admin.json("/models")["models"]}
    assert {"digits", "magika"} <= models.keys()
    version = models["digits"]["versions"][0]
    assert (version["state"], version["backend"]) == ("READY", "openvino")
    assert admin.json("/models?model=digits")["name"] == "digits"
    response, body = admin.ask("/models?model=nope")
    assert response.status == 404
    assert json.loads(body)["error"].startswith('Model "nope" not found')


def test_batches_say_why_they_were_run(tmp_path, stubs):
    add_synthetic(tmp_path, "wait", "batching: {max_batch: 4, max_delay_ms: 20}", base_ms=1, columns=2)
    with serve(repository=tmp_path) as server:
        admin = Admin(server)
        with grpc.insecure_channel(server.address, options=CHANNEL_OPTIONS) as channel:
            inference = stubs.inference_grpc.InferenceServiceStub(channel)
            request = stubs.inference.PredictRequest(model_name="wait", features=[1.0, 2.0])
            for call in [inference.Predict.future(request) for _ in range(9)]:
                call.result(timeout=60)
        batches = admin.json("/batches?model=wait")["batches"]
        assert sum(batch["rows"] for batch in batches) == 9
        assert {batch["closed_by"] for batch in batches} <= {"size", "delay", "deadline", "alone"}
        assert all(batch["model"] == "wait" and batch["version"] == "1" for batch in batches)
        assert len(admin.json("/batches?limit=1")["batches"]) == 1
        assert admin.ask("/batches?model=wait&version=2")[0].status == 404
        assert admin.ask("/batches?limit=x")[0].status == 400
        rows = admin.metrics()["parlance_batch_rows"].samples
        assert [s.value for s in rows if s.name.endswith("_sum")] == [9]


# --- HTTP itself


def test_the_index_names_everything_that_answers(admin):
    index = admin.get("/")
    for path in ("/metrics", "/health/live", "/livez", "/health/ready", "/readyz", "/models", "/batches"):
        assert path in index
        assert admin.ask(path)[0].status == 200


def test_what_is_not_there_and_what_changes_something_is_refused(admin):
    assert admin.ask("/nope")[0].status == 404
    for method in ("POST", "PUT", "DELETE"):
        response, _ = admin.ask("/models", method)
        assert response.status == 405
        assert response.headers["Allow"] == "GET, HEAD"
    response, body = admin.ask("/metrics", "HEAD")
    assert (response.status, body) == (200, "")
    assert int(response.headers["Content-Length"]) > 1000


def test_curl_and_pipelined_requests(admin):
    done = subprocess.run(["curl", "-sf", f"http://{admin.address}/livez"], capture_output=True, text=True)
    assert json.loads(done.stdout) == {"live": True}
    host, _, port = admin.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=60) as raw:
        raw.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = b""
        while more := raw.recv(65536):
            answer += more
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.index(b'"live"') < answer.index(b"the admin address")


def test_bytes_that_are_no_http_are_answered_and_closed(admin):
    host, _, port = admin.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=60) as raw:
        raw.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert raw.recv(65536).startswith(b"HTTP/1.1 400 ")


# --- the address


def test_off_is_nowhere():
    with serve_folder(ROOT / "models" / "repository", "--admin", "off") as server:
        assert eventually(lambda: " ready" in server.log())
        assert not re.search(r"admin +address=", server.log())


def test_the_default_address_may_be_taken_and_the_server_serves():
    try:
        taken = socket.create_server(("127.0.0.1", 8051))
    except OSError:
        taken = None  # by a server of another test
    with serve_folder(ROOT / "models" / "repository") as server:
        assert eventually(lambda: " ready" in server.log())
        assert "no admin address: the default one is taken" in server.log()
    if taken:
        taken.close()


def test_an_address_that_was_given_must_be_free():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [program("parlance"), "serve", str(ROOT / "models" / "repository"), "--listen", "127.0.0.1:0",
             "--admin", f"127.0.0.1:{port}"], capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert done.returncode == 69
    assert f"127.0.0.1:{port}" in done.stderr


def test_an_address_that_others_reach_is_warned_of():
    with serve_folder(ROOT / "models" / "repository", "--admin", "0.0.0.0:0", "--admin", "127.0.0.1:0") as server:
        assert eventually(lambda: " ready" in server.log())
        warning = re.findall(r"warning +the admin address can be reached from other machines.*", server.log())
        assert len(warning) == 1
        assert admin_address(server).startswith("0.0.0.0:")
