"""The Open Inference Protocol v2 by the clients that people have: tritonclient over HTTP, and KServe's SDK over both forms."""

import asyncio

import httpx
import numpy
import pytest
import tritonclient.http
import tritonclient.http.aio
from tritonclient.utils import InferenceServerException

from support import kserve_sdk
from support.digits import held_out

ROWS = numpy.array([pixels for _, pixels in held_out()[:5]], numpy.float32)
LABELS = [label for label, _ in held_out()[:5]]


@pytest.fixture
def triton(model_server):
    with tritonclient.http.InferenceServerClient(model_server.address, concurrency=4) as client:
        yield client


@pytest.fixture(scope="module")
def sdk():
    return kserve_sdk.load()


def inputs(binary: bool, rows=ROWS):
    tensor = tritonclient.http.InferInput("features", list(rows.shape), "FP32")
    tensor.set_data_from_numpy(rows, binary_data=binary)
    return [tensor]


def outputs(binary: bool):
    return [tritonclient.http.InferRequestedOutput("probabilities", binary_data=binary)]


def test_triton_asks_what_there_is(triton):
    assert triton.is_server_live() and triton.is_server_ready()
    assert triton.is_model_ready("digits") and triton.is_model_ready("digits", "1")
    assert not triton.is_model_ready("digits", "7") and not triton.is_model_ready("nothing")
    assert triton.get_server_metadata()["name"] == "parlance"
    assert triton.get_model_metadata("digits")["inputs"] == [{"name": "features", "datatype": "FP32", "shape": [-1, 64]}]
    assert triton.get_inference_statistics("digits", "1")["model_stats"][0]["name"] == "digits"


@pytest.mark.parametrize("binary_out", [True, False, None])
@pytest.mark.parametrize("binary_in", [True, False])
def test_triton_infers(triton, binary_in, binary_out):
    asked = None if binary_out is None else outputs(binary_out)
    result = triton.infer("digits", inputs(binary_in), outputs=asked, request_id="7", priority=2, timeout=10_000_000)
    assert result.get_response()["id"] == "7"
    assert result.as_numpy("probabilities").argmax(axis=1).tolist() == LABELS


def test_triton_gets_the_same_bytes_in_every_form(triton):
    answers = {triton.infer("digits", inputs(binary_in), outputs=outputs(binary_out)).as_numpy("probabilities").tobytes()
               for binary_in in (True, False) for binary_out in (True, False)}
    assert len(answers) == 1


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_triton_compresses(triton, coding):
    result = triton.infer("digits", inputs(True), outputs=outputs(True), request_compression_algorithm=coding,
                          response_compression_algorithm=coding)
    assert result.as_numpy("probabilities").argmax(axis=1).tolist() == LABELS


def test_triton_asks_side_by_side(triton):
    running = [triton.async_infer("digits", inputs(True, ROWS[[i % 5]])) for i in range(20)]
    assert [one.get_result().as_numpy("probabilities").argmax() for one in running] == LABELS * 4


def test_triton_of_asyncio(model_server):
    async def ask():
        async with tritonclient.http.aio.InferenceServerClient(model_server.address) as client:
            assert await client.is_server_ready()
            return await asyncio.gather(*[client.infer("digits", inputs(binary), outputs=outputs(binary)) for binary in (True, False)])

    for result in asyncio.run(ask()):
        assert result.as_numpy("probabilities").argmax(axis=1).tolist() == LABELS


def test_triton_is_told_what_is_wrong(triton):
    with pytest.raises(InferenceServerException, match="Request for unknown model: 'dogs' is not found") as failed:
        triton.infer("dogs", inputs(True))
    assert failed.value.status() == "404"
    with pytest.raises(InferenceServerException, match=r"Expected \[-1,64\], got \[5,32\]") as failed:
        triton.infer("digits", inputs(True, ROWS[:, :32]))
    assert failed.value.status() == "400"


def test_triton_of_a_text(triton):
    text = tritonclient.http.InferInput("text_input", [1], "BYTES")
    text.set_data_from_numpy(numpy.array(["It was a truth"], object))
    result = triton.infer("storyteller", [text], parameters={"max_tokens": 8})
    assert result.as_numpy("text_output")[0].decode()


@pytest.mark.parametrize("http2", [False, True])
@pytest.mark.parametrize("binary", [False, True])
def test_kserve_over_rest(sdk, model_server, http2, binary):
    url = f"http://{model_server.address}"

    async def ask():
        transport = httpx.AsyncHTTPTransport(http1=not http2, http2=http2)
        async with sdk.clients.InferenceRESTClient(sdk.clients.RESTConfig(protocol="v2", transport=transport)) as client:
            assert await client.is_server_live(url) and await client.is_server_ready(url)
            assert await client.is_model_ready(url, "digits")
            assert not await client.is_model_ready(url, "nothing")
            tensor = sdk.types.InferInput("features", list(ROWS.shape), "FP32")
            tensor.set_data_from_numpy(ROWS, binary_data=binary)
            wanted = [sdk.types.RequestedOutput("probabilities", {"binary_data": binary})]
            request = sdk.types.InferRequest("digits", [tensor], request_outputs=wanted)
            with pytest.raises(httpx.HTTPStatusError, match="Request for unknown model: 'dogs' is not found"):
                await client.infer(url, request, model_name="dogs")
            return await client.infer(url, request, model_name="digits")

    assert asyncio.run(ask()).outputs[0].as_numpy().argmax(axis=1).tolist() == LABELS


def test_kserve_over_grpc(sdk, model_server):
    async def ask():
        async with sdk.clients.InferenceGRPCClient(model_server.address) as client:
            assert await client.is_server_live() and await client.is_server_ready() and await client.is_model_ready("digits")
            tensor = sdk.types.InferInput("features", list(ROWS.shape), "FP32")
            tensor.set_data_from_numpy(ROWS, binary_data=False)
            return await client.infer(sdk.types.InferRequest("digits", [tensor]))

    assert asyncio.run(ask()).outputs[0].as_numpy().argmax(axis=1).tolist() == LABELS
