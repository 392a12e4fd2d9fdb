"""gRPC's interoperability cases: our client and server against each other and against those of grpc++, grpc-go and
grpcio, in plaintext and over TLS, and our client against servers that misbehave on HTTP/2."""

import os
import re
import subprocess

import pytest
from grpcio_peer import Client, GrpcioServer, open_channel
from misbehaving_server import MisbehavingServer

from support.process import ServerProcess, program, tool

CASES = 26  # of our client, those that need a special server not counted
GRPCPP_CASES = 20

# What the servers of others do not do: case -> what our client then says.
NO_ORCA = {  # theirs are not made to report their load
    "orca_per_rpc": "no load report came with the call",
    "orca_oob": "the reports ended",
}
GRPCIO_CANNOT = {  # its handlers are not told whether a message came compressed, so they never answer INVALID_ARGUMENT
    "client_compressed_unary": "the server does not look whether messages are compressed",
    "client_compressed_streaming": "the server does not look whether messages are compressed",
    **NO_ORCA,
}
GRPC_GO_CANNOT = {
    **dict.fromkeys(  # its program has no gzip
        ["client_compressed_unary", "client_compressed_unary_noprobe", "client_compressed_streaming",
         "client_compressed_streaming_noprobe"], 'Decompressor is not installed for grpc-encoding "gzip"'),
    "cacheable_unary": "UNIMPLEMENTED: method CacheableUnaryCall not implemented",
    "pick_first_unary": "the server gives no server_id",
}

GO_CASES = [
    "empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream",
    "custom_metadata", "status_code_and_message", "special_status_message", "unimplemented_method",
    "unimplemented_service", "cancel_after_begin", "cancel_after_first_response", "timeout_on_sleeping_server",
    "pick_first_unary", "rpc_soak", "channel_soak", "orca_per_rpc", "orca_oob",
]
# The policy of its program that hands load reports to the case.
GO_ORCA_BALANCING = ['--service_config_json={"loadBalancingConfig": [{"test_backend_metrics_load_balancer": {}}]}']
HTTP2_CASES = [
    "goaway", "rst_after_header", "rst_during_data", "rst_after_data", "ping", "max_streams", "data_frame_padding",
    "no_df_padding_sanity_test",
]

both = pytest.mark.parametrize("tls", [False, True], ids=["plaintext", "tls"])


