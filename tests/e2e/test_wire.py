"""Peers that are no gRPC clients, or break off in the middle: each gets the right answer and leaves nothing behind."""

import re
import socket
import subprocess

import pytest

from support.process import eventually
from support.raw_http2 import DATA, GOAWAY, HEADERS, RST_STREAM, RawClient, grpc_request, message

UNARY = "/parlance.testing.Echo/Unary"
STREAM = "/parlance.testing.Echo/ClientStreaming"


def nghttp(server, path: str, *fields: str, body: bytes | None = None, tmp_path=None) -> dict[str, str]:
    """The response's fields and trailers as nghttp reports them, with ":body-bytes" added."""
    arguments = ["nghttp", "-nv", "--no-dep", "--timeout=20"]
    for field in fields:
        arguments += ["-H", field]
    if body is not None:
        (tmp_path / "body").write_bytes(body)
        arguments += ["-d", str(tmp_path / "body")]
    out = subprocess.run([*arguments, f"http://{server.address}{path}"], capture_output=True, text=True).stdout
    answer = dict(re.findall(r"recv \(stream_id=\d+\) (:?[^:\s]+): (.*)", out))
    answer[":body-bytes"] = str(sum(int(size) for size in re.findall(r"recv DATA frame <length=(\d+)", out)))
    return answer


# --- requests that are not gRPC


def test_get_is_answered_with_a_short_text(server):
    answer = nghttp(server, "/")
    assert answer[":status"] == "200"
    assert answer["content-type"].startswith("text/plain")
    assert 0 < int(answer[":body-bytes"]) < 200
    assert "grpc-status" not in answer


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "application/grpc-web", "application/grpcx"])
def test_other_content_types_are_415(server, tmp_path, content_type):
    answer = nghttp(server, UNARY, f"content-type: {content_type}", "te: trailers", body=message(b""), tmp_path=tmp_path)
    assert answer[":status"] == "415"
    assert "grpc-status" not in answer


def test_no_content_type_is_415(server, tmp_path):
    assert nghttp(server, UNARY, "te: trailers", body=message(b""), tmp_path=tmp_path)[":status"] == "415"


@pytest.mark.parametrize("content_type", ["application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8"])
def test_grpc_content_types_are_served(server, tmp_path, content_type):
    answer = nghttp(server, UNARY, f"content-type: {content_type}", "te: trailers", body=message(b""), tmp_path=tmp_path)
    assert (answer[":status"], answer["grpc-status"]) == ("200", "0")


@pytest.mark.parametrize("content_type", ["application/grpc+json", "application/grpc+thrift"])
def test_messages_of_another_format_are_unimplemented(server, tmp_path, content_type):
    answer = nghttp(server, UNARY, f"content-type: {content_type}", "te: trailers", body=message(b""), tmp_path=tmp_path)
    assert (answer[":status"], answer["grpc-status"]) == ("200", "12")
    assert content_type in answer["grpc-message"]


def test_put_is_405(server, tmp_path):
    fields = [":method: PUT", "content-type: application/grpc", "te: trailers"]
    assert nghttp(server, UNARY, *fields, body=message(b""), tmp_path=tmp_path)[":status"] == "405"


@pytest.mark.parametrize("timeout", ["1", "S", "123456789S", "1s", "-1S", "1 S", "1.5S", "0x1S"])
def test_garbage_for_a_timeout_is_internal(server, tmp_path, timeout):
    fields = ["content-type: application/grpc", "te: trailers", f"grpc-timeout: {timeout}"]
    answer = nghttp(server, UNARY, *fields, body=message(b""), tmp_path=tmp_path)
    assert (answer[":status"], answer["grpc-status"]) == ("200", "13")
    assert "grpc-timeout" in answer["grpc-message"]


@pytest.mark.parametrize("unit", "HMSmun")
def test_every_unit_of_a_timeout_is_known(server, tmp_path, unit):
    fields = ["content-type: application/grpc", "te: trailers", f"grpc-timeout: 99999999{unit}"]
    answer = nghttp(server, UNARY, *fields, body=message(b""), tmp_path=tmp_path)
    assert answer["grpc-status"] == "0"


def test_timeout_of_zero_has_passed(server, tmp_path):
    fields = ["content-type: application/grpc", "te: trailers", "grpc-timeout: 0S"]
    assert nghttp(server, UNARY, *fields, body=message(b""), tmp_path=tmp_path)["grpc-status"] == "4"


def test_unknown_encoding_is_unimplemented_and_lists_the_known_ones(server, tmp_path):
    fields = ["content-type: application/grpc", "te: trailers", "grpc-encoding: snappy-of-tomorrow"]
    answer = nghttp(server, UNARY, *fields, body=message(b"", flag=1), tmp_path=tmp_path)
    assert answer["grpc-status"] == "12"
    assert "identity" in answer["grpc-accept-encoding"]


def test_compressed_flag_without_an_encoding_is_internal(server, tmp_path):
    fields = ["content-type: application/grpc", "te: trailers"]
    answer = nghttp(server, UNARY, *fields, body=message(b"", flag=1), tmp_path=tmp_path)
    assert answer["grpc-status"] == "13"


