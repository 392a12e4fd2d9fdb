"""gRPC's interoperability cases, our client against our server; README.md says how to run them against others."""

import subprocess

import pytest

from support.process import ServerProcess, program


def run_client(server: ServerProcess, *arguments: str) -> subprocess.CompletedProcess:
    command = [program("parlance-interop-client"), "--server_host", "localhost", "--server_port", str(server.port)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("tls", [False, True], ids=["plaintext", "tls"])
def test_every_case_passes(tls, certificates):
    files = {name: str(certificates / name) for name in ("server.pem", "server.key", "ca.pem")}
    server_flags = ["--tls_cert", files["server.pem"], "--tls_key", files["server.key"]] if tls else []
    client_flags = ["--use_tls", "--ca_file", files["ca.pem"]] if tls else []
    with ServerProcess("parlance-interop-server", "--host", "127.0.0.1", "--port", "0", *server_flags) as server:
        done = run_client(server, *client_flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" passed") == 22


def test_a_case_that_fails_is_told_and_counted():
    with ServerProcess("parlance-test-server") as server:  # serves no grpc.testing.TestService
        done = run_client(server, "--test_case", "empty_unary,unimplemented_method")
    assert done.returncode == 1
    assert "empty_unary" in done.stdout and "UNIMPLEMENTED: unknown service" in done.stdout
