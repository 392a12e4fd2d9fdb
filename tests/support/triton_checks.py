"""What NVIDIA's tritonclient gets from `parlance serve`, run by test_tritonclient.py as a program of its own: its stubs
and ours name the same messages, which one process cannot both hold.

    triton_checks.py ADDRESS ADMIN_ADDRESS      prints a line of JSON for each check: its name and, when it failed, why
"""

import asyncio
import json
import os
import queue
import sys
import time
import traceback

import grpc
import numpy
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
from tritonclient.utils import InferenceServerException, np_to_triton_dtype, serialize_byte_tensor
from tritonclient.utils import shared_memory as shm

PIXELS = (numpy.arange(64) % 17).astype(numpy.float32).reshape(1, 64)
NUMBERS = [numpy.bool_, numpy.uint8, numpy.uint16, numpy.uint32, numpy.uint64, numpy.int8, numpy.int16, numpy.int32, numpy.int64,
           numpy.float16, numpy.float32, numpy.float64]


def inputs_of(name: str, values: numpy.ndarray, datatype: str | None = None):
    tensor = triton.InferInput(name, values.shape, datatype or np_to_triton_dtype(values.dtype))
    tensor.set_data_from_numpy(values)
    return [tensor]


def digit():
    return inputs_of("features", PIXELS)


def refused(call, *arguments, **options) -> tuple[str, str]:
    try:
        call(*arguments, **options)
    except InferenceServerException as error:
        return error.status().removeprefix("StatusCode."), error.message()
    raise AssertionError("it was not refused")


def expect(observed, expected):
    assert observed == expected, f"{observed!r} is not {expected!r}"


class Region:
    """A shared memory object and the region of that name."""

    def __init__(self, client, name: str, size_bytes: int):
        self.client, self.name, self.size_bytes = client, name, size_bytes
        self.key = f"/parlance_{name}_{os.getpid()}"

    def __enter__(self):
        self.handle = shm.create_shared_memory_region(self.name, self.key, self.size_bytes, create_only=True)
        self.client.register_system_shared_memory(self.name, self.key, self.size_bytes)
        return self

    def __exit__(self, *_):
        self.client.unregister_system_shared_memory(self.name)
        shm.destroy_shared_memory_region(self.handle)


def check_server_and_models_are_ready(client, _):
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("digits")
    assert client.is_model_ready("digits", "1") and not client.is_model_ready("dogs")


def check_metadata_name_what_is_served(client, _):
    metadata = client.get_server_metadata(as_json=True)
    expect(metadata["name"], "parlance")
    expect(set(metadata["extensions"]), {
        "binary_tensor_data",
        "classification", "sequence", "model_repository", "model_repository(unload_dependents)", "schedule_policy", "parameters",
        "statistics", "model_configuration", "logging", "system_shared_memory"})
    expect([tensor.name for tensor in client.get_model_metadata("digits").inputs], ["features"])


def check_every_number_comes_back(client, _):
    for kind in NUMBERS:
        values = numpy.array([[1, 0, 1, 1]], kind) if kind == numpy.bool_ else numpy.array([[0, 1, 7, 100]], kind)
        result = client.infer(f"copy_{np_to_triton_dtype(values.dtype).lower()}", inputs_of("x", values), request_id="r-7")
        numpy.testing.assert_array_equal(result.as_numpy("y"), values)
        expect(result.get_response().id, "r-7")


def check_bfloat16_comes_back(client, _):
    tensor = triton.InferInput("x", [1, 4], "BF16")
    raw = numpy.array([1, -2, 0.5, 3], numpy.float32).view(numpy.uint16)[1::2].tobytes()
    tensor._raw_content = raw
    expect(client.infer("copy_bf16", [tensor]).get_response().raw_output_contents[0], raw)


def check_bytes_come_back(client, _):
    values = numpy.array([["a", "", "żółw", "x" * 70_000], ["1", "2", "3", "4"]], numpy.object_)
    result = client.infer("copy_bytes", inputs_of("x", values))
    numpy.testing.assert_array_equal(result.as_numpy("y"), numpy.vectorize(lambda each: each.encode(), otypes=[object])(values))