@pytest.mark.parametrize("body", [b"\0", b"\0\0\0\0", message(b"abc", announced=10), message(b"", flag=7)])
def test_cut_and_malformed_messages_are_internal(server, tmp_path, body):
    fields = ["content-type: application/grpc", "te: trailers"]
    assert nghttp(server, UNARY, *fields, body=body, tmp_path=tmp_path)["grpc-status"] == "13"


def test_bad_base64_in_binary_metadata_is_internal(server, tmp_path):
    fields = ["content-type: application/grpc", "te: trailers", "x-data-bin: *not base64*"]
    assert nghttp(server, UNARY, *fields, body=message(b""), tmp_path=tmp_path)["grpc-status"] == "13"


# --- connections that are not HTTP/2


@pytest.mark.parametrize(
    "greeting",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 600,
        b"\0" * 4096,
        b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    ],
    ids=["HTTP/1.1", "TLS", "zeros", "nearly a preface"],
)
def test_other_protocols_are_told_and_closed(stubs, echo, server, greeting):
    client = RawClient(server.port, greet=False)
    client.send(greeting)
    frames = client.frames_until(lambda _: False)
    assert frames and frames[-1].type == GOAWAY
    assert frames[-1].error_code == 1  # PROTOCOL_ERROR
    assert echo.Unary(stubs.echo.EchoRequest(text="fine")).text == "fine"


def test_connections_that_say_nothing_cost_nothing_once_closed(stubs, echo, server):
    assert echo.Unary(stubs.echo.EchoRequest(text="first")).text == "first"
    before = server.open_files()
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
    assert eventually(lambda: server.open_files() == before + 100)
    for one in silent:
        one.close()
    assert eventually(lambda: server.open_files() == before)


# --- clients that break off


@pytest.mark.parametrize("leave", ["reset", "close"])
def test_peer_that_vanishes_in_the_middle_of_a_message(observe, server, leave):
    client = RawClient(server.port)
    client.request(1, grpc_request(STREAM))
    client.data(1, message(b"x" * 10, announced=1000))
    assert eventually(lambda: observe().running == 1)
    getattr(client, leave)()
    assert eventually(lambda: observe().running == 0)
    assert observe().cancelled == 1


def test_peer_that_closes_its_sending_side(observe, server):
    client = RawClient(server.port)
    client.request(1, grpc_request(STREAM))
    client.data(1, message(b""))
    assert eventually(lambda: observe().running == 1)
    client.socket.shutdown(socket.SHUT_WR)
    assert eventually(lambda: observe().running == 0)
    client.close()


def test_stream_reset_by_the_peer_cancels_its_handler(observe, server):
    client = RawClient(server.port)
    client.request(1, grpc_request("/parlance.testing.Echo/UntilCancelled"))
    client.data(1, message(b""), end_stream=True)
    assert eventually(lambda: observe().running == 1)
    client.send(b"\0\0\4\3\0\0\0\0\1" + b"\0\0\0\x08")  # RST_STREAM(CANCEL)
    assert eventually(lambda: observe().running == 0)
    assert observe().cancelled == 1
    assert client.answers()
    client.close()


def test_server_that_answers_early_resets_the_rest_of_the_request(server):
    client = RawClient(server.port)
    client.request(1, grpc_request("/no.such/Method"))
    frames = client.frames_until(lambda got: got.type == RST_STREAM)
    assert HEADERS in [got.type for got in frames]
    assert frames[-1].error_code == 0  # NO_ERROR, RFC 9113 section 8.1
    assert client.answers()
    client.close()


def test_message_that_comes_byte_by_byte(server):
    client = RawClient(server.port)
    client.request(1, grpc_request(UNARY))
    framed = message(b"\x0a\x03abc")
    for i in range(len(framed)):
        client.data(1, framed[i : i + 1], end_stream=i + 1 == len(framed))
    frames = client.frames_until(lambda got: got.type == HEADERS and got.flags & 1)
    assert b"\x0a\x03abc" in b"".join(got.payload for got in frames if got.type == DATA)
    client.close()


def test_rapid_reset_ends_the_connection_and_not_the_server(stubs, echo, server):
    client = RawClient(server.port)
    try:
        for stream in range(1, 40_001, 2):
            client.request(stream, grpc_request(UNARY))
            client.send(b"\0\0\4\3\0" + stream.to_bytes(4, "big") + b"\0\0\0\x08")
    except OSError:
        pass  # the server has closed
    frames = client.frames_until(lambda got: got.type == GOAWAY)
    assert not frames or frames[-1].type != GOAWAY or frames[-1].error_code == 11  # ENHANCE_YOUR_CALM
    assert echo.Unary(stubs.echo.EchoRequest(text="fine")).text == "fine"
    client.close()


def test_slow_dribble_of_connections_that_vanish_leaves_no_descriptor(observe, server):
    assert observe().running == 0
    before = server.open_files()
    for i in range(100):
        client = RawClient(server.port)
        client.request(1, grpc_request(STREAM))
        if i % 2:
            client.reset()
        else:
            client.close()
    assert eventually(lambda: server.open_files() == before)
    assert eventually(lambda: observe().running == 0)
