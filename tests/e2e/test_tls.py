"""`parlance serve` and `parlance call` over TLS, and grpcio against them."""

import subprocess

import grpc
import pytest

from conftest import CHANNEL_OPTIONS, serve
from support.process import program
from test_inference import PIXELS


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A folder with ca.pem and, signed by it, server.pem/.key and client.pem/.key."""
    folder = tmp_path_factory.mktemp("certificates")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    ca = [str(folder / "ca.pem"), str(folder / "ca.key")]
    openssl("req", "-x509", *new_key, "-keyout", ca[1], "-out", ca[0], "-days", "2", "-subj", "/CN=test CA")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
    for name in ("server", "client"):
        request, certificate = str(folder / f"{name}.csr"), str(folder / f"{name}.pem")
        openssl("req", *new_key, "-keyout", str(folder / f"{name}.key"), "-out", request, "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", request, "-CA", ca[0], "-CAkey", ca[1], "-CAcreateserial", "-days", "2",
                "-extfile", str(folder / "names"), "-out", certificate)  # fmt: skip
    return folder


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
