"""channelz of a server whose figures another implementation's client has made: grpcio's, and grpcurl."""

import json
import socket
import subprocess

import grpc
import pytest

from support.process import eventually, tool


@pytest.fixture
def channelz(stubs, channel):
    return stubs.channelz_grpc.ChannelzStub(channel)


def only_server(stubs, channelz):
    (server,) = channelz.GetServers(stubs.channelz.GetServersRequest()).server
    return server


def sockets_of(stubs, channelz, server):
    request = stubs.channelz.GetServerSocketsRequest(server_id=server.ref.server_id)
    answer = channelz.GetServerSockets(request)
    assert answer.end
    ids = [ref.socket_id for ref in answer.socket_ref]
    return [channelz.GetSocket(stubs.channelz.GetSocketRequest(socket_id=one)).socket for one in ids]


def test_calls_of_a_client_are_counted(stubs, server, echo, channelz):
    for _ in range(5):
        echo.Unary(stubs.echo.EchoRequest(text="hello"))
    with pytest.raises(grpc.RpcError):
        channelz.GetSocket(stubs.channelz.GetSocketRequest(socket_id=1 << 40))
    data = only_server(stubs, channelz).data
    assert data.calls_started == 7  # with the question
    assert data.calls_succeeded == 5
    assert data.calls_failed == 1
    assert data.HasField("last_call_started_timestamp")


def test_a_socket_tells_its_addresses_streams_and_messages(stubs, server, echo, channelz):
    for _ in range(5):
        echo.Unary(stubs.echo.EchoRequest(text="hello"))
    (told,) = sockets_of(stubs, channelz, only_server(stubs, channelz))
    assert told.data.streams_started == 8  # with the three questions
    assert told.data.streams_succeeded == 7
    assert told.data.messages_received == 8
    assert told.data.messages_sent == 7
    assert told.data.local_flow_control_window.value > 0
    assert socket.inet_ntoa(told.local.tcpip_address.ip_address) == "127.0.0.1"
    assert told.local.tcpip_address.port == server.port
    assert socket.inet_ntoa(told.remote.tcpip_address.ip_address) == "127.0.0.1"


def test_a_connection_that_closes_is_forgotten(stubs, server, open_channel, channelz):
    with open_channel(server) as second:
        stubs.echo_grpc.EchoStub(second).Unary(stubs.echo.EchoRequest(text="hello"))
        assert len(sockets_of(stubs, channelz, only_server(stubs, channelz))) == 2
    assert eventually(lambda: len(sockets_of(stubs, channelz, only_server(stubs, channelz))) == 1)


def test_grpcurl_asks_by_reflection(server):
    command = [tool("grpcurl"), "-plaintext", server.address, "grpc.channelz.v1.Channelz/GetServers"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["end"] is True
    assert answer["server"][0]["ref"]["name"] == server.address
