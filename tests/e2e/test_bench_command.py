"""`parlance bench`: all call types, loops, formats, failures; against our servers. Counts and shapes, never times."""

import json
import os
import pty
import re
import signal
import subprocess
from xml.etree import ElementTree

import grpc
import pytest

from conftest import serve
from support.process import PATIENCE_S, ROOT, eventually, program
from support.digits import PIXELS
from test_tls import tls_flags

USAGE, DATA, NO_INPUT = 64, 65, 66
ECHO = "parlance.testing.Echo"
PREDICT = "inference.InferenceService/Predict"
LATENCIES = {"count", "min", "mean", "p50", "p90", "p99", "p99_9", "max"}


def bench(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess:
    command = [program("parlance"), "bench", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=PATIENCE_S)


def result(*arguments: str, code: int = 0) -> dict:
    done = bench(*arguments, "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def only_step(*arguments: str, code: int = 0) -> dict:
    [step] = result(*arguments, code=code)["steps"]
    return step


def failure(code: int) -> str:
    return json.dumps({"failure": {"code": code, "message": f"wanted {code}"}})


# --- the four call types


def test_unary_by_reflection(model_server):
    digit = json.dumps({"model_name": "digits", "features": PIXELS})
    document = result(model_server.address, PREDICT, "-d", digit, "-n", "60", "-c", "2", "-s", "3", "--threads", "2")
    told = {key: document[key] for key in ("method", "kind", "loop", "connections", "streams", "threads")}
    assert told == {
        "method": PREDICT, "kind": "unary", "loop": "closed", "connections": 2, "streams": 3, "threads": 2,
    }  # fmt: skip
    [step] = document["steps"]
    assert step["statuses"] == {"OK": 60}
    assert (step["calls"], step["failed"], step["unfinished"], step["not_sent"]) == (60, 0, 0, 0)
    assert set(step["latency_us"]) == LATENCIES
    assert step["latency_us"]["count"] == 60
    assert step["errors"] == []
    rates = ["calls", "messages_sent", "messages_received", "bytes_sent", "bytes_received"]
    assert all(step[f"{name}_per_second"] > 0 for name in rates)
    assert step["client_cpu_us_per_call"] > 0


def test_server_streaming_times_the_first_response(server):
    step = only_step(server.address, f"{ECHO}/ServerStreaming", '{"response_count": 4}', "-n", "10")
    assert step["statuses"] == {"OK": 10}
    assert step["first_response_us"]["count"] == 10
    ratio = step["messages_received_per_second"] / step["messages_sent_per_second"]
    assert ratio == pytest.approx(4)


def test_client_streaming_sends_its_messages(server):
    step = only_step(server.address, f"{ECHO}/ClientStreaming", '{"text": "a"}', "-n", "10", "--messages", "20")
    assert step["statuses"] == {"OK": 10}
    assert step["messages_sent_per_second"] / step["messages_received_per_second"] == pytest.approx(20)


def test_a_stream_takes_every_document_of_the_data(server):
    step = only_step(server.address, f"{ECHO}/ClientStreaming", '{"text": "a"} {"text": "b"} {}', "-n", "10")
    assert step["messages_sent_per_second"] / step["messages_received_per_second"] == pytest.approx(3)


@pytest.mark.parametrize("pipeline", [[], ["--pipeline", "1"], ["--pipeline", "8"]])
def test_bidi(server, pipeline):
    step = only_step(server.address, f"{ECHO}/Bidi", '{"text": "a"}', "-n", "6", "-s", "2", "--messages", "30", *pipeline)
    assert step["statuses"] == {"OK": 6}
    assert ("round_trip_us" in step) == bool(pipeline)
    if pipeline:
        assert step["round_trip_us"]["count"] == 180


# --- requests


def test_a_serialised_message_as_it_is(server, stubs, tmp_path):
    (tmp_path / "request").write_bytes(stubs.echo.EchoRequest(text="abc").SerializeToString())
    for data, stdin in ((f"@{tmp_path / 'request'}", b""), ("@-", (tmp_path / "request").read_bytes())):
        done = bench(server.address, f"{ECHO}/Unary", "-d", data, "--binary", "-n", "3", "--json", stdin=stdin)
        assert json.loads(done.stdout)["steps"][0]["statuses"] == {"OK": 3}, done.stderr


def test_types_from_a_proto_file(model_server):
    proto = ["--proto", "parlance/inference.proto", "-I", str(ROOT / "proto")]
    digit = json.dumps({"model_name": "digits", "features": PIXELS})
    assert only_step(model_server.address, PREDICT, digit, "-n", "5", *proto)["statuses"] == {"OK": 5}


def test_metadata_goes_with_every_call(tmp_path):
    (tmp_path / "keys").write_text("ci 3f0a5f6e9c7b41d2a8e0\n")
    digit = json.dumps({"model_name": "digits", "features": PIXELS})
    with serve("--auth-keys-file", str(tmp_path / "keys")) as server:
        token = ["-H", "authorization: Bearer 3f0a5f6e9c7b41d2a8e0"]
        assert only_step(server.address, PREDICT, digit, "-n", "5", *token)["statuses"] == {"OK": 5}
        assert only_step(server.address, PREDICT, digit, "-n", "5", code=16)["statuses"] == {"UNAUTHENTICATED": 5}


def test_over_tls(certificates):
    digit = json.dumps({"model_name": "digits", "features": PIXELS})
    with serve(*tls_flags(certificates, "--client-ca", str(certificates / "ca.pem"))) as server:
        ca = ["--ca", str(certificates / "ca.pem")]
        pair = ["--cert", str(certificates / "client.pem"), "--key", str(certificates / "client.key")]
        step = only_step(server.address, PREDICT, digit, "-n", "20", "-c", "2", "-s", "2", *ca, *pair)
        assert step["statuses"] == {"OK": 20}
        refused = bench(server.address, PREDICT, digit, "-n", "1", *ca)
        assert refused.returncode == grpc.StatusCode.UNAVAILABLE.value[0]
        assert refused.stdout == b""


# --- loops


def test_an_open_loop_makes_the_calls_of_its_rate(server):
    rate = ["--rate", "500", "--duration", "200ms", "--warm-up", "0s", "-s", "10"]
    document = result(server.address, f"{ECHO}/Unary", *rate)
    [step] = document["steps"]
    assert document["loop"] == "open"
    assert step["wanted_calls_per_second"] == 500
    assert step["calls"] + step["not_sent"] == 100
    assert step["latency_us"]["count"] == 100


def test_a_ramp_has_a_row_for_each_step(server, tmp_path):
    svg = tmp_path / "ramp.svg"
    ramp = ["--rate", "100:300:100", "--duration", "100ms", "--warm-up", "50ms", "-s", "10", "--svg", str(svg)]
    done = bench(server.address, f"{ECHO}/Unary", *ramp)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.decode().splitlines() if re.match(r" +\d", line)]
    assert [row[0] for row in rows] == ["100", "200", "300"]
    drawn = ElementTree.parse(svg).getroot()
    assert drawn.tag.endswith("svg")
    titles = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text") if text.get("class") == "title"]
    assert titles == [f"{ECHO}/Unary: latency by rate", f"{ECHO}/Unary: latency by percentile"]


def test_the_report_for_people_has_every_part(server):
    done = bench(server.address, f"{ECHO}/Unary", "-n", "1000")
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    assert text.startswith(f"{ECHO}/Unary at {server.address}: closed loop, 1 connection × 1 stream\n")
    for part in ("1,000 calls in", "p99.9", "messages/s", "of CPU a call"):
        assert part in text
    assert re.search(r"OK +1,000\n", text)


# --- failures


def test_failures_are_counted_with_their_first_reason(server):
    data = failure(5) + failure(5) + failure(9) + "{}"
    step = only_step(server.address, f"{ECHO}/Unary", data, "-n", "40", code=5)
    assert step["statuses"] == {"OK": 10, "NOT_FOUND": 20, "FAILED_PRECONDITION": 10}
    assert step["failed"] == 30
    told = [(error["code"], error["count"], error["message"]) for error in step["errors"]]
    assert told == [("NOT_FOUND", 20, "wanted 5"), ("FAILED_PRECONDITION", 10, "wanted 9")]


def test_the_reason_of_a_status_of_the_library_is_told(server):
    done = bench(server.address, f"{ECHO}/UntilCancelled", "--timeout", "10ms", "-n", "2")
    assert done.returncode == grpc.StatusCode.DEADLINE_EXCEEDED.value[0]
    assert re.search(r"DEADLINE_EXCEEDED +2  first: [A-Z_]+: ", done.stdout.decode())


def test_nobody_listening_is_unavailable():
    proto = ["--proto", "parlance/inference.proto", "-I", str(ROOT / "proto")]
    for types in ([], proto):
        done = bench("127.0.0.1:1", PREDICT, *types)
        assert done.returncode == grpc.StatusCode.UNAVAILABLE.value[0]
        assert b"127.0.0.1:1" in done.stderr
        assert done.stdout == b""


def test_calls_that_never_end_are_cancelled_and_not_counted(server):
    arguments = ["--duration", "50ms", "--warm-up", "0s", "--grace", "20ms", "-s", "3"]
    step = only_step(server.address, f"{ECHO}/UntilCancelled", *arguments)
    assert (step["unfinished"], step["calls"], step["failed"]) == (3, 0, 0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "TARGET is missing"),
        (["h:1"], "METHOD is missing"),
        (["h:1", "a.B/C", "--streams", "0"], "--streams: must be more than 0"),
        (["h:1", "a.B/C", "--connections", "many"], "--connections: 'many' is not a whole number"),
        (["h:1", "a.B/C", "--rate", "fast"], "--rate: 'fast' is not a rate"),
        (["h:1", "a.B/C", "--rate", "1:5000:1"], "--rate: '1:5000:1' has 5000 steps; at most 1000"),
        (["h:1", "a.B/C", "--duration", "5"], "--duration: '5' is not a duration"),
        (["h:1", "a.B/C", "--warm-up", "x"], "--warm-up: 'x' is not a duration"),
        (["h:1", "a.B/C", "--timeout", "0s"], "--timeout: must be more than 0"),
        (["h:1", "a.B/C", "-n", "5", "--duration", "1s"], "--calls and --duration"),
        (["h:1", "a.B/C", "-n", "5", "--rate", "1:2:1"], "--calls: a ramp"),
        (["h:1", "a.B/C", "--threads", "2"], "--threads: 2 loops cannot share 1 connection"),
        (["h:1", "a.B/C", "-d", "{}", "--binary"], "--binary: DATA must be @FILE"),
        (["h:1", "a.B/C", "--cert", "x.pem"], "--cert and --key"),
        (["h:1", "a.B/C", "-H", "nothing"], "-H 'nothing': expected 'name: value'"),
        (["h:1", "a.B/C", "--no-such-flag"], "--no-such-flag"),
    ],
)
def test_wrong_usage_names_the_flag(arguments, told):
    done = bench(*arguments)
    assert done.returncode == USAGE
    assert told in done.stderr.decode()
    assert done.stdout == b""


