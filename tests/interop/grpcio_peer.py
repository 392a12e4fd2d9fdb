"""gRPC's interoperability tests on grpcio: TestService, and the cases of a client. grpcio does not tell whether a message
came compressed, so its server cannot serve the cases client_compressed_*, and its client cannot check the server_compressed_*."""

import time
from concurrent import futures

import grpc

LARGE_REQUEST, LARGE_RESPONSE = 271_828, 314_159
REQUEST_SIZES = [27_182, 8, 1_828, 45_904]
RESPONSE_SIZES = [31_415, 9, 2_653, 58_979]
ECHO_INITIAL, ECHO_TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"
PATIENCE_S = 60
GZIP = grpc.Compression.Gzip
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]


def echo_metadata(context) -> None:
    received = dict(context.invocation_metadata())
    if ECHO_INITIAL in received:
        context.send_initial_metadata([(ECHO_INITIAL, received[ECHO_INITIAL])])
    if ECHO_TRAILING in received:
        context.set_trailing_metadata([(ECHO_TRAILING, received[ECHO_TRAILING])])


def obey_status(request, context) -> None:
    if request.response_status.code:
        code = next(code for code in grpc.StatusCode if code.value[0] == request.response_status.code)
        context.abort(code, request.response_status.message)


def make_servicer(stubs):
    messages, empty = stubs.interop_messages, stubs.interop_empty

    class TestService(stubs.interop_grpc.TestServiceServicer):
        def EmptyCall(self, request, context):
            return empty.Empty()

        def UnaryCall(self, request, context):
            if request.response_compressed.value:
                context.set_compression(GZIP)
            echo_metadata(context)
            obey_status(request, context)
            response = messages.SimpleResponse(payload={"body": bytes(request.response_size)})
            if request.fill_server_id:
                response.server_id = "grpcio"
            return response

        CacheableUnaryCall = UnaryCall

        def _responses(self, request, context):
            for wanted in request.response_parameters:
                time.sleep(wanted.interval_us / 1e6)
                if not wanted.compressed.value:
                    context.disable_next_message_compression()
                yield messages.StreamingOutputCallResponse(payload={"body": bytes(wanted.size)})

        def StreamingOutputCall(self, request, context):
            context.set_compression(GZIP)
            yield from self._responses(request, context)

        def StreamingInputCall(self, requests, context):
            size = sum(len(request.payload.body) for request in requests)
            return messages.StreamingInputCallResponse(aggregated_payload_size=size)

        def FullDuplexCall(self, requests, context):
            echo_metadata(context)
            for request in requests:
                obey_status(request, context)
                yield from self._responses(request, context)

        def HalfDuplexCall(self, requests, context):
            for request in list(requests):
                yield from self._responses(request, context)

    return TestService()


class GrpcioServer:
    """TestService on a free port until the `with` ends. With a folder of certificates: over TLS."""

    def __init__(self, stubs, certificates=None):
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
        stubs.interop_grpc.add_TestServiceServicer_to_server(make_servicer(stubs), self._server)
        if certificates is None:
            self.port = self._server.add_insecure_port("127.0.0.1:0")
        else:
            pair = ((certificates / "server.key").read_bytes(), (certificates / "server.pem").read_bytes())
            self.port = self._server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))

    def __enter__(self) -> "GrpcioServer":
        self._server.start()
        return self

    def __exit__(self, *_) -> None:
        self._server.stop(grace=None).wait()


def open_channel(port: int, certificates=None) -> grpc.Channel:
    if certificates is None:
        return grpc.insecure_channel(f"127.0.0.1:{port}", options=UNLIMITED)
    roots = grpc.ssl_channel_credentials((certificates / "ca.pem").read_bytes())
    return grpc.secure_channel(f"localhost:{port}", roots, options=UNLIMITED)


def status_of(call) -> tuple[grpc.StatusCode, str]:
    """Of an RPC that was started as a future, or of a stream that is read to its end."""
    try:
        call.result(timeout=PATIENCE_S)
    except grpc.FutureCancelledError:
        pass
    except grpc.RpcError:
        pass
    return call.code(), call.details()


