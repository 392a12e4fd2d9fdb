"""Messages from nothing to 100 MiB, and what happens when one side does not read."""

import hashlib
import random
import threading

import grpc
import pytest

from conftest import UNLIMITED
from support.process import eventually, settled

KiB, MiB = 1024, 1024 * 1024
DEFAULT_LIMIT = 4 * MiB

# grpcio widens its windows by the bandwidth it sees, on loopback without end: it would take gigabytes for streams that
# nobody reads. With these it is a client of fixed windows.
FIXED_WINDOWS = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 64 * KiB)]


def payload_of(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def request_of_size(stubs, size: int):
    """An EchoRequest whose message is `size` bytes."""
    for header in range(12):
        request = stubs.echo.EchoRequest(payload=payload_of(max(0, size - header)) if size else b"")
        if request.ByteSize() == size:
            return request
    raise AssertionError(f"no request of {size} bytes")


@pytest.mark.parametrize("size", [0, 3, 16 * KiB - 1, 16 * KiB, 16 * KiB + 1, 64 * KiB, 1 * MiB, DEFAULT_LIMIT])
def test_message_of_this_size_goes_both_ways(stubs, server, open_channel, size):
    echo = stubs.echo_grpc.EchoStub(open_channel(server, UNLIMITED))
    request = request_of_size(stubs, size)
    assert echo.Unary(request).payload == request.payload


def test_one_byte(stubs, channel):
    # No EchoRequest has one byte; a message of one byte is a tag without its value.
    call = channel.unary_unary("/parlance.testing.Echo/Unary", lambda raw: raw, lambda raw: raw)
    with pytest.raises(grpc.RpcError) as failed:
        call(b"\x0a")
    assert failed.value.code() is grpc.StatusCode.INTERNAL
    assert "the message of 1 bytes" in failed.value.details()


def test_one_byte_over_the_default_limit_is_refused(stubs, server, open_channel):
    echo = stubs.echo_grpc.EchoStub(open_channel(server, UNLIMITED))
    with pytest.raises(grpc.RpcError) as failed:
        echo.Unary(request_of_size(stubs, DEFAULT_LIMIT + 1))
    assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert str(DEFAULT_LIMIT + 1) in failed.value.details()
    assert str(DEFAULT_LIMIT) in failed.value.details()


def test_100_mib_both_ways_when_allowed(stubs, start_server, open_channel):
    server = start_server("--max-message", str(101 * MiB))
    echo = stubs.echo_grpc.EchoStub(open_channel(server, UNLIMITED))
    payload = payload_of(100 * MiB)
    response = echo.Unary(stubs.echo.EchoRequest(payload=payload))
    assert len(response.payload) == 100 * MiB
    assert hashlib.sha256(response.payload).digest() == hashlib.sha256(payload).digest()


def test_an_announced_length_alone_costs_no_memory(stubs, start_server, open_channel):
    from support.raw_http2 import RawClient, grpc_request, message

    server = start_server("--max-message", str(3 * 1024 * MiB))
    before = server.rss_bytes()
    clients = []
    for _ in range(20):
        client = RawClient(server.port)
        client.request(1, grpc_request("/parlance.testing.Echo/Unary"))
        client.data(1, message(b"x", announced=2 * 1024 * MiB))
        assert client.answers()
        clients.append(client)
    assert server.rss_bytes() < before + 200 * MiB
    for client in clients:
        client.close()


def test_many_large_messages_in_one_stream(stubs, echo):
    payload = payload_of(1 * MiB)
    responses = echo.Bidi(stubs.echo.EchoRequest(payload=payload) for _ in range(30))
    assert [response.payload == payload for response in responses] == [True] * 30


def test_reader_that_stops_holds_the_writer_back(stubs, observe, server, open_channel):
    echo = stubs.echo_grpc.EchoStub(open_channel(server, FIXED_WINDOWS))
    before = server.rss_bytes()
    call = echo.Flood(stubs.echo.EchoRequest(response_bytes=64 * KiB))
    next(call)
    written = settled(lambda: observe().messages_flooded)
    assert written * 64 * KiB < 100 * MiB
    assert server.rss_bytes() < before + 100 * MiB
    for _ in range(200):
        next(call)
    assert eventually(lambda: observe().messages_flooded > written)
    call.cancel()
    assert eventually(lambda: observe().running == 0)


def test_fifty_readers_that_stop_cost_bounded_memory(stubs, observe, server, open_channel):
    echo = stubs.echo_grpc.EchoStub(open_channel(server, FIXED_WINDOWS))
    before = server.rss_bytes()
    calls = [echo.Flood(stubs.echo.EchoRequest(response_bytes=64 * KiB)) for _ in range(50)]
    for call in calls:
        next(call)
    settled(lambda: observe().messages_flooded)
    assert server.rss_bytes() < before + 200 * MiB
    for call in calls:
        call.cancel()
    assert eventually(lambda: observe().running == 0)


def test_handler_that_does_not_read_holds_the_sender_back(stubs, echo, observe, server):
    before = server.rss_bytes()
    sent = [0]
    stop = threading.Event()

    def requests():
        while not stop.is_set():
            yield stubs.echo.EchoRequest(payload=b"x" * 64 * KiB)
            sent[0] += 1

    call = echo.NeverRead.future(requests())
    assert eventually(lambda: observe().running == 1)
    assert settled(lambda: sent[0]) * 64 * KiB < 100 * MiB
    assert server.rss_bytes() < before + 100 * MiB
    # The other calls of the connection go on.
    assert echo.Unary(stubs.echo.EchoRequest(payload=payload_of(MiB))).payload == payload_of(MiB)
    stop.set()
    call.cancel()
    assert eventually(lambda: observe().running == 0)