def test_wrong_data_and_files_are_told_before_the_load(server, tmp_path):
    method = [server.address, f"{ECHO}/Unary"]
    assert bench(*method, "{").returncode == DATA
    assert b"no_such" in bench(*method, '{"no_such": 1}').stderr
    assert bench(*method, "@/no/such/file").returncode == NO_INPUT
    assert bench(*method, "@/no/such/file", "--binary").returncode == NO_INPUT
    assert b"--svg" in bench(*method, "--svg", str(tmp_path / "no" / "x.svg")).stderr
    assert b"Nope" in bench(server.address, f"{ECHO}/Nope").stderr


# --- codec


def test_codec_compares_protobuf_with_json():
    done = bench("codec", "--rounds", "5", "--features", "16", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["features"], document["rounds"]) == (16, 5)
    by_name = {codec["name"]: codec for codec in document["codecs"]}
    assert list(by_name) == ["libprotobuf", "Parlance views", "nlohmann-json", "fmt + simdjson"]
    assert by_name["libprotobuf"]["bytes"] == by_name["Parlance views"]["bytes"]
    assert by_name["nlohmann-json"]["bytes"] == by_name["fmt + simdjson"]["bytes"]
    table = bench("codec", "--rounds", "5").stdout.decode()
    assert "A PredictRequest with 512 features" in table
    assert all(name in table for name in by_name)


