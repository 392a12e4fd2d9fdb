"""`parlance serve` and `parlance call` over TLS, and grpcio against them."""

import subprocess

import grpc
import pytest

from conftest import CHANNEL_OPTIONS, serve
from support.process import program
from support.digits import PIXELS


def tls_flags(certificates, *more: str) -> list[str]:
    return ["--tls-cert", str(certificates / "server.pem"), "--tls-key", str(certificates / "server.key"), *more]


def predicted_model(stubs, server, credentials) -> str:
    with grpc.secure_channel(server.address, credentials, options=CHANNEL_OPTIONS) as channel:
        stub = stubs.inference_grpc.InferenceServiceStub(channel)
        return stub.Predict(stubs.inference.PredictRequest(model_name="digits", features=PIXELS)).model_name


def call(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([program("parlance"), "call", *arguments], capture_output=True, text=True, timeout=60)


def test_grpcio_predicts_over_tls(stubs, certificates):
    with serve(*tls_flags(certificates)) as server:
        roots = (certificates / "ca.pem").read_bytes()
        assert predicted_model(stubs, server, grpc.ssl_channel_credentials(roots)) == "digits"


def test_mutual_tls_wants_a_certificate_of_the_client(stubs, certificates):
    with serve(*tls_flags(certificates, "--client-ca", str(certificates / "ca.pem"))) as server:
        roots, key, chain = ((certificates / name).read_bytes() for name in ("ca.pem", "client.key", "client.pem"))
        assert predicted_model(stubs, server, grpc.ssl_channel_credentials(roots, key, chain)) == "digits"
        with pytest.raises(grpc.RpcError) as refused:
            predicted_model(stubs, server, grpc.ssl_channel_credentials(roots))
        assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
        ca = ["--ca", str(certificates / "ca.pem")]
        pair = ["--cert", str(certificates / "client.pem"), "--key", str(certificates / "client.key")]
        assert call(server.address, "--list", *ca, *pair).returncode == 0
        assert call(server.address, "--list", *ca).returncode != 0


def test_call_checks_the_servers_certificate(certificates):
    with serve(*tls_flags(certificates)) as server:
        listed = call(server.address, "--list", "--ca", str(certificates / "ca.pem"))
        assert "inference.InferenceService" in listed.stdout
        stranger = call(server.address, "grpc.health.v1.Health/Check", "--tls")
        assert stranger.returncode == grpc.StatusCode.UNAVAILABLE.value[0]
        assert "certificate verify failed" in stranger.stderr


def test_a_certificate_without_its_key_is_a_usage_error(certificates):
    done = subprocess.run([program("parlance"), "serve", ".", "--tls-cert", str(certificates / "server.pem")],
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 64
    assert "tls-cert and tls-key" in done.stderr
