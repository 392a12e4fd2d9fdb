"""Python stubs, made from the project's own protos as any user would make them."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import grpc
from grpc_tools import protoc

from support.process import ROOT


SOURCES = {
    "channelz": ("proto", "grpc/channelz/v1/channelz.proto"),
    "echo": ("tests/protos", "testing/echo.proto"),
    "inference": ("proto", "parlance/inference.proto"),
    "interop_empty": ("proto", "grpc/testing/empty.proto"),
    "interop_messages": ("proto", "grpc/testing/messages.proto"),
    "kserve_config": ("proto", "kserve/model_config.proto"),  # before the one that imports it
    "kserve": ("proto", "kserve/grpc_service.proto"),
    "management": ("proto", "parlance/management.proto"),
    "torchserve": ("proto", "torchserve/inference.proto"),
    "torchserve_management": ("proto", "torchserve/management.proto"),
    "torchserve_open_inference": ("proto", "torchserve/open_inference.proto"),
    "interop": ("proto", "grpc/testing/test.proto"),
}


def generate(out: Path) -> SimpleNamespace:
    """Two modules for each of SOURCES: `echo` has the messages, `echo_grpc` the stubs, and so on."""
    protoc_include = Path(protoc.__file__).parent / "_proto"
    modules = SimpleNamespace()
    sys.path.insert(0, str(out))
    grpc.__path__.append(str(out / "grpc"))  # the package grpc.testing lies within grpcio's
    for name, (folder, proto) in SOURCES.items():
        arguments = [f"-I{ROOT / folder}", f"-I{protoc_include}", f"--python_out={out}", f"--grpc_python_out={out}"]
        assert protoc.main(["protoc", *arguments, proto]) == 0, f"protoc does not compile {proto}"
        (out / proto).parent.joinpath("__init__.py").touch()  # before an installed package of that name, KServe's say
        module = proto.removesuffix(".proto").replace("/", ".")
        setattr(modules, name, importlib.import_module(f"{module}_pb2"))
        setattr(modules, f"{name}_grpc", importlib.import_module(f"{module}_pb2_grpc"))
    return modules