def test_codec_names_a_wrong_flag():
    done = bench("codec", "--rounds", "0")
    assert done.returncode == USAGE
    assert "--rounds: must be more than 0" in done.stderr.decode()


# --- progress and Ctrl-C


def started(server, duration: str, *arguments: str, **streams) -> subprocess.Popen:
    command = [program("parlance"), "bench", server.address, f"{ECHO}/Unary", "--duration", duration, "--warm-up", "0s"]
    return subprocess.Popen([*command, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **streams)


def test_ctrl_c_ends_it_with_the_results_so_far(server, stubs, open_channel):
    with started(server, "1h", "--json", "--rate", "200", stderr=subprocess.DEVNULL) as run:
        echo = stubs.echo_grpc.EchoStub(open_channel(server))
        assert eventually(lambda: echo.Observe(stubs.echo.ObserveRequest()).started > 5)
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 0
    [step] = json.loads(out)["steps"]
    assert step["statuses"]["OK"] > 0
    assert step["failed"] == 0


def test_progress_is_plain_lines_in_a_file_and_one_line_on_a_terminal(server, tmp_path):
    terminal, its_end = pty.openpty()
    with started(server, "1h", stderr=its_end) as run:
        os.close(its_end)
        shown = b""
        while shown.count(b"\r\x1b[K") < 2:
            shown += os.read(terminal, 4096)
        run.terminate()
        run.communicate(timeout=PATIENCE_S)
    os.close(terminal)
    assert re.search(rb"\[[#.]{20}\] [0-9.]+ s  [0-9,.]+ calls/s  p50 .* p99 ", shown)
    assert b"\n" not in shown

    log = tmp_path / "progress"
    with log.open("wb") as file, started(server, "1100ms", stderr=file) as run:
        run.communicate(timeout=PATIENCE_S)
    assert re.fullmatch(r"([0-9.]+ s  [0-9,.]+ calls/s  p50 [^\n]* p99 [^\n]*\n)+", log.read_text())