def run_client(port: int, *arguments: str, client=("parlance-interop-client", "--server_host=localhost")) -> dict[str, str]:
    """What our client, or the other in C++, says of each case: "passed" or why not."""
    command = [program(client[0]), *client[1:], "--server_port", str(port), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    outcomes = dict(re.match(r"(\S+) +(.*)", line).groups() for line in done.stdout.splitlines())
    failed = [name for name, outcome in outcomes.items() if outcome != "passed"]
    assert done.returncode == len(failed), done.stdout + done.stderr
    return outcomes


def expect_all_but(known: dict[str, str], outcomes: dict[str, str]) -> None:
    assert len(outcomes) == CASES
    failed = {name: outcome for name, outcome in outcomes.items() if outcome != "passed"}
    assert failed.keys() == known.keys(), failed
    assert [name for name, why in known.items() if why not in failed[name]] == [], failed


def client_flags(certificates, tls: bool) -> list[str]:
    return ["--use_tls", "--ca_file", str(certificates / "ca.pem")] if tls else []


def our_server(certificates, tls: bool, *flags: str) -> ServerProcess:
    pair = ["--tls_cert", str(certificates / "server.pem"), "--tls_key", str(certificates / "server.key")]
    address = ["--host", "127.0.0.1", "--port", "0"]
    return ServerProcess("parlance-interop-server", *address, *(pair if tls else []), *flags)


def go_server(certificates, tls: bool) -> ServerProcess:
    files = ["--tls_cert_file", str(certificates / "server.pem"), "--tls_key_file", str(certificates / "server.key")]
    flags = ["--use_tls", *files] if tls else []
    return ServerProcess(tool("grpc-go-interop-server"), "--port", "0", *flags, GRPC_GO_LOG_SEVERITY_LEVEL="info")


def grpcpp_server(certificates, tls: bool) -> ServerProcess:
    pair = ["--tls_cert", str(certificates / "server.pem"), "--tls_key", str(certificates / "server.key")]
    return ServerProcess("grpcpp-interop", "server", *(pair if tls else []))


@both
def test_our_client_and_our_server(certificates, tls):
    with our_server(certificates, tls) as server:
        outcomes = run_client(server.port, *client_flags(certificates, tls))
    expect_all_but({}, outcomes)


@both
def test_our_client_and_the_server_of_grpc_go(certificates, tls):
    with go_server(certificates, tls) as server:
        outcomes = run_client(server.port, *client_flags(certificates, tls))
    expect_all_but(GRPC_GO_CANNOT, outcomes)


@both
def test_the_client_of_grpc_go_and_our_server(certificates, tls):
    flags = [*client_flags(certificates, tls), *(["--use_test_ca"] if tls else [])]
    environment = {**os.environ, "GRPC_GO_LOG_SEVERITY_LEVEL": "error"}
    with our_server(certificates, tls) as server:
        # A number, as grpc-go would ask the DNS even for localhost.
        address = ["--server_host", "127.0.0.1", "--server_port", str(server.port)]
        for case in GO_CASES:
            balancing = GO_ORCA_BALANCING if case.startswith("orca") else []
            command = [tool("grpc-go-interop-client"), *address, "--test_case", case, *flags, *balancing]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
            assert done.returncode == 0, f"{case}: {done.stderr}"


@both
def test_our_client_and_the_server_of_grpcpp(certificates, tls):
    with grpcpp_server(certificates, tls) as server:
        expect_all_but(NO_ORCA, run_client(server.port, *client_flags(certificates, tls)))


@both
def test_the_client_of_grpcpp_and_our_server(certificates, tls):
    flags = ["--ca_file", str(certificates / "ca.pem")] if tls else []
    with our_server(certificates, tls) as server:
        outcomes = run_client(server.port, *flags, client=("grpcpp-interop", "client"))
    assert len(outcomes) == GRPCPP_CASES
    assert set(outcomes.values()) == {"passed"}, outcomes


@both
def test_our_client_and_the_server_of_grpcio(stubs, certificates, tls):
    with GrpcioServer(stubs, certificates if tls else None) as server:
        outcomes = run_client(server.port, *client_flags(certificates, tls))
    expect_all_but(GRPCIO_CANNOT, outcomes)


@both
def test_the_client_of_grpcio_and_our_server(stubs, certificates, tls):
    with our_server(certificates, tls) as server, open_channel(server.port, certificates if tls else None) as channel:
        client = Client(stubs, channel)
        for case in Client.CASES:
            getattr(client, case)()


@pytest.mark.parametrize("case", HTTP2_CASES)
def test_a_server_that_misbehaves_on_http2(case):
    with MisbehavingServer(case) as server:
        assert run_client(server.port, "--test_case", case) == {case: "passed"}
    if case == "goaway":
        assert len(server.connections) == 2
    if case == "max_streams":
        # One asked for when all were full may come when its calls have gone elsewhere: it saw none.
        assert max(connection.most_open_streams for connection in server.connections) == 1
    if case == "ping":
        (connection,) = server.connections
        assert 20 < connection.pings_sent == connection.pings_answered


@both
def test_connections_are_added_when_one_is_full(certificates, tls):
    case = "max_concurrent_streams_connection_scaling"
    with our_server(certificates, tls, "--max_concurrent_streams", "2") as server:
        assert run_client(server.port, "--test_case", case, *client_flags(certificates, tls)) == {case: "passed"}


def test_a_case_that_fails_is_told_and_counted():
    with ServerProcess("parlance-test-server") as server:  # serves no grpc.testing.TestService
        outcomes = run_client(server.port, "--test_case", "empty_unary,unimplemented_method")
    assert "UNIMPLEMENTED: unknown service" in outcomes["empty_unary"]
    assert outcomes["unimplemented_method"] == "passed"
