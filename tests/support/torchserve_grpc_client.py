"""A program in the shape of the client script that TorchServe's users have: stubs `inference_pb2` and `management_pb2` beside it,
those actions, those requests, one stub an action. `--inference` and `--management` say where (there: localhost:7070 and :7071)."""

import argparse
import queue
import sys
import threading

import grpc
import inference_pb2
import inference_pb2_grpc
import management_pb2
import management_pb2_grpc


def metadata_of(given) -> tuple:
    metadata = (("protocol", "gRPC"), ("session_id", "12345"))
    return (*metadata, ("authorization", f"Bearer {given.auth_token}")) if given.auth_token else metadata


def inference(given):
    return inference_pb2_grpc.InferenceAPIsServiceStub(grpc.insecure_channel(given.inference))


def management(given):
    return management_pb2_grpc.ManagementAPIsServiceStub(grpc.insecure_channel(given.management))


def request_of(given, file: str, **fields):
    with open(file, "rb") as source:
        return inference_pb2.PredictionsRequest(model_name=given.model_name, input={"data": source.read()}, **fields)


def infer(given) -> None:
    response = inference(given).Predictions(request_of(given, given.model_input), metadata=metadata_of(given))
    print(response.prediction.decode("utf-8"))


def infer_stream(given) -> None:
    for response in inference(given).StreamPredictions(request_of(given, given.model_input), metadata=metadata_of(given)):
        print(response.prediction.decode("utf-8"))


def infer_stream2(given) -> None:
    """Requests are handed in while the stream is open; a thread takes the responses; then the stream is closed."""
    requests, responses = queue.Queue(), queue.Queue()
    stream = inference(given).StreamPredictions2(iter(requests.get, None), metadata=metadata_of(given))
    reading = threading.Thread(target=lambda: [responses.put(response) for response in stream])
    reading.start()
    files = [file.strip() for file in given.input_files.split(",")]
    for file in files:
        requests.put(request_of(given, file, sequence_id=given.sequence_id))
    for _ in files:
        print(responses.get(timeout=60))
    print("Sequence completed!")
    requests.put(None)
    reading.join(timeout=60)


def register(given) -> None:
    archive = f"{given.model_name}.mar"
    if archive not in (given.mar_set or "").split(","):
        archive = f"https://torchserve.s3.amazonaws.com/mar_files/{archive}"
    request = management_pb2.RegisterModelRequest(url=archive, initial_workers=1, synchronous=True, model_name=given.model_name)
    management(given).RegisterModel(request, metadata=metadata_of(given))
    print(f"Model {given.model_name} registered successfully")


def unregister(given) -> None:
    request = management_pb2.UnregisterModelRequest(model_name=given.model_name)
    management(given).UnregisterModel(request, metadata=metadata_of(given))
    print(f"Model {given.model_name} unregistered successfully")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--inference", required=True)
    parser.add_argument("--management", required=True)
    actions = parser.add_subparsers(required=True)
    for action, arguments in ((infer, ["model_input"]), (infer_stream, ["model_input"]), (infer_stream2, ["sequence_id", "input_files"]),
                              (register, ["mar_set"]), (unregister, [])):  # fmt: skip
        one = actions.add_parser(action.__name__)
        one.set_defaults(action=action)
        one.add_argument("model_name")
        for argument in arguments:
            one.add_argument(argument, nargs="?" if argument == "mar_set" else None)
        one.add_argument("--auth-token")
    given = parser.parse_args()
    try:
        given.action(given)
    except grpc.RpcError as failure:
        print(failure.details())
        sys.exit(1)


main()