def check_bytes_of_several_requests_share_a_run(client, _):
    answers = queue.SimpleQueue()
    texts = [f"text {index}" * index for index in range(40)]
    for text in texts:
        values = numpy.array([[text, "", text, "end"]], numpy.object_)
        client.async_infer("batch_bytes", inputs_of("x", values), lambda result, error, text=text: answers.put((text, result, error)))
    for _ in texts:
        text, result, error = answers.get(timeout=60)
        assert error is None, error
        expect(result.as_numpy("y").tolist(), [[text.encode(), b"", text.encode(), b"end"]])
    rows = max(batch.batch_size for batch in client.get_inference_statistics("batch_bytes").model_stats[0].batch_stats)
    assert rows > 1, "no two requests shared a run"


def check_classes_have_score_index_and_label(client, _):
    scores = client.infer("digits", digit()).as_numpy("probabilities")[0]
    result = client.infer("digits", digit(), outputs=[triton.InferRequestedOutput("probabilities", class_count=3)])
    classes = result.as_numpy("probabilities")
    expect(classes.shape, (1, 3))
    best = numpy.argsort(-scores)[:3]
    for text, index in zip(classes[0], best):
        score, number, label = text.decode().split(":")
        expect((int(number), label), (index, str(index)))
        numpy.testing.assert_allclose(float(score), scores[index], atol=1e-6)


def check_classes_of_each_row(client, _):
    rows = inputs_of("features", numpy.repeat(PIXELS, 4, axis=0))
    result = client.infer("digits", rows, outputs=[triton.InferRequestedOutput("probabilities", class_count=99)])
    expect(result.as_numpy("probabilities").shape, (4, 10))


def check_shared_memory_carries_inputs_and_outputs(client, _):
    expected = client.infer("digits", digit()).as_numpy("probabilities")
    with Region(client, "in", 512) as here, Region(client, "out", 4096) as there:
        shm.set_shared_memory_region(here.handle, [PIXELS], offset=256)
        tensor = triton.InferInput("features", [1, 64], "FP32")
        tensor.set_shared_memory("in", 256, offset=256)
        output = triton.InferRequestedOutput("probabilities")
        output.set_shared_memory("out", 40, offset=1000)
        result = client.infer("digits", [tensor], outputs=[output])
        expect(result.get_output("probabilities").shape, [1, 10])
        numpy.testing.assert_array_equal(shm.get_contents_as_numpy(there.handle, numpy.float32, [1, 10], offset=1000), expected)
        result = client.infer("digits", [tensor])
        numpy.testing.assert_array_equal(result.as_numpy("probabilities"), expected)
        regions = client.get_system_shared_memory_status().regions
        expect({name: (each.key, each.offset, each.byte_size) for name, each in regions.items()},
               {"in": (here.key, 0, 512), "out": (there.key, 0, 4096)})
    expect(len(client.get_system_shared_memory_status().regions), 0)


def check_shared_memory_beside_raw_contents(client, _):
    """The first input lies in shared memory, the only raw content belongs to the second."""
    with Region(client, "first", 16) as region:
        first, second = numpy.array([[1, 2, 3, 4]], numpy.float32), numpy.array([[5, 6, 7, 8]], numpy.float32)
        shm.set_shared_memory_region(region.handle, [first])
        tensor = triton.InferInput("a", [1, 4], "FP32")
        tensor.set_shared_memory("first", 16)
        result = client.infer("pair", [tensor, *inputs_of("b", second)])
        numpy.testing.assert_array_equal(result.as_numpy("c"), first)
        numpy.testing.assert_array_equal(result.as_numpy("d"), second)


def check_bytes_in_shared_memory(client, _):
    values = numpy.array([["one", "", "three", "vier"]], numpy.object_)
    with Region(client, "texts", 4096) as region:
        shm.set_shared_memory_region(region.handle, [serialize_byte_tensor(values)])
        tensor = triton.InferInput("x", [1, 4], "BYTES")
        tensor.set_shared_memory("texts", 16 + 3 + 5 + 4)
        expect(client.infer("copy_bytes", [tensor]).as_numpy("y").tolist(), [[b"one", b"", b"three", b"vier"]])
        tensor.set_shared_memory("texts", 16 + 3 + 5 + 3)
        code, text = refused(client.infer, "copy_bytes", [tensor])
        expect(code, "INVALID_ARGUMENT")
        assert "expecting string of length 4 but only 3 bytes available" in text, text


