"""A server's memory under callers that do not read: --memory is obeyed, and whoever behaves is served."""

import socket
import struct

import grpc
import pytest

from support import raw_http2
from support.process import ServerProcess, eventually, settled

KiB, MiB = 1024, 1024 * 1024
LIMIT = 128 * MiB
# Beyond what is accounted: what the allocator keeps for itself, of many small and large blocks in turn.
ALLOCATORS_SHARE = 32 * MiB
READERS = 1000

WIDEST_WINDOW = 2**31 - 1
INITIAL_WINDOW_SIZE = 4
WIDE_OPEN = raw_http2.frame(
    raw_http2.SETTINGS, payload=struct.pack("!HI", INITIAL_WINDOW_SIZE, WIDEST_WINDOW)
) + raw_http2.frame(raw_http2.WINDOW_UPDATE, payload=struct.pack("!I", WIDEST_WINDOW - 65535))
SETTINGS_ONLY = raw_http2.frame(raw_http2.SETTINGS)


@pytest.fixture
def server(start_server) -> ServerProcess:
    return start_server("--memory", str(LIMIT))


@pytest.fixture
def flood(stubs, server):
    """flood(settings, streams, **request) asks for a flood on a connection of its own, and never reads a byte."""
    connections = []

    def open_one(settings: bytes, streams: int = 1, **request) -> None:
        client = raw_http2.RawConnection(socket.socket())
        # What the kernel holds for such a reader is not the server's.
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * KiB)
        client.socket.connect(("127.0.0.1", server.port))
        client.send(raw_http2.PREFACE + settings)
        message = raw_http2.message(stubs.echo.EchoRequest(**request).SerializeToString())
        for number in range(streams):
            stream = 1 + 2 * number
            client.headers(stream, raw_http2.grpc_request("/parlance.testing.Echo/Flood"))
            client.data(stream, message, end_stream=True)
        connections.append(client)

    yield open_one
    for client in connections:
        client.close()


def observe(stubs, echo):
    return echo.Observe(stubs.echo.ObserveRequest())


def assert_served(stubs, echo):
    answer = echo.Unary(stubs.echo.EchoRequest(text="still", response_bytes=100 * KiB))
    assert (answer.text, len(answer.payload)) == ("still", 100 * KiB)


def test_a_thousand_connections_that_never_read(stubs, server, echo, flood):
    before = server.rss_bytes()
    for _ in range(READERS):
        flood(WIDE_OPEN, response_bytes=16 * KiB)
    written = settled(lambda: observe(stubs, echo).messages_flooded)
    assert written > READERS
    assert observe(stubs, echo).running == READERS, "all of them wait, none was refused or reset"
    assert_served(stubs, echo)
    assert server.most_rss_bytes() < before + LIMIT + ALLOCATORS_SHARE


def test_a_thousand_streams_without_window(stubs, server, echo, flood):
    before = server.rss_bytes()
    for _ in range(READERS // 100):
        flood(SETTINGS_ONLY, streams=100, response_bytes=64 * KiB)
    settled(lambda: observe(stubs, echo).messages_flooded)
    assert observe(stubs, echo).running == READERS
    assert_served(stubs, echo)
    assert server.most_rss_bytes() < before + LIMIT + ALLOCATORS_SHARE


@pytest.mark.parametrize("response_bytes", [0, 100, 16 * KiB, 1 * MiB])
def test_handlers_that_ignore_flow_control(stubs, server, echo, flood, response_bytes):
    before = server.rss_bytes()
    for _ in range(50):
        flood(SETTINGS_ONLY, response_bytes=response_bytes, never_wait=True)
    assert eventually(lambda: observe(stubs, echo).cancelled >= 50)
    assert observe(stubs, echo).running == 0
    assert "/parlance.testing.Echo/Flood" in server.log()
    assert_served(stubs, echo)
    assert server.most_rss_bytes() < before + LIMIT + ALLOCATORS_SHARE


def test_the_callers_status_of_a_reset(stubs, server, open_channel):
    channel = open_channel(server, [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 64 * KiB)])
    call = stubs.echo_grpc.EchoStub(channel).Flood(stubs.echo.EchoRequest(response_bytes=16 * KiB, never_wait=True))
    with pytest.raises(grpc.RpcError) as failed:
        for _ in call:
            pass
    assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
