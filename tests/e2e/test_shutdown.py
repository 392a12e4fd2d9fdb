"""SIGTERM: open calls finish, new ones are refused, the process exits with 0."""

import signal
import threading

import grpc
import pytest

from support.process import eventually


@pytest.fixture
def draining(stubs, start_server, open_channel):
    """A server that has been told to end while a call of a second is open: (server, stub of it, the call)."""
    server = start_server()
    echo = stubs.echo_grpc.EchoStub(open_channel(server))
    call = echo.Unary.future(stubs.echo.EchoRequest(text="open", sleep_ms=1000))
    assert eventually(lambda: echo.Observe(stubs.echo.ObserveRequest()).running == 1)
    server.terminate()
    return server, echo, call


def test_idle_server_exits_with_0(server):
    server.terminate()
    assert server.wait() == 0


def test_idle_connections_do_not_hold_it_up(stubs, echo, server):
    assert echo.Unary(stubs.echo.EchoRequest(text="x")).text == "x"
    server.terminate()
    assert server.wait() == 0


def test_open_call_finishes_and_the_server_exits_with_0(draining):
    server, _, call = draining
    assert call.result().text == "open"
    assert server.wait() == 0


def test_new_connections_are_refused_while_draining(stubs, draining, open_channel):
    server, _, call = draining

    def refused() -> bool:
        try:
            stubs.echo_grpc.EchoStub(open_channel(server)).Unary(stubs.echo.EchoRequest())
        except grpc.RpcError as failure:
            return failure.code() is grpc.StatusCode.UNAVAILABLE
        return False

    assert eventually(refused)
    assert call.result().text == "open"


def test_stream_goes_on_until_it_ends(stubs, server, open_channel):
    echo = stubs.echo_grpc.EchoStub(open_channel(server))
    call = echo.ServerStreaming(stubs.echo.EchoRequest(text="t", response_count=20, sleep_ms=20))
    next(call)
    server.terminate()
    assert [response.text for response in call] == ["t"] * 19
    assert server.wait() == 0


def test_calls_beyond_the_grace_are_cancelled_as_unavailable(stubs, start_server, open_channel):
    server = start_server("--grace-ms", "200")
    echo = stubs.echo_grpc.EchoStub(open_channel(server))
    call = echo.UntilCancelled.future(stubs.echo.EchoRequest())
    assert eventually(lambda: echo.Observe(stubs.echo.ObserveRequest()).running == 1)
    server.terminate()
    assert call.code() is grpc.StatusCode.UNAVAILABLE
    assert "shut down" in call.details()
    assert server.wait() == 0


def test_reader_that_has_stopped_does_not_hold_it_up_for_ever(stubs, start_server, open_channel):
    server = start_server("--grace-ms", "200")
    call = stubs.echo_grpc.EchoStub(open_channel(server)).Flood(stubs.echo.EchoRequest(response_bytes=65536))
    next(call)
    server.terminate()
    assert server.wait() == 0


def test_second_signal_ends_it_at_once(stubs, start_server, open_channel):
    server = start_server("--grace-ms", "3600000")
    echo = stubs.echo_grpc.EchoStub(open_channel(server))
    call = echo.UntilCancelled.future(stubs.echo.EchoRequest())
    assert eventually(lambda: echo.Observe(stubs.echo.ObserveRequest()).running == 1)

    def ended() -> bool:
        server.terminate()
        return not server.is_running()

    assert eventually(ended)
    assert server.wait() == -signal.SIGTERM
    assert call.code() is grpc.StatusCode.UNAVAILABLE


def test_every_call_under_load_is_answered(stubs, start_server, open_channel):
    server = start_server()
    outcomes = []
    stop = threading.Event()
    started = threading.Barrier(9)

    def caller(echo):
        started.wait()
        while not stop.is_set():
            try:
                outcomes.append(echo.Unary(stubs.echo.EchoRequest(text="x", sleep_ms=1), timeout=30).text)
            except grpc.RpcError as failure:
                outcomes.append(failure.code())
                stop.wait(0.01)

    threads = [
        threading.Thread(target=caller, args=(stubs.echo_grpc.EchoStub(open_channel(server)),)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    started.wait()
    assert eventually(lambda: len(outcomes) > 100)
    server.terminate()
    assert server.wait() == 0
    stop.set()
    for thread in threads:
        thread.join()
    assert set(outcomes) == {"x", grpc.StatusCode.UNAVAILABLE}
