"""What runs around the calls of `parlance serve`: access log, Bearer tokens, limits."""

import re

import grpc
import pytest

from conftest import CHANNEL_OPTIONS, serve
from support.process import eventually
from support.digits import PIXELS
from test_serve import REPOSITORY, run

TOKEN = "3f0a5f6e9c7b41d2a8e0"


@pytest.fixture
def predict(stubs):
    """predict(server, metadata...) makes one call and gives its initial metadata."""

    def predict_once(server, *metadata):
        with grpc.insecure_channel(server.address, options=CHANNEL_OPTIONS) as channel:
            stub = stubs.inference_grpc.InferenceServiceStub(channel)
            request = stubs.inference.PredictRequest(model_name="digits", features=PIXELS)
            _, call = stub.Predict.with_call(request, metadata=metadata, timeout=30)
            return dict(call.initial_metadata())

    return predict_once


def calls_of(server) -> list[dict]:
    lines = [line for line in server.log().splitlines() if " call  " in line]
    return [dict(field.split("=", 1) for field in re.findall(r"\S+=\S+", line)) for line in lines]


def test_a_call_has_a_line_and_a_trace_id(predict):
    with serve("--access-log", "all") as server:
        made = predict(server, ("x-client-id", "web-7"))["x-trace-id"]
        assert re.fullmatch("[0-9a-f]{32}", made)
        assert predict(server, ("x-trace-id", "given"))["x-trace-id"] == "given"
        assert eventually(lambda: len(calls_of(server)) == 2)
        first, second = calls_of(server)
        assert first["method"] == "/inference.InferenceService/Predict"
        assert (first["code"], first["client_id"], first["trace_id"]) == ("OK", "web-7", made)
        assert float(first["time_left_ms"]) > 0
        assert second["trace_id"] == "given"


def test_a_token_is_asked_for_and_never_logged(predict, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(f"ci {TOKEN}\n")
    with serve("--auth-keys-file", str(keys), "--access-log", "all") as server:
        with pytest.raises(grpc.RpcError) as missing:
            predict(server)
        assert (missing.value.code(), missing.value.details()) == (
            grpc.StatusCode.UNAUTHENTICATED, "Missing Bearer token",
        )  # fmt: skip
        with pytest.raises(grpc.RpcError) as wrong:
            predict(server, ("authorization", "Bearer wrong"))
        assert wrong.value.details() == "Invalid or expired token"
        predict(server, ("authorization", f"Bearer {TOKEN}"))
        assert eventually(lambda: any(call.get("subject") == "ci" for call in calls_of(server)))
        assert TOKEN not in server.log()


def test_a_client_that_calls_too_often_is_told_when_to_come_back(predict):
    with serve("--rate-limit", "1") as server:
        with pytest.raises(grpc.RpcError) as refused:
            for _ in range(50):
                predict(server, ("x-client-id", "eager"))
        assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert 0 < int(dict(refused.value.trailing_metadata())["grpc-retry-pushback-ms"]) <= 1000
        assert "RATE_LIMITED" in str(dict(refused.value.trailing_metadata())["grpc-status-details-bin"])


def test_keys_that_cannot_be_used_are_told_before_anything_is_served(tmp_path):
    done = run("serve", REPOSITORY, "--jwks-file", str(tmp_path / "none.json"), "--listen", "127.0.0.1:0")
    assert done.returncode == 66
    assert "none.json" in done.stderr
