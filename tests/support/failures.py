"""What a failed call says."""

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status


def failure_of(call, *arguments, **options) -> grpc.RpcError:
    """The error that the call ends with."""
    with pytest.raises(grpc.RpcError) as failed:
        call(*arguments, **options)
    return failed.value


def error_info(failure: grpc.RpcError) -> error_details_pb2.ErrorInfo:
    """Its ErrorInfo."""
    info = error_details_pb2.ErrorInfo()
    assert any(detail.Unpack(info) for detail in rpc_status.from_call(failure).details), failure
    return info
