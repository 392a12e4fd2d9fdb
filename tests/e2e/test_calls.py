"""grpcio as client of a server on the public API: the four call types, metadata, deadlines, cancellation."""

import asyncio
import os
import threading

import grpc
import pytest

from conftest import CHANNEL_OPTIONS
from support.process import eventually

BINARY = b"\x00\xff,\n\x80"


def test_unary(stubs, echo):
    response = echo.Unary(stubs.echo.EchoRequest(text="héllo", payload=BINARY))
    assert (response.text, response.payload, response.requests) == ("héllo", BINARY, 1)
    assert response.method == "/parlance.testing.Echo/Unary"
    assert response.peer.startswith("ipv4:127.0.0.1:")


def test_authority_is_what_the_client_named(stubs, echo, server):
    assert echo.Unary(stubs.echo.EchoRequest()).authority == server.address


@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_client_streaming(stubs, echo, count):
    response = echo.ClientStreaming(stubs.echo.EchoRequest(text=str(i)) for i in range(count))
    assert response.requests == count
    assert response.text == (str(count - 1) if count else "")


@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_server_streaming(stubs, echo, count):
    responses = list(echo.ServerStreaming(stubs.echo.EchoRequest(text="t", response_count=count)))
    assert [response.text for response in responses] == ["t"] * count


@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_bidi(stubs, echo, count):
    responses = echo.Bidi(stubs.echo.EchoRequest(text=str(i)) for i in range(count))
    assert [(r.text, r.requests) for r in responses] == [(str(i), i + 1) for i in range(count)]


def test_bidi_answers_each_request_before_the_next_is_sent(stubs, echo):
    answered = threading.Semaphore()

    def requests():
        for i in range(20):
            answered.acquire()
            yield stubs.echo.EchoRequest(text=str(i))

    texts = []
    for response in echo.Bidi(requests()):
        texts.append(response.text)
        answered.release()
    assert texts == [str(i) for i in range(20)]


def test_client_that_has_finished_sending_still_reads(stubs, echo):
    # Half-closed at once by grpcio; the answers come over a second or so.
    responses = echo.ServerStreaming(stubs.echo.EchoRequest(text="late", response_count=5, sleep_ms=20))
    assert [response.text for response in responses] == ["late"] * 5


def test_asyncio_client(stubs, server):
    async def run():
        async with grpc.aio.insecure_channel(server.address, options=CHANNEL_OPTIONS) as channel:
            stub = stubs.echo_grpc.EchoStub(channel)
            unary = await stub.Unary(stubs.echo.EchoRequest(text="a"))
            streamed = [r.text async for r in stub.ServerStreaming(stubs.echo.EchoRequest(text="s", response_count=3))]
            call = stub.Bidi()
            both = []
            for i in range(5):
                await call.write(stubs.echo.EchoRequest(text=str(i)))
                both.append((await call.read()).text)
            await call.done_writing()
            assert await call.read() is grpc.aio.EOF
            return unary.text, streamed, both

    assert asyncio.run(run()) == ("a", ["s"] * 3, ["0", "1", "2", "3", "4"])


def test_a_thousand_concurrent_calls_on_one_connection(stubs, server):
    async def run():
        async with grpc.aio.insecure_channel(server.address, options=CHANNEL_OPTIONS) as channel:
            stub = stubs.echo_grpc.EchoStub(channel)
            calls = [stub.Unary(stubs.echo.EchoRequest(text=str(i), sleep_ms=100)) for i in range(1000)]
            return [(response.text, response.peer) for response in await asyncio.gather(*calls)]

    answers = asyncio.run(run())
    assert [text for text, _ in answers] == [str(i) for i in range(1000)]
    assert len({peer for _, peer in answers}) == 1


def test_more_calls_than_the_stream_limit_wait_for_room(stubs, start_server):
    server = start_server("--max-streams", "10")

    async def run():
        async with grpc.aio.insecure_channel(server.address, options=CHANNEL_OPTIONS) as channel:
            stub = stubs.echo_grpc.EchoStub(channel)
            calls = [stub.Unary(stubs.echo.EchoRequest(text=str(i), sleep_ms=1)) for i in range(300)]
            return [response.text for response in await asyncio.gather(*calls)]

    assert asyncio.run(run()) == [str(i) for i in range(300)]


def test_many_connections(stubs, server, open_channel):
    files_before = server.open_files()
    channels = [open_channel(server) for _ in range(200)]
    futures = [
        stubs.echo_grpc.EchoStub(channel).Unary.future(stubs.echo.EchoRequest(text=str(i)))
        for i, channel in enumerate(channels)
    ]
    assert [future.result().text for future in futures] == [str(i) for i in range(200)]
    assert server.open_files() >= files_before + 200
    for channel in channels:
        channel.close()
    assert eventually(lambda: server.open_files() == files_before)


