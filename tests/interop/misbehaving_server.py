"""A server of TestService.UnaryCall that does on HTTP/2 what servers should not, or hardly ever do: the other side of gRPC's
negative HTTP/2 interoperability tests. It answers whatever it is asked with the large response."""

import socket
import struct
import threading

from support.raw_http2 import (
    ACK, DATA, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PREFACE, RST_STREAM, SETTINGS, WINDOW_UPDATE,
    RawConnection, frame, message,
)

INITIAL_WINDOW_SIZE, MAX_CONCURRENT_STREAMS = 4, 3
DEFAULT_WINDOW = 65_535
LARGE_RESPONSE = 314_159
RESPONSE_FIELDS = [(":status", "200"), ("content-type", "application/grpc")]


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def large_response() -> bytes:
    """SimpleResponse{payload{body: zeros}} behind its gRPC prefix."""
    payload = b"\x12" + _varint(LARGE_RESPONSE) + bytes(LARGE_RESPONSE)
    return message(b"\x0a" + _varint(len(payload)) + payload)


class Connection(RawConnection):
    """One client's connection, with the books of flow control; what it saw is for the test to look at."""

    def __init__(self, connected: socket.socket, case: str):
        super().__init__(connected)
        self.case = case
        self.open_streams = self.most_open_streams = 0
        self.pings_sent = self.pings_answered = 0
        self._initial_window = DEFAULT_WINDOW
        self._connection_window = DEFAULT_WINDOW
        self._credit: dict[int, int] = {}  # of streams, beside the initial window
        self._complete: list[int] = []  # streams whose request is there and not yet answered

    def run(self) -> None:
        if self._exactly(len(PREFACE)) != PREFACE:
            return
        settings = struct.pack("!HI", INITIAL_WINDOW_SIZE, 1 << 20)
        if self.case == "max_streams":
            settings += struct.pack("!HI", MAX_CONCURRENT_STREAMS, 1)
        self.send(frame(SETTINGS, payload=settings))
        self.send(frame(WINDOW_UPDATE, payload=struct.pack("!I", 1 << 30)))
        while self._take_frame():
            while self._complete:
                self._answer(self._complete.pop(0))

    def _take_frame(self) -> bool:
        """False at the end of the connection."""
        got = self.read_frame()
        if got is None:
            return False
        if got.type == HEADERS:
            self.open_streams += 1
            self.most_open_streams = max(self.most_open_streams, self.open_streams)
        if got.type in (HEADERS, DATA) and got.flags & END_STREAM:
            self._complete.append(got.stream)
        elif got.type == SETTINGS and not got.flags & ACK:
            for at in range(0, len(got.payload), 6):
                name, value = struct.unpack("!HI", got.payload[at:at + 6])
                if name == INITIAL_WINDOW_SIZE:
                    self._initial_window = value
            self.send(frame(SETTINGS, ACK))
        elif got.type == PING and got.flags & ACK:
            self.pings_answered += 1
        elif got.type == PING:
            self.send(frame(PING, ACK, payload=got.payload))
        elif got.type == WINDOW_UPDATE:
            increment = struct.unpack("!I", got.payload)[0]
            if got.stream == 0:
                self._connection_window += increment
            else:
                self._credit[got.stream] = self._credit.get(got.stream, 0) + increment
        return True

    def _answer(self, stream: int) -> None:
        self._ping()
        self.headers(stream, RESPONSE_FIELDS)
        response = large_response()
        if self.case == "rst_after_header":
            return self._reset_stream(stream)
        if self.case == "rst_during_data":
            response = response[:len(response) // 2]
        if self.case == "data_frame_padding":
            self._send_data(stream, response, chunk=100, padding=255)
        elif self.case == "no_df_padding_sanity_test":
            self._send_data(stream, response, chunk=100)
        else:
            self._send_data(stream, response, chunk=16_384)
        if self.case.startswith("rst_"):
            return self._reset_stream(stream)
        if self.case == "goaway":
            self.send(frame(GOAWAY, payload=struct.pack("!II", stream, 0)))
        while self.pings_answered < self.pings_sent:  # the client may be gone after the trailers
            if not self._take_frame():
                return
        self.open_streams -= 1
        self.headers(stream, [("grpc-status", "0")], end_stream=True)

    def _ping(self) -> None:
        if self.case == "ping":
            self.pings_sent += 1
            self.send(frame(PING, payload=struct.pack("!Q", self.pings_sent)))

    def _reset_stream(self, stream: int) -> None:
        self.open_streams -= 1
        self.send(frame(RST_STREAM, stream=stream, payload=struct.pack("!I", 0)))

    def _send_data(self, stream: int, data: bytes, chunk: int, padding: int | None = None) -> None:
        flags, before, after = (0, b"", b"") if padding is None else (PADDED, bytes([padding]), bytes(padding))
        for at in range(0, len(data), chunk):
            payload = before + data[at:at + chunk] + after
            while min(self._connection_window, self._initial_window + self._credit.get(stream, 0)) < len(payload):
                if not self._take_frame():
                    return
            self._connection_window -= len(payload)
            self._credit[stream] = self._credit.get(stream, 0) - len(payload)
            self.send(frame(DATA, flags, stream, payload))
            self._ping()


class MisbehavingServer:
    """Serves one of the cases on a free port until the `with` ends."""

    def __init__(self, case: str):
        self.connections: list[Connection] = []
        self._case = case
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return
            connected.settimeout(60)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections.append(Connection(connected, self._case))
            self._threads.append(threading.Thread(target=self._run, args=[self.connections[-1]]))
            self._threads[-1].start()

    @staticmethod
    def _run(connection: Connection) -> None:
        try:
            connection.run()
        except OSError:
            pass  # the client went away while it was answered

    def __enter__(self) -> "MisbehavingServer":
        self._threads[0].start()
        return self

    def __exit__(self, *_) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=60)
