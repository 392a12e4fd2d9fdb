"""Python stubs, made from the project's own protos as any user would make them."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

from grpc_tools import protoc

from support.process import ROOT


def generate(out: Path) -> SimpleNamespace:
    """Modules `echo`, `echo_grpc`, `inference` and `inference_grpc`."""
    sources = {"echo": ("tests/protos", "testing/echo.proto"), "inference": ("proto", "parlance/inference.proto")}
    protoc_include = Path(protoc.__file__).parent / "_proto"
    modules = SimpleNamespace()
    sys.path.insert(0, str(out))
    for name, (folder, proto) in sources.items():
        arguments = [f"-I{ROOT / folder}", f"-I{protoc_include}", f"--python_out={out}", f"--grpc_python_out={out}"]
        assert protoc.main(["protoc", *arguments, proto]) == 0, f"protoc does not compile {proto}"
        module = proto.removesuffix(".proto").replace("/", ".")
        setattr(modules, name, importlib.import_module(f"{module}_pb2"))
        setattr(modules, f"{name}_grpc", importlib.import_module(f"{module}_pb2_grpc"))
    return modules
