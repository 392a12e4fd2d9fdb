"""What tensorflow-serving-api needs of tensorflow: its messages, made of our protos under tensorflow's own file names."""

import sys
from pathlib import Path

from grpc_tools import protoc

from support.process import ROOT

# The files that tensorflow-serving-api imports, and ours that has all of their messages.
FILES = {
    "tensorflow/core/framework/tensor.proto": "tfserving/tensor.proto",
    "tensorflow/core/example/example.proto": "tfserving/example.proto",
    "tensorflow/core/protobuf/meta_graph.proto": "tfserving/signature.proto",
    "xla/tsl/protobuf/error_codes.proto": "tfserving/error_codes.proto",
}
# Where it was before, and is still asked for.
ERROR_CODES = "tensorflow/core/protobuf/error_codes.proto"


def generate(out: Path) -> None:
    """From now on `tensorflow.core…_pb2` of FILES can be imported, and so tensorflow_serving.apis."""
    protoc_include = Path(protoc.__file__).parent / "_proto"
    for name, ours in FILES.items():
        text = (ROOT / "proto" / ours).read_text()
        for imported, original in ((ours, name) for name, ours in FILES.items()):
            text = text.replace(f'import "{imported}"', f'import "{original}"')
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text)
    (out / ERROR_CODES).write_text('syntax = "proto3";\nimport public "xla/tsl/protobuf/error_codes.proto";\n')
    for name in (*FILES, ERROR_CODES):
        assert protoc.main(["protoc", f"-I{out}", f"-I{protoc_include}", f"--python_out={out}", name]) == 0, name
    sys.path.insert(0, str(out))