def check_shared_memory_out_of_bounds_is_refused(client, _):
    def place(name, size, offset=0):
        tensor = triton.InferInput("features", [1, 64], "FP32")
        tensor.set_shared_memory(name, size, offset=offset)
        return [tensor]

    def output(name, size):
        wanted = triton.InferRequestedOutput("probabilities")
        wanted.set_shared_memory(name, size)
        return [wanted]

    with Region(client, "small", 256) as region:
        beyond = "Invalid offset + byte size for shared memory region: 'small'"
        for inputs, expected in [
            (place("none", 256), ("NOT_FOUND", "Unable to find shared memory region: 'none'")),
            (place("small", 256, 4), ("INVALID_ARGUMENT", beyond)),
            (place("small", 257), ("INVALID_ARGUMENT", beyond)),
            (place("small", 2**63 - 1, 2), ("INVALID_ARGUMENT", beyond)),
            (place("small", -1, 2), ("INVALID_ARGUMENT", beyond)),
            (place("small", 4, 256), ("INVALID_ARGUMENT", "Invalid offset for shared memory region: 'small'")),
            (place("small", 4, -8), ("INVALID_ARGUMENT", "Invalid offset for shared memory region: 'small'")),
            (place("small", 252), ("INVALID_ARGUMENT", "[request id: <id_unknown>] input byte size mismatch for input "
                                                                "'features' for model 'digits'. Expected 256, got 252")),
        ]:
            expect(refused(client.infer, "digits", inputs), expected)
        expect(refused(client.infer, "digits", digit(), outputs=output("small", 39)), (
            "INTERNAL", "shared memory size specified with the request for output 'probabilities' (39 bytes) should be at least 40 "
                        "bytes to hold the results"))
        expect(refused(client.register_system_shared_memory, "small", region.key, 256),
               ("ALREADY_EXISTS", "shared memory region 'small' already in manager"))
        for key, size, offset in [(region.key, 2**20, 0), (region.key, 256, 2**63), (region.key, 2**64 - 1, 1), (region.key, 0, 0)]:
            expect(refused(client.register_system_shared_memory, "other", key, size, offset=offset),
                   ("INVALID_ARGUMENT", "failed to register shared memory region 'other': invalid args"))
        expect(refused(client.register_system_shared_memory, "other", "/never_made", 1),
               ("INTERNAL", "Unable to open shared memory region: '/never_made'"))
        expect(refused(client.register_system_shared_memory, "other", "/../passwd", 1)[0], "INVALID_ARGUMENT")
        expect(refused(client.get_system_shared_memory_status, "other"),
               ("NOT_FOUND", "Unable to find system shared memory region: 'other'"))


def check_a_region_in_use_may_be_unregistered(client, _):
    with Region(client, "slow_in", 16) as region:
        shm.set_shared_memory_region(region.handle, [numpy.array([[1, 2, 3, 4]], numpy.float32)])
        tensor = triton.InferInput("x", [1, 4], "FP32")
        tensor.set_shared_memory("slow_in", 16)
        answers = queue.SimpleQueue()
        client.async_infer("slow", [tensor], lambda result, error: answers.put((result, error)))
        time.sleep(0.1)
        client.unregister_system_shared_memory()
        result, error = answers.get(timeout=60)
        if error is None:
            numpy.testing.assert_array_equal(result.as_numpy("y"), [[1, 2, 3, 4]])
        else:  # it was forgotten before the request came
            expect(error.status(), "StatusCode.NOT_FOUND")


def check_cuda_shared_memory_is_told_to_be_none(client, _):
    expect(len(client.get_cuda_shared_memory_status().regions), 0)
    client.unregister_cuda_shared_memory()
    expect(refused(client.register_cuda_shared_memory, "gpu", b"AAAA", 0, 64),
           ("INVALID_ARGUMENT", "failed to register CUDA shared memory region: 'gpu', GPUs not supported"))


