"""What a call comes to when something is wrong: an exact status each, with its details."""

import grpc
import pytest
from google.rpc import code_pb2, error_details_pb2
from grpc_status import rpc_status

from support.failures import error_info, failure_of

IDENTITY = dict(request_serializer=lambda raw: raw, response_deserializer=lambda raw: raw)
SERVICE = "/parlance.testing.Echo"


@pytest.mark.parametrize(
    ("path", "details", "reason"),
    [
        (f"{SERVICE}/Nope", "unknown method 'Nope' of service 'parlance.testing.Echo'", "UNKNOWN_METHOD"),
        (f"{SERVICE}/unary", "unknown method 'unary' of service 'parlance.testing.Echo'", "UNKNOWN_METHOD"),
        ("/no.such.Service/M", "unknown service 'no.such.Service'", "UNKNOWN_SERVICE"),
        ("/Unary", "the path '/Unary' is not of the form /package.Service/Method", "MALFORMED_METHOD"),
        (f"{SERVICE}/NotServed", f"this server does not serve {SERVICE}/NotServed", "METHOD_NOT_SERVED"),
    ],
)
def test_what_is_not_served_is_unimplemented_and_named(channel, path, details, reason):
    failure = failure_of(channel.unary_unary(path, **IDENTITY), b"")
    assert failure.code() is grpc.StatusCode.UNIMPLEMENTED
    assert failure.details() == details
    assert (error_info(failure).reason, error_info(failure).domain) == (reason, "parlance")


@pytest.mark.parametrize("call_type", ["unary_stream", "stream_unary", "stream_stream"])
def test_unknown_method_of_every_call_type(channel, call_type):
    call = getattr(channel, call_type)(f"{SERVICE}/Nope", **IDENTITY)
    argument = b"x" if call_type.startswith("unary") else iter([b"x"] * 10)
    failure = failure_of(lambda: list(call(argument)) if call_type.endswith("stream") else call(argument))
    assert failure.code() is grpc.StatusCode.UNIMPLEMENTED


def test_what_a_handler_throws_is_unknown_and_stays_in_the_log(stubs, echo, server):
    failure = failure_of(echo.Unary, stubs.echo.EchoRequest(throw_text="the password is 1234"))
    assert failure.code() is grpc.StatusCode.UNKNOWN
    assert "1234" not in failure.details()
    assert error_info(failure).reason == "HANDLER_EXCEPTION"
    assert "1234" not in str(failure.trailing_metadata())
    assert f"{SERVICE}/Unary threw: the password is 1234" in server.log()


def test_what_a_streaming_handler_throws_comes_after_its_answers(stubs, echo):
    call = echo.ServerStreaming(stubs.echo.EchoRequest(text="t", response_count=3, throw_text="secret"))
    assert [next(call).text for _ in range(3)] == ["t"] * 3
    failure = failure_of(next, call)
    assert failure.code() is grpc.StatusCode.UNKNOWN
    assert "secret" not in failure.details()


@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK])
def test_every_status_code_arrives_with_its_text(stubs, echo, code):
    text = f"{code.name}: 100% “so”\n\ttab"
    failure = failure_of(
        echo.Unary, stubs.echo.EchoRequest(failure=stubs.echo.Failure(code=code.value[0], message=text))
    )
    assert (failure.code(), failure.details()) == (code, text)


def test_rich_details_arrive_as_google_rpc(stubs, echo):
    violation = error_details_pb2.BadRequest.FieldViolation(field="features", description="must not be empty")
    failure_request = stubs.echo.Failure(
        code=code_pb2.INVALID_ARGUMENT, message="bad", reason="WRONG", domain="test", metadata={"limit": "3"}
    )
    failure_request.details.add().Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    failure = failure_of(echo.Unary, stubs.echo.EchoRequest(failure=failure_request))

    status = rpc_status.from_call(failure)
    assert (status.code, status.message) == (code_pb2.INVALID_ARGUMENT, "bad")
    assert error_info(failure) == error_details_pb2.ErrorInfo(reason="WRONG", domain="test", metadata={"limit": "3"})
    bad_request = error_details_pb2.BadRequest()
    assert status.details[1].Unpack(bad_request)
    assert list(bad_request.field_violations) == [violation]


@pytest.mark.parametrize("garbage", [b"\xff\xff\xff\xff", b"\x0a\x05ab", b"\x0a\x02\xff\xfe"])
def test_garbage_for_a_message_is_internal(channel, garbage):
    failure = failure_of(channel.unary_unary(f"{SERVICE}/Unary", **IDENTITY), garbage)
    assert failure.code() is grpc.StatusCode.INTERNAL
    assert failure.details() == f"the message of {len(garbage)} bytes is not a valid parlance.testing.EchoRequest"
    assert error_info(failure).reason == "MESSAGE_NOT_PARSABLE"


def test_garbage_in_a_stream_is_internal(stubs, channel):
    call = channel.stream_stream(f"{SERVICE}/Bidi", **IDENTITY)
    responses = call(iter([stubs.echo.EchoRequest(text="good").SerializeToString(), b"\xff\xff"]))
    assert stubs.echo.EchoResponse.FromString(next(responses)).text == "good"
    assert failure_of(next, responses).code() is grpc.StatusCode.INTERNAL


@pytest.mark.parametrize("count, reason", [(0, "REQUEST_MISSING"), (2, "REQUEST_NOT_SINGLE")])
def test_a_unary_method_takes_exactly_one_request(channel, count, reason):
    call = channel.stream_unary(f"{SERVICE}/Unary", **IDENTITY)
    failure = failure_of(call, iter([b""] * count))
    assert failure.code() is grpc.StatusCode.UNIMPLEMENTED
    assert error_info(failure).reason == reason


def test_request_over_the_limit_names_both_sizes_and_the_knob(stubs, start_server, open_channel):
    server = start_server("--max-message", "1000")
    echo = stubs.echo_grpc.EchoStub(open_channel(server))
    request = stubs.echo.EchoRequest(payload=b"x" * 2000)
    failure = failure_of(echo.Unary, request)
    assert failure.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    info = error_info(failure)
    assert info.reason == "MESSAGE_TOO_LARGE"
    assert (info.metadata["observed"], info.metadata["limit"]) == (str(request.ByteSize()), "1000")
    for part in (str(request.ByteSize()), "1000", "max_receive_message"):
        assert part in failure.details()
    assert echo.Unary(stubs.echo.EchoRequest(text="fits")).text == "fits"


def test_compressed_request_is_answered_or_refused_as_grpc_says(stubs, echo):
    try:
        response = echo.Unary(stubs.echo.EchoRequest(text="z" * 1000), compression=grpc.Compression.Gzip)
        assert response.text == "z" * 1000
    except grpc.RpcError as failure:
        assert failure.code() is grpc.StatusCode.UNIMPLEMENTED
        assert error_info(failure).reason == "UNSUPPORTED_ENCODING"


def test_nobody_listening_is_unavailable(stubs, server, open_channel):
    server.terminate()
    assert server.wait() == 0
    failure = failure_of(stubs.echo_grpc.EchoStub(open_channel(server)).Unary, stubs.echo.EchoRequest())
    assert failure.code() is grpc.StatusCode.UNAVAILABLE