# --- metadata


def test_metadata_goes_both_ways(stubs, echo):
    sent = [("x-text", "a b"), ("x-twice", "1"), ("x-twice", "2"), ("x-data-bin", BINARY), ("x-empty", "")]
    _, call = echo.Unary.with_call(stubs.echo.EchoRequest(echo_metadata=True), metadata=sent)
    for received in (call.initial_metadata(), call.trailing_metadata()):
        assert sorted((name, value) for name, value in received if name.startswith("x-")) == sorted(sent)


def test_binary_metadata_of_every_length_survives(stubs, echo):
    sent = [(f"x-{length}-bin", os.urandom(length)) for length in range(40)]
    _, call = echo.Unary.with_call(stubs.echo.EchoRequest(echo_metadata=True), metadata=sent)
    received = [(name, value) for name, value in call.trailing_metadata() if name.startswith("x-")]
    assert received == sent


def test_metadata_comes_with_an_error_too(stubs, echo):
    request = stubs.echo.EchoRequest(echo_metadata=True, failure=stubs.echo.Failure(code=9, message="no"))
    with pytest.raises(grpc.RpcError) as failed:
        echo.Unary(request, metadata=[("x-why", "because")])
    assert ("x-why", "because") in failed.value.trailing_metadata()


def test_metadata_over_the_limit_fails_one_call_and_not_the_connection(stubs, echo):
    with pytest.raises(grpc.RpcError) as failed:
        echo.Unary(stubs.echo.EchoRequest(), metadata=[("x-large", "x" * 40_000)])
    assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "max_header_list_bytes" in failed.value.details()
    assert echo.Unary(stubs.echo.EchoRequest(text="next")).text == "next"


# --- deadlines


def test_handler_knows_the_deadline(stubs, echo):
    assert echo.Unary(stubs.echo.EchoRequest()).time_remaining_ms == -1
    # grpcio rounds a long timeout up to three digits.
    assert 0 < echo.Unary(stubs.echo.EchoRequest(), timeout=3600).time_remaining_ms <= 3_700_000


def test_deadline_ends_the_call_at_both_ends(stubs, echo, observe):
    with pytest.raises(grpc.RpcError) as failed:
        echo.UntilCancelled(stubs.echo.EchoRequest(), timeout=0.5)
    assert failed.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert eventually(lambda: observe().running == 0)
    assert observe().cancelled == 1


def test_deadline_ends_a_stream_after_some_answers(stubs, echo, observe):
    request = stubs.echo.EchoRequest(text="t", response_count=1_000_000, sleep_ms=10)
    received = []
    with pytest.raises(grpc.RpcError) as failed:
        for response in echo.ServerStreaming(request, timeout=0.5):
            received.append(response.text)
    assert failed.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert len(received) > 0
    assert eventually(lambda: observe().running == 0)


# --- cancellation


def test_handler_sees_a_cancelled_call(stubs, echo, observe):
    call = echo.UntilCancelled.future(stubs.echo.EchoRequest())
    assert eventually(lambda: observe().running == 1)
    assert call.cancel()
    assert eventually(lambda: observe().running == 0)
    assert observe().cancelled == 1


def test_handler_sees_a_lost_connection(stubs, echo, observe, server, open_channel):
    other = open_channel(server)
    calls = [stubs.echo_grpc.EchoStub(other).UntilCancelled.future(stubs.echo.EchoRequest()) for _ in range(10)]
    assert eventually(lambda: observe().running == 10)
    other.close()
    assert eventually(lambda: observe().running == 0)
    assert observe().cancelled == 10
    assert all(call.code() is grpc.StatusCode.CANCELLED for call in calls)


def test_reading_handler_sees_a_cancelled_stream(stubs, echo, observe):
    stop = threading.Event()

    def requests():
        yield stubs.echo.EchoRequest(text="one")
        stop.wait()

    call = echo.Bidi(requests())
    assert next(call).text == "one"
    call.cancel()
    stop.set()
    assert eventually(lambda: observe().running == 0)
    assert observe().cancelled == 1


def test_writing_handler_sees_a_cancelled_stream(stubs, echo, observe):
    call = echo.Flood(stubs.echo.EchoRequest(response_bytes=10_000))
    next(call)
    call.cancel()
    assert eventually(lambda: observe().running == 0)
    assert observe().cancelled == 1


def test_cancelling_one_call_leaves_the_others(stubs, echo, observe):
    calls = [echo.UntilCancelled.future(stubs.echo.EchoRequest()) for _ in range(5)]
    assert eventually(lambda: observe().running == 5)
    calls[2].cancel()
    assert eventually(lambda: observe().running == 4)
    assert observe().cancelled == 1
    assert echo.Unary(stubs.echo.EchoRequest(text="fine")).text == "fine"