def check_model_config_is_tritons(client, _):
    config = client.get_model_config("digits", as_json=True)["config"]
    expect((config["name"], config["backend"]), ("digits", "openvino"))
    expect((config["input"][0]["name"], config["input"][0]["data_type"], config["input"][0]["dims"]), ("features", "TYPE_FP32", ["64"]))
    expect(config["output"][0]["label_filename"], "labels.txt")
    assert int(config["max_batch_size"]) >= 1 and config["instance_group"][0]["kind"] == "KIND_CPU", config
    batching = client.get_model_config("batch_bytes").config
    expect((batching.max_batch_size, batching.dynamic_batching.max_queue_delay_microseconds), (8, 20_000))
    expect(batching.input[0].data_type, 13)
    expect(refused(client.get_model_config, "dogs")[0], "NOT_FOUND")


def check_statistics_count(client, _):
    before = client.get_inference_statistics("copy_fp64").model_stats[0].inference_count
    client.infer("copy_fp64", inputs_of("x", numpy.zeros((3, 4))))
    expect(client.get_inference_statistics("copy_fp64", "1").model_stats[0].inference_count, before + 3)


def check_models_are_not_changed_where_all_may_call(client, _):
    why = ("explicit model load / unload is not allowed here; ask on the admin address, or start the server with "
           "'--model-control-mode explicit'")
    expect(refused(client.load_model, "digits"), ("UNAVAILABLE", why))
    expect(refused(client.unload_model, "digits"), ("UNAVAILABLE", why))
    expect(refused(client.update_log_settings, {"log_info": False})[0], "UNAVAILABLE")


def check_models_are_loaded_and_unloaded_on_the_admin_address(client, admin):
    def states(only_ready=False):
        index = client.get_model_repository_index().models
        return {model.name: model.state for model in index if not only_ready or model.state == "READY"}

    expect(states()["copy_uint8"], "READY")
    admin.unload_model("copy_uint8")
    for _ in range(1000):
        if states()["copy_uint8"] == "UNAVAILABLE":
            break
    expect(states()["copy_uint8"], "UNAVAILABLE")
    assert not client.is_model_ready("copy_uint8")
    admin.unload_model("copy_uint8", unload_dependents=True)
    admin.load_model("copy_uint8")
    assert client.is_model_ready("copy_uint8")
    expect(refused(admin.load_model, "dogs")[0], "NOT_FOUND")
    expect(refused(admin.unload_model, "dogs")[0], "NOT_FOUND")


def check_a_load_may_bring_its_config(client, admin):
    config = {"backend": "synthetic", "max_batch_size": 4, "input": [{"name": "x", "data_type": "TYPE_INT16", "dims": [2]}],
              "output": [{"name": "y", "data_type": "TYPE_INT16", "dims": [2]}]}
    admin.load_model("copy_int16", config=json.dumps(config))
    values = numpy.array([[3, 4]], numpy.int16)
    numpy.testing.assert_array_equal(client.infer("copy_int16", inputs_of("x", values)).as_numpy("y"), values)
    expect(client.get_model_config("copy_int16").config.input[0].dims, [2])
    admin.load_model("copy_int16")
    expect(client.get_model_config("copy_int16").config.input[0].dims, [4])
    for bad, why in [("{", "Invalid config override: "), ('{"max_batch": 3}', "Invalid config override: "),
                     ('{"ensemble_scheduling": {}}', "Invalid config override: config: ensembles are not supported"),
                     ('{"name": "other"}', "Invalid config override: config: the name is")]:
        code, text = refused(admin.load_model, "copy_int16", config=bad)
        expect(code, "INVALID_ARGUMENT")
        assert text.startswith(why), text
    code, text = refused(admin.load_model, "copy_int16", config=json.dumps(config), files={"file:1/model.onnx": b"abc"})
    expect(code, "UNIMPLEMENTED")
    assert "server's repository only" in text, text


def check_log_settings_change_the_log(client, admin):
    expect(client.get_log_settings().settings["log_info"].bool_param, True)
    settings = admin.update_log_settings({"log_verbose_level": 1}).settings
    expect(settings["log_verbose_level"].uint32_param, 1)
    expect(client.get_log_settings().settings["log_verbose_level"].uint32_param, 1)
    admin.update_log_settings({"log_verbose_level": 0})
    expect(refused(admin.update_log_settings, {"log_file": "/tmp/x"}),
           ("INVALID_ARGUMENT", "log file location can not be updated through network protocol"))