class Client:
    """Each method that has the name of a case is one; it fails by an assertion."""

    def __init__(self, stubs, channel: grpc.Channel):
        self._messages, self._empty = stubs.interop_messages, stubs.interop_empty
        self._stub = stubs.interop_grpc.TestServiceStub(channel)
        self._unimplemented = stubs.interop_grpc.UnimplementedServiceStub(channel)

    CASES = [
        "empty_unary", "cacheable_unary", "large_unary", "client_compressed_unary", "server_compressed_unary",
        "client_streaming", "client_compressed_streaming", "server_streaming", "server_compressed_streaming",
        "ping_pong", "empty_stream", "custom_metadata", "status_code_and_message", "special_status_message",
        "unimplemented_method", "unimplemented_service", "cancel_after_begin", "cancel_after_first_response",
        "timeout_on_sleeping_server", "pick_first_unary",
    ]

    def _large_request(self, **fields):
        payload = {"body": bytes(LARGE_REQUEST)}
        return self._messages.SimpleRequest(response_size=LARGE_RESPONSE, payload=payload, **fields)

    def _output_request(self, *sizes: int, body: int = 0, **parameters):
        wanted = [{"size": size, **parameters} for size in sizes]
        return self._messages.StreamingOutputCallRequest(response_parameters=wanted, payload={"body": bytes(body)})

    def _input_request(self, size: int, **fields):
        return self._messages.StreamingInputCallRequest(payload={"body": bytes(size)}, **fields)

    def empty_unary(self):
        assert self._stub.EmptyCall(self._empty.Empty()) == self._empty.Empty()

    def large_unary(self, **options):
        assert self._stub.UnaryCall(self._large_request(), **options).payload.body == bytes(LARGE_RESPONSE)

    def cacheable_unary(self):
        request = self._messages.SimpleRequest(payload={"body": str(time.time_ns()).encode()})
        call = {"request": request, "metadata": [("x-user-ip", "1.2.3.4")]}
        assert self._stub.CacheableUnaryCall(**call) == self._stub.CacheableUnaryCall(**call)

    def client_compressed_unary(self):
        says_so = self._large_request(expect_compressed={"value": True})
        assert status_of(self._stub.UnaryCall.future(says_so))[0] is grpc.StatusCode.INVALID_ARGUMENT
        response = self._stub.UnaryCall(says_so, compression=GZIP)
        assert response.payload.body == bytes(LARGE_RESPONSE)
        response = self._stub.UnaryCall(self._large_request(expect_compressed={"value": False}))
        assert response.payload.body == bytes(LARGE_RESPONSE)

    def server_compressed_unary(self):
        for compressed in (True, False):
            response = self._stub.UnaryCall(self._large_request(response_compressed={"value": compressed}))
            assert response.payload.body == bytes(LARGE_RESPONSE)

    def client_streaming(self):
        response = self._stub.StreamingInputCall(self._input_request(size) for size in REQUEST_SIZES)
        assert response.aggregated_payload_size == 74_922

    def client_compressed_streaming(self):
        says_so = self._input_request(27_182, expect_compressed={"value": True})
        assert status_of(self._stub.StreamingInputCall.future(iter([says_so])))[0] is grpc.StatusCode.INVALID_ARGUMENT
        response = self._stub.StreamingInputCall(iter([says_so]), compression=GZIP)
        assert response.aggregated_payload_size == 27_182

    def server_streaming(self, **parameters):
        responses = self._stub.StreamingOutputCall(self._output_request(*RESPONSE_SIZES, **parameters))
        assert [len(response.payload.body) for response in responses] == RESPONSE_SIZES

    def server_compressed_streaming(self):
        self.server_streaming(compressed={"value": True})

    def ping_pong(self):
        received = []

        def requests():
            for count, (request, response) in enumerate(zip(REQUEST_SIZES, RESPONSE_SIZES)):
                assert len(received) == count
                yield self._output_request(response, body=request)
                while len(received) == count:
                    time.sleep(0.001)

        for response in self._stub.FullDuplexCall(requests()):
            received.append(len(response.payload.body))
        assert received == RESPONSE_SIZES

    def empty_stream(self):
        assert list(self._stub.FullDuplexCall(iter([]))) == []

    def custom_metadata(self):
        sent = [(ECHO_INITIAL, "test_initial_metadata_value"), (ECHO_TRAILING, b"\xab\xab\xab")]
        unary = self._stub.UnaryCall.future(self._large_request(), metadata=sent)
        assert len(unary.result().payload.body) == LARGE_RESPONSE
        duplex = self._stub.FullDuplexCall(iter([self._output_request(LARGE_RESPONSE)]), metadata=sent)
        assert [len(response.payload.body) for response in duplex] == [LARGE_RESPONSE]
        for call in (unary, duplex):
            assert sent[0] in list(call.initial_metadata())
            assert sent[1] in list(call.trailing_metadata())

    def _expect_status(self, message: str):
        wanted = {"code": 2, "message": message}
        expected = (grpc.StatusCode.UNKNOWN, message)
        request = self._messages.SimpleRequest(response_status=wanted)
        assert status_of(self._stub.UnaryCall.future(request)) == expected
        request = self._messages.StreamingOutputCallRequest(response_status=wanted)
        duplex = self._stub.FullDuplexCall(iter([request]))
        assert (duplex.code(), duplex.details()) == expected

    def status_code_and_message(self):
        self._expect_status("test status message")

    def special_status_message(self):
        self._expect_status("\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001F608\t\n")

    def unimplemented_method(self):
        call = self._stub.UnimplementedCall.future(self._empty.Empty())
        assert status_of(call)[0] is grpc.StatusCode.UNIMPLEMENTED

    def unimplemented_service(self):
        call = self._unimplemented.UnimplementedCall.future(self._empty.Empty())
        assert status_of(call)[0] is grpc.StatusCode.UNIMPLEMENTED

    def cancel_after_begin(self):
        call = self._stub.StreamingInputCall.future(self._input_request(size) for size in REQUEST_SIZES)
        call.cancel()
        assert call.code() is grpc.StatusCode.CANCELLED

    def _one_exchange_and_then_silence(self, **options):
        done = []

        def requests():
            yield self._output_request(RESPONSE_SIZES[0], body=REQUEST_SIZES[0])
            while not done:
                time.sleep(0.001)

        return self._stub.FullDuplexCall(requests(), **options), done

    def cancel_after_first_response(self):
        call, done = self._one_exchange_and_then_silence()
        assert len(next(call).payload.body) == RESPONSE_SIZES[0]
        call.cancel()
        assert call.code() is grpc.StatusCode.CANCELLED
        done.append(True)

    def timeout_on_sleeping_server(self):
        call, done = self._one_exchange_and_then_silence(timeout=0.001)
        assert call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        done.append(True)

    def pick_first_unary(self):
        request = self._messages.SimpleRequest(response_size=1, fill_server_id=True)
        ids = {self._stub.UnaryCall(request).server_id for _ in range(20)}
        assert len(ids) == 1 and ids.pop() != ""
