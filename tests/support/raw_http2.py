"""HTTP/2 peers made of bytes, for what no well-behaved peer does."""

import socket
import struct
from dataclasses import dataclass

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8


@dataclass
class Frame:
    type: int
    flags: int
    stream: int
    payload: bytes

    @property
    def error_code(self) -> int:
        """Of RST_STREAM and GOAWAY."""
        return struct.unpack("!I", self.payload[4:8] if self.type == GOAWAY else self.payload[:4])[0]


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def _string(text: str) -> bytes:
    raw = text.encode()
    if len(raw) < 127:
        return bytes([len(raw)]) + raw
    rest, length = len(raw) - 127, bytearray([127])
    while rest >= 128:
        length.append(rest % 128 + 128)
        rest //= 128
    return bytes([*length, rest]) + raw


def header_block(fields: list[tuple[str, str]]) -> bytes:
    """Literal fields without indexing and without Huffman coding (RFC 7541 section 6.2.2)."""
    return b"".join(b"\0" + _string(name) + _string(value) for name, value in fields)


def grpc_request(path: str, **extra: str) -> list[tuple[str, str]]:
    fields = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test")]
    fields += [("te", "trailers"), ("content-type", "application/grpc")]
    return fields + [(name.replace("_", "-"), value) for name, value in extra.items()]


def message(payload: bytes, announced: int | None = None, flag: int = 0) -> bytes:
    """A gRPC message behind its prefix, which may lie about its length."""
    return struct.pack("!BI", flag, len(payload) if announced is None else announced) + payload


class RawConnection:
    """Either side of a connection: frames out of and into a socket."""

    def __init__(self, connected: socket.socket):
        self.socket = connected

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def headers(self, stream: int, fields: list[tuple[str, str]], end_stream: bool = False) -> None:
        flags = END_HEADERS | (END_STREAM if end_stream else 0)
        self.send(frame(HEADERS, flags, stream, header_block(fields)))

    def data(self, stream: int, payload: bytes, end_stream: bool = False) -> None:
        self.send(frame(DATA, END_STREAM if end_stream else 0, stream, payload))

    def _exactly(self, count: int) -> bytes | None:
        got = b""
        while len(got) < count:
            try:
                chunk = self.socket.recv(count - len(got))
            except ConnectionResetError:
                return None
            if not chunk:
                return None
            got += chunk
        return got

    def read_frame(self) -> Frame | None:
        """None at the end of the connection."""
        header = self._exactly(9)
        if header is None:
            return None
        length = int.from_bytes(header[:3], "big")
        kind, flags, stream = struct.unpack("!BBI", header[3:])
        payload = self._exactly(length)
        return None if payload is None else Frame(kind, flags, stream & 0x7FFFFFFF, payload)

    def frames_until(self, wanted) -> list[Frame]:
        """Frames up to and with the first for which `wanted(frame)` holds, or all up to the end."""
        frames = []
        while (got := self.read_frame()) is not None:
            frames.append(got)
            if wanted(got):
                break
        return frames

    def reset(self) -> None:
        """Goes away with a TCP RST, as a machine that lost its power does when it is back."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        self.socket.close()


class RawClient(RawConnection):
    def __init__(self, port: int, greet: bool = True):
        super().__init__(socket.create_connection(("127.0.0.1", port), timeout=30))
        if greet:
            self.send(PREFACE + frame(SETTINGS))

    def request(self, stream: int, fields: list[tuple[str, str]], end_stream: bool = False) -> None:
        self.headers(stream, fields, end_stream)

    def answers(self) -> bool:
        """Whether the connection still answers a PING."""
        self.send(frame(PING, payload=b"are-you?"))
        frames = self.frames_until(lambda got: got.type == PING and got.flags & ACK)
        return bool(frames) and frames[-1].type == PING
