"""What tensorflow-serving-api needs of tensorflow: its messages, made of our protos under tensorflow's own file names."""

import sys
from pathlib import Path
from types import SimpleNamespace

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


def client(out: Path) -> SimpleNamespace:
    """The real client, its files made in `out`: messages and stubs of tensorflow-serving-api."""
    generate(out)
    from tensorflow.core.example import example_pb2
    from tensorflow.core.framework import tensor_pb2
    from tensorflow_serving.apis import (classification_pb2, get_model_metadata_pb2, get_model_status_pb2, inference_pb2,
                                         model_management_pb2, model_pb2, model_service_pb2_grpc, predict_pb2,
                                         prediction_service_pb2_grpc, regression_pb2)
    return SimpleNamespace(
        example=example_pb2, tensor=tensor_pb2, classification=classification_pb2, metadata=get_model_metadata_pb2,
        status=get_model_status_pb2, inference=inference_pb2, management=model_management_pb2, model=model_pb2,
        model_service=model_service_pb2_grpc, predict=predict_pb2, prediction_service=prediction_service_pb2_grpc,
        regression=regression_pb2)
