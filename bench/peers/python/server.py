"""grpcio-bench-server: inference.InferenceService without a model on grpc.aio, in one process. The stubs are in the folder
that PYTHONPATH names."""

import argparse
import asyncio
from pathlib import Path

import grpc
from parlance import inference_pb2 as pb
from parlance import inference_pb2_grpc as stubs

MAX_MESSAGE_BYTES = 64 << 20
OPTIONS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    # Calls that wait for the event loop would be refused otherwise.
    ("grpc.server.max_pending_requests", 100_000),
    ("grpc.server.max_pending_requests_hard_limit", 100_000),
]


def predict(request):
    total = sum(request.features)
    return pb.PredictResponse(
        request_id=request.request_id, model_name=request.model_name, model_version=request.model_version,
        predictions=[total] * 10,
    )


class Inference(stubs.InferenceServiceServicer):
    async def Predict(self, request, context):
        return predict(request)

    async def BatchPredict(self, request, context):
        return pb.BatchPredictResponse(responses=[predict(one) for one in request.requests])

    async def Generate(self, request, context):
        for number in range(1, request.max_tokens + 1):
            token = pb.GenerateToken(request_id=request.request_id, token="token", token_id=number, log_prob=-0.5)
            if number == request.max_tokens:
                token.is_final = True
                token.finish_reason = "length"
            yield token

    async def StreamingPredict(self, requests, context):
        async for request in requests:
            yield predict(request)


async def serve(options: argparse.Namespace) -> None:
    server = grpc.aio.server(options=OPTIONS)
    stubs.add_InferenceServiceServicer_to_server(Inference(), server)
    ports = [server.add_insecure_port(f"127.0.0.1:{options.port}")]
    if options.cert:
        pair = (Path(options.key).read_bytes(), Path(options.cert).read_bytes())
        ports.append(server.add_secure_port(f"127.0.0.1:{options.tls_port}", grpc.ssl_server_credentials([pair])))
    await server.start()
    for port in ports:
        print(f"listening on 127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--tls-port", type=int, default=0)
parser.add_argument("--cert")
parser.add_argument("--key")
asyncio.run(serve(parser.parse_args()))
