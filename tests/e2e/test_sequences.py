"""A model with a state, silero-vad, through StreamingPredict and ModelInfer: a stream is a sequence."""

import math
import os
import queue
import subprocess
import sys

import grpc
import numpy
import pytest

from support.failures import failure_of
from support.process import ROOT
from support.repositories import SHIPPED

RATE, CHUNK, CONTEXT = 16_000, 512, 64
MODEL = SHIPPED / "silero_vad" / "1" / "model.onnx"


def vowel(pitch: float, seconds: float) -> numpy.ndarray:
    """A sung "ah": pulses of a gliding pitch through three resonances."""
    count = int(RATE * seconds)
    phase = numpy.cumsum(pitch * (1 + 0.1 * numpy.sin(2 * math.pi * 3 * numpy.arange(count) / RATE)) / RATE)
    sound = numpy.diff(numpy.floor(phase), prepend=0.0)
    for frequency, width in ((730, 90), (1090, 110), (2440, 170)):
        radius = math.exp(-math.pi * width / RATE)
        a, b = 2 * radius * math.cos(2 * math.pi * frequency / RATE), -radius * radius
        before, last, filtered = 0.0, 0.0, numpy.empty(count)
        for index, value in enumerate(sound):
            before, last = last, value + a * last + b * before
            filtered[index] = last
        sound = filtered
    return 0.5 * sound / numpy.abs(sound).max()


def chunks(sound: numpy.ndarray) -> list[numpy.ndarray]:
    """What the model is asked, step by step: 512 samples behind the 64 before them."""
    padded = numpy.concatenate([numpy.zeros(CONTEXT), sound]).astype(numpy.float32)
    return [padded[start : start + CONTEXT + CHUNK] for start in range(0, len(sound) - CHUNK + 1, CHUNK)]


SILENCE = chunks(numpy.zeros(RATE // 2))
SPEECH = chunks(numpy.concatenate([numpy.zeros(RATE // 4), vowel(130, 0.5), numpy.zeros(RATE // 4)]))

BY_HAND = """
import sys, numpy, openvino
model = openvino.Core().compile_model(sys.argv[1], "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
state = numpy.zeros((2, 1, 128), numpy.float32)
for row in numpy.load(sys.argv[2]):
    outputs = model([row[None], state])
    state = outputs["stateN"]
    print(float(outputs["output"][0, 0]))
"""


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory):
    """by_hand(steps): what the engine's own Python says when the state is fed back by hand."""
    def run(steps) -> list[float]:
        file = tmp_path_factory.mktemp("steps") / "steps.npy"
        numpy.save(file, numpy.array(steps))
        environment = {**os.environ, "PYTHONPATH": str(ROOT / ".deps" / "python")}
        done = subprocess.run([sys.executable, "-c", BY_HAND, MODEL, file], capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        return [float(line) for line in done.stdout.split()]
    return run


@pytest.fixture
def listen(stubs, inference):
    """listen(steps): the probabilities of one stream."""
    def run(steps) -> list[float]:
        requests = (stubs.inference.PredictRequest(model_name="silero_vad", features=step) for step in steps)
        return [response.predictions[0] for response in inference.StreamingPredict(requests, timeout=30)]
    return run


def test_a_stream_is_heard_as_a_whole(listen, by_hand):
    heard = listen(SPEECH)
    numpy.testing.assert_allclose(heard, by_hand(SPEECH), atol=1e-4)
    assert max(heard) > 0.5, "somebody sings"
    assert max(listen(SILENCE)) < 0.1


def test_streams_side_by_side_keep_their_own_states(stubs, inference, by_hand):
    alone = [by_hand(SPEECH), by_hand(SILENCE)]
    calls, heard = [], [[], []]
    steps = list(zip(SPEECH, SILENCE))
    with_queues = []
    for _ in range(2):
        waiting = queue.SimpleQueue()
        with_queues.append(waiting)
        calls.append(inference.StreamingPredict(iter(waiting.get, None), timeout=30))
    for pair in steps:
        for index, step in enumerate(pair):
            with_queues[index].put(stubs.inference.PredictRequest(model_name="silero_vad", features=step))
            heard[index].append(next(calls[index]).predictions[0])
    for waiting in with_queues:
        waiting.put(None)
    for index in range(2):
        numpy.testing.assert_allclose(heard[index], alone[index][: len(steps)], atol=1e-4)


def test_a_stream_begins_with_a_fresh_state(listen):
    first = listen(SPEECH)
    assert listen(SPEECH) == first


def test_model_infer_goes_on_with_the_sequence_it_names(stubs, model_channel, by_hand):
    stub = stubs.kserve_grpc.GRPCInferenceServiceStub(model_channel)

    def step(values, index) -> float:
        request = stubs.kserve.ModelInferRequest(model_name="silero_vad", raw_input_contents=[values.tobytes()])
        request.inputs.add(name="input", datatype="FP32", shape=[1, CONTEXT + CHUNK])
        request.parameters["sequence_id"].uint64_param = 42
        request.parameters["sequence_start"].bool_param = index == 0
        request.parameters["sequence_end"].bool_param = index == len(SPEECH) - 1
        response = stub.ModelInfer(request)
        assert [output.name for output in response.outputs] == ["output"]
        return float(numpy.frombuffer(response.raw_output_contents[0], numpy.float32)[0])

    heard = [step(values, index) for index, values in enumerate(SPEECH)]
    numpy.testing.assert_allclose(heard, by_hand(SPEECH), atol=1e-4)


def test_a_step_of_a_sequence_that_never_began_says_so(stubs, model_channel):
    stub = stubs.kserve_grpc.GRPCInferenceServiceStub(model_channel)
    request = stubs.kserve.ModelInferRequest(model_name="silero_vad", raw_input_contents=[SILENCE[0].tobytes()])
    request.inputs.add(name="input", datatype="FP32", shape=[1, CONTEXT + CHUNK])
    request.parameters["sequence_id"].string_param = "never begun"
    failure = failure_of(stub.ModelInfer, request)
    assert failure.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION)
    assert "never begun" in failure.details()