def check_trace_settings_are_off(client, admin):
    expect(list(client.get_trace_settings().settings["trace_level"].value), ["OFF"])
    expect(refused(admin.update_trace_settings, settings={"trace_level": ["TIMESTAMPS"]}),
           ("UNAVAILABLE", "the server does not support trace"))


def check_a_timeout_is_kept(client, _):
    inputs = inputs_of("x", numpy.zeros((1, 4), numpy.float32))
    assert refused(client.infer, "slow", inputs, timeout=20_000)[0] in ("DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED")
    assert refused(client.infer, "slow", inputs, client_timeout=0.05)[0] in ("DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED")


def check_parameters_of_the_model_are_passed_over_and_reserved_ones_refused(client, _):
    client.infer("digits", digit(), priority=1, parameters={"mine": 3, "other": "x", "flag": True, "ratio": 0.5})
    from tritonclient.grpc import service_pb2
    request = service_pb2.ModelInferRequest(model_name="digits")
    request.parameters["triton_mine"].bool_param = True
    try:
        client._client_stub.ModelInfer(request)
        raise AssertionError("it was not refused")
    except grpc.RpcError as error:
        expect(error.details(), "parameter keys starting with 'triton_' are reserved for Triton usage. Only the following keys "
                                "starting with 'triton_' are allowed: triton_enable_empty_final_response")


def check_a_stream_answers_every_request(client, _):
    answers = queue.SimpleQueue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    for index in range(20):
        client.async_stream_infer("digits", digit(), request_id=str(index))
    client.async_stream_infer("dogs", digit(), request_id="bad")
    found, failed = {}, []
    for _ in range(21):
        result, error = answers.get(timeout=60)
        if error is not None:
            failed.append(error.message())
        else:
            response = result.get_response()
            assert response.parameters["triton_final_response"].bool_param
            found[response.id] = result.as_numpy("probabilities")
    client.stop_stream()
    expect(sorted(found, key=int), [str(index) for index in range(20)])
    assert len(failed) == 1 and failed[0].startswith("Request for unknown model: 'dogs' is not found"), failed


def check_a_text_is_streamed_and_collected(client, _):
    prompt = inputs_of("text_input", numpy.array(["It was"], numpy.object_))
    parameters = {"max_tokens": 12, "temperature": 0.0}
    whole = client.infer("storyteller", prompt, parameters=parameters).as_numpy("text_output")[0].decode()
    assert client.get_model_config("storyteller").config.model_transaction_policy.decoupled
    answers = queue.SimpleQueue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    client.async_stream_infer("storyteller", prompt, enable_empty_final_response=True, parameters=parameters)
    pieces = []
    while True:
        result, error = answers.get(timeout=60)
        assert error is None, error
        if result.get_response().parameters["triton_final_response"].bool_param:
            break
        pieces.append(result.as_numpy("text_output")[0].decode())
    client.stop_stream()
    expect("".join(pieces), whole)
    assert len(pieces) > 3, pieces


def check_the_asyncio_client(client, _):
    async def ask(address):
        async with triton_aio.InferenceServerClient(address) as aio:
            assert await aio.is_server_ready()
            results = await asyncio.gather(*(aio.infer("digits", digit(), request_id=str(index)) for index in range(16)))

            async def requests():
                for index in range(5):
                    yield {"model_name": "digits", "inputs": digit(), "request_id": str(index)}

            streamed = []
            async for result, error in aio.stream_infer(requests()):
                assert error is None, error
                streamed.append(result.get_response().id)
            return [result.get_response().id for result in results], streamed

    ids, streamed = asyncio.run(ask(client.address))
    expect(ids, [str(index) for index in range(16)])
    expect(sorted(streamed), [str(index) for index in range(5)])


def main(address: str, admin_address: str):
    client, admin = triton.InferenceServerClient(address), triton.InferenceServerClient(admin_address)
    client.address = address
    for name, check in [each for each in globals().items() if each[0].startswith("check_")]:
        failure = None
        try:
            check(client, admin)
        except Exception:
            failure = traceback.format_exc()
        print(json.dumps({"name": name, "failure": failure}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
