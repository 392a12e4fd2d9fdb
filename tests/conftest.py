"""Fixtures: stubs, the test server, a channel to it, certificates."""

from pathlib import Path

import grpc
import pytest

from support import stubs as stub_maker
from support import tensorflow_protos
from support.certificates import make_certificates
from support.process import ROOT, ServerProcess
from support.repositories import serve

# One connection a channel, and no attempt but the one the test makes.
CHANNEL_OPTIONS = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)]
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


@pytest.fixture(scope="session")
def stubs(tmp_path_factory):
    return stub_maker.generate(tmp_path_factory.mktemp("stubs"))


@pytest.fixture(scope="session")
def tensorflow_serving(tmp_path_factory):
    return tensorflow_protos.client(tmp_path_factory.mktemp("tensorflow"))


@pytest.fixture
def start_server():
    """start_server(*arguments) runs parlance-test-server with these arguments until the test ends."""
    started = []

    def start(*arguments: str) -> ServerProcess:
        started.append(ServerProcess("parlance-test-server", *arguments))
        return started[-1]

    yield start
    for server in started:
        server.kill()


@pytest.fixture
def server(start_server) -> ServerProcess:
    return start_server()


@pytest.fixture
def open_channel():
    """open_channel(server, options) gives a channel that is closed when the test ends."""
    opened = []

    def open_one(server: ServerProcess, options=()) -> grpc.Channel:
        opened.append(grpc.insecure_channel(server.address, options=[*CHANNEL_OPTIONS, *options]))
        return opened[-1]

    yield open_one
    for channel in opened:
        channel.close()


@pytest.fixture
def channel(server, open_channel) -> grpc.Channel:
    return open_channel(server)


@pytest.fixture
def echo(stubs, channel):
    """The stub of the test service."""
    return stubs.echo_grpc.EchoStub(channel)


@pytest.fixture
def observe(stubs, echo):
    """observe() is what the server's handlers saw up to now."""
    return lambda: echo.Observe(stubs.echo.ObserveRequest())


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> Path:
    """A folder with ca.pem, server.pem, server.key, client.pem and client.key."""
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    return folder


@pytest.fixture(scope="session")
def model_server():
    """One `parlance serve` for all tests that only ask it something."""
    with serve() as server:
        yield server


@pytest.fixture(scope="session")
def model_channel(model_server):
    with grpc.insecure_channel(model_server.address, options=CHANNEL_OPTIONS) as channel:
        yield channel


@pytest.fixture(scope="session")
def inference(stubs, model_channel):
    """The stub of inference.InferenceService."""
    return stubs.inference_grpc.InferenceServiceStub(model_channel)
