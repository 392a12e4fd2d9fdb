"""One process of a Python model: loads it, then runs it each time the server asks.

A message is a JSON object in a packet of the socket; tensors lie in memory that both sides share. The other side is
src/models/backends/python/messages.h."""

import array
import ctypes
import inspect
import json
import os
import signal
import socket
import sys

from pyworker import failure
from pyworker.failure import CannotLoad

SERVER = 3  # the file of the socket; worker_process.cpp has it, too
MOST_PACKET_BYTES = 64 * 1024
PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """However the server ends, this process does."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


class Server:
    """The other end."""

    def __init__(self) -> None:
        self.socket = socket.socket(fileno=SERVER)
        os.set_inheritable(SERVER, False)

    def receive(self) -> dict:
        packet = self.socket.recv(MOST_PACKET_BYTES)
        if not packet:
            os._exit(0)
        return json.loads(packet)

    def receive_with_files(self) -> tuple[dict, list[int]]:
        packet, ancillary, _, _ = self.socket.recvmsg(MOST_PACKET_BYTES, socket.CMSG_SPACE(8))
        files = array.array("i")
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                files.frombytes(data)
        if not packet or len(files) != 2:
            os._exit(0)
        for file in files:
            os.set_inheritable(file, False)
        return json.loads(packet), list(files)

    def send(self, message: dict) -> None:
        self.socket.sendall(json.dumps(message).encode())


class Runs:
    """The model once it is loaded."""

    def __init__(self, loaded, server: Server, memory) -> None:
        self.loaded = loaded
        self.server = server
        self.memory = memory
        self.has_parts = inspect.isgeneratorfunction(loaded.model.predict)
        self.streams = self.has_parts or hasattr(loaded.model, "stream")

    def run(self, message: dict) -> None:
        batch = self.memory.inputs(message, self.loaded.inputs)
        if message["stream"] and self.streams:
            return self.give_parts(batch)
        outputs = self.loaded.model.predict(batch)
        if self.has_parts:
            outputs = self.memory.joined(list(outputs))
        answer = self.memory.outputs(outputs, self.loaded.outputs)
        self.server.send(answer)
        if message["stream"]:
            self.server.receive()  # there is no other part, wanted or not
            self.server.send({"end": True})

    def give_parts(self, batch: dict) -> None:
        """The server says after each part whether it wants another."""
        call = self.loaded.model.predict if self.has_parts else self.loaded.model.stream
        parts = call(batch)
        for part in parts:
            self.server.send(self.memory.outputs(part, self.loaded.outputs))
            if self.server.receive()["op"] != "more":
                parts.close()
                break
        self.server.send({"end": True})


def load(server: Server) -> Runs:
    message, files = server.receive_with_files()
    try:
        from pyworker import model_source

        model_source.require_numpy()
        from pyworker.memory import Memory

        loaded = model_source.load(message["file"], message["config"])
        memory = Memory(*files, message["max_output_bytes"])
    except CannotLoad as problem:
        server.send({"error": {"text": str(problem)}})
        raise SystemExit(1) from None
    except BaseException as error:
        failure.print_stack(error)
        server.send({"error": {"text": failure.describe(error)}})
        raise SystemExit(1) from None
    runs = Runs(loaded, server, memory)
    server.send({"inputs": loaded.inputs, "outputs": loaded.outputs, "streams": runs.streams})
    return runs


def work(parent: int) -> int:
    end_with(parent)
    server = Server()
    runs = load(server)
    while True:
        message = server.receive()
        if message["op"] != "run":
            continue
        try:
            runs.run(message)
        except MemoryError as error:
            server.send({"error": {"text": failure.describe(error), "memory": True}})
        except BaseException as error:
            failure.print_stack(error)
            server.send({"error": {"text": failure.describe(error)}})
