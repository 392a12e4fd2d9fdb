"""inference.InferenceService of `parlance serve` on the models that ship: digits (features) and magika (bytes)."""

import csv
import math
import sys
from pathlib import Path

import grpc
import numpy
import pytest

from support.digits import PIXELS, held_out
from support.failures import error_info, failure_of
from support.process import ROOT

NAN, INFINITY = math.nan, math.inf


@pytest.fixture
def digits(stubs):
    """digits(pixels, **fields) is a PredictRequest."""
    def request(pixels=PIXELS, **fields):
        return stubs.inference.PredictRequest(**{"model_name": "digits", "features": pixels, **fields})
    return request


@pytest.fixture
def magika(stubs):
    def request(content: bytes, **fields):
        return stubs.inference.PredictRequest(**{"model_name": "magika", "raw_input": content, **fields})
    return request


# --- predictions


def test_predict_has_everything_the_contract_says(inference, digits):
    response, call = inference.Predict.with_call(digits(request_id="r-1"))
    assert (response.request_id, response.model_name, response.model_version) == ("r-1", "digits", 1)
    assert list(response.prediction_shape) == [1, 10]
    assert len(response.predictions) == 10
    assert sum(response.predictions) == pytest.approx(1, abs=1e-4)
    assert response.inference_latency_ms > 0
    assert len(response.top_k) == 5
    best = response.top_k[0]
    assert best.class_id == int(numpy.argmax(response.predictions))
    assert best.label == str(best.class_id)
    assert best.score == pytest.approx(max(response.predictions))
    scores = [entry.score for entry in response.top_k]
    assert scores == sorted(scores, reverse=True)

    trailers = dict(call.trailing_metadata())
    assert trailers["x-model-version"] == "1"
    assert trailers["x-inference-latency-ms"] == f"{float(trailers['x-inference-latency-ms']):.2f}"


def test_predictions_are_those_of_the_reference(inference, digits):
    with open(ROOT / "models" / "digits" / "reference.csv", newline="") as file:
        rows = [row for row in csv.reader(file) if row and row[0].lstrip("-").replace(".", "").isdigit()]
    assert rows
    pictures = held_out()
    for row in rows:
        index, expected = int(row[0]), [float(value) for value in row[1:]]
        predictions = inference.Predict(digits(pictures[index][1])).predictions
        numpy.testing.assert_allclose(predictions, expected, atol=1e-4)


def test_streaming_predict_gets_the_held_out_set_right(inference, digits):
    pictures = held_out()
    requests = (digits(pixels, request_id=str(i)) for i, (_, pixels) in enumerate(pictures))
    responses = list(inference.StreamingPredict(requests))
    assert [response.request_id for response in responses] == [str(i) for i in range(len(pictures))]
    right = sum(response.top_k[0].label == str(digit) for response, (digit, _) in zip(responses, pictures))
    assert right >= 0.97 * len(pictures)


def test_batch_predict_answers_in_the_order_of_the_requests(stubs, inference, digits, magika):
    pictures = held_out()[:10]
    requests = [digits(pixels, request_id=str(i)) for i, (_, pixels) in enumerate(pictures)]
    requests.append(magika(b"#!/usr/bin/env python3\nimport os\nprint(os.getcwd())\n" * 3, request_id="bytes"))
    responses = inference.BatchPredict(stubs.inference.BatchPredictRequest(requests=requests)).responses
    assert [response.request_id for response in responses] == [*(str(i) for i in range(10)), "bytes"]
    singles = [inference.Predict(request) for request in requests]
    for response, single in zip(responses, singles):
        numpy.testing.assert_allclose(response.predictions, single.predictions, atol=1e-5)


def test_an_empty_batch_is_an_empty_answer(stubs, inference):
    assert list(inference.BatchPredict(stubs.inference.BatchPredictRequest()).responses) == []


def test_rows_of_one_request_are_predicted_together(inference, digits):
    pictures = held_out()[:3]
    rows = [pixel for _, pixels in pictures for pixel in pixels]
    response = inference.Predict(digits(rows, feature_shape=[3, 64]))
    assert list(response.prediction_shape) == [3, 10]
    for i, (_, pixels) in enumerate(pictures):
        alone = inference.Predict(digits(pixels)).predictions
        numpy.testing.assert_allclose(response.predictions[10 * i : 10 * i + 10], alone, atol=1e-5)


@pytest.mark.parametrize("shape", [[], [64], [1, 64]])
def test_shapes_of_one_picture(inference, digits, shape):
    assert list(inference.Predict(digits(feature_shape=shape)).prediction_shape) == [1, 10]


@pytest.mark.parametrize("version", [0, 1])
def test_the_default_version_and_the_one_there_is(inference, digits, version):
    assert inference.Predict(digits(model_version=version)).model_version == 1


@pytest.mark.parametrize(
    ("path", "label"),
    [(Path(__file__), "python"), (ROOT / "run", "shell"), (ROOT / "models" / "digits" / "held_out.csv", "csv"),
     (Path(sys.executable).resolve(), "elf"), (ROOT / "CMakePresets.json", "json")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_magika_knows_real_files(inference, magika, path, label):
    response = inference.Predict(magika(path.read_bytes()[: 1024 * 1024]))
    assert response.top_k[0].label == label
    assert list(response.prediction_shape) == [1, 214]


def test_input_format_of_raw_bytes_may_be_said(inference, magika):
    assert inference.Predict(magika(b"import os\n" * 30, input_format="bytes")).model_name == "magika"


# --- bad input: an exact status each

INVALID = grpc.StatusCode.INVALID_ARGUMENT
BAD_INPUT = {
    "unknown model": (dict(model_name="nope"), grpc.StatusCode.NOT_FOUND, "nope"),
    "no model": (dict(model_name=""), INVALID, "model_name field is required and must not be empty"),
    "unknown version": (dict(model_version=7), grpc.StatusCode.NOT_FOUND, "7"),
    "negative version": (dict(model_version=-1), grpc.StatusCode.NOT_FOUND, "-1"),
    "missing features": (dict(features=[]), INVALID, "features field is required and must not be empty"),
    "too few features": (dict(features=PIXELS[:63]), INVALID, "Expected 64 features, got 63"),
    "too many features": (dict(features=[*PIXELS, 0]), INVALID, "Expected 64 features, got 65"),
    "shape of another count": (dict(feature_shape=[2, 64]), INVALID, "Expected 128 features, got 64: feature_shape is [2, 64]"),
    "shape the model does not take": (dict(feature_shape=[8, 8]), INVALID, "feature_shape must fit [-1, 64], got [8, 8]"),
    "shape of three dimensions": (dict(feature_shape=[1, 1, 64]), INVALID, "feature_shape must fit [-1, 64], got [1, 1, 64]"),
    "negative dimension": (dict(feature_shape=[-1, 64]), INVALID, "feature_shape must hold positive dimensions, got [-1, 64]"),
    "dimension of zero": (dict(feature_shape=[0, 64]), INVALID, "feature_shape must hold positive dimensions, got [0, 64]"),
    "NaN": (dict(features=[0.0] * 5 + [NAN] + [0.0] * 58), INVALID, "features[5] is NaN; every feature must be a finite number"),
    "infinity": (dict(features=[-INFINITY] + [0.0] * 63), INVALID, "features[0] is infinite; every feature must be a finite number"),
    "features and raw_input": (dict(raw_input=b"x"), INVALID, "features and raw_input are both set; send one of them"),
    "raw_input to a model of features": (dict(features=[], raw_input=b"x"), INVALID, 'Model "digits" takes features, not raw_input'),
    "features to a model of bytes": (dict(model_name="magika"), INVALID, 'Model "magika" takes raw_input, not features'),
    "no raw_input": (dict(model_name="magika", features=[]), INVALID, "raw_input field is required and must not be empty"),
    "unknown format": (
        dict(model_name="magika", features=[], raw_input=b"x" * 100, input_format="tiff"),
        INVALID, 'Unknown input_format "tiff"; model "magika" reads: bytes',
    ),
    "deadline in the past": (dict(deadline_ms=-5), grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline passed"),
}  # fmt: skip


@pytest.fixture(params=BAD_INPUT.items(), ids=lambda item: item[0])
def bad_input(request, digits):
    fields, code, text = request.param[1]
    return digits(**{**dict(features=PIXELS), **fields}), code, text


def test_predict_answers_bad_input_with_its_status(inference, bad_input):
    request, code, text = bad_input
    failure = failure_of(inference.Predict, request)
    assert failure.code() is code
    assert text in failure.details()
    assert error_info(failure).domain == "parlance"


def test_batch_predict_names_the_bad_request(stubs, inference, digits, bad_input):
    request, code, text = bad_input
    batch = stubs.inference.BatchPredictRequest(requests=[digits(), request, digits()])
    failure = failure_of(inference.BatchPredict, batch)
    assert failure.code() is code
    assert failure.details().startswith("requests[1]: ")
    assert text in failure.details()


def test_streaming_predict_ends_at_the_bad_request(inference, digits, bad_input):
    request, code, text = bad_input
    responses = inference.StreamingPredict(iter([digits(), request]))
    assert next(responses).model_name == "digits"
    failure = failure_of(next, responses)
    assert failure.code() is code
    assert text in failure.details()


@pytest.mark.parametrize("method", ["Predict", "Embed", "BatchPredict"])
def test_garbage_protobuf_is_internal(model_channel, method):
    call = model_channel.unary_unary(f"/inference.InferenceService/{method}", lambda raw: raw, lambda raw: raw)
    failure = failure_of(call, b"\xff\xff\xff\xff\xff")
    assert failure.code() is grpc.StatusCode.INTERNAL
    assert "not a valid inference." in failure.details()


def test_a_request_over_the_limit_is_resource_exhausted(inference, magika):
    failure = failure_of(inference.Predict, magika(b"x" * (5 * 1024 * 1024)))
    assert failure.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "4194304" in failure.details()


# --- what the models that ship cannot do


def test_embed_is_unimplemented_and_names_the_model(stubs, inference):
    failure = failure_of(inference.Embed, stubs.inference.EmbedRequest(model_name="digits", text="x"))
    assert failure.code() is grpc.StatusCode.UNIMPLEMENTED
    assert failure.details() == 'Model "digits" cannot embed text: it has no tokenizer'


def test_generate_is_unimplemented_and_names_the_model(stubs, inference):
    call = inference.Generate(stubs.inference.GenerateRequest(model_name="digits", prompt="x"))
    failure = failure_of(next, call)
    assert failure.code() is grpc.StatusCode.UNIMPLEMENTED
    assert failure.details() == 'Model "digits" cannot generate text: it has no tokenizer and no decoder'


@pytest.mark.parametrize("method", ["Embed", "Generate"])
def test_an_unknown_model_is_not_found_there_too(stubs, inference, method):
    request = getattr(stubs.inference, f"{method}Request")(model_name="nope")
    answer = getattr(inference, method)
    failure = failure_of(lambda: next(answer(request)) if method == "Generate" else answer(request))
    assert failure.code() is grpc.StatusCode.NOT_FOUND


# --- deadlines and load


def test_deadlines_that_are_kept(inference, digits):
    assert inference.Predict(digits(deadline_ms=60_000), timeout=60).model_name == "digits"


def test_the_earlier_deadline_counts(inference, digits):
    failure = failure_of(inference.Predict, digits(deadline_ms=-1), timeout=60)
    assert failure.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_many_predictions_at_once(inference, digits):
    pictures = held_out()
    futures = [inference.Predict.future(digits(pixels, request_id=str(i))) for i, (_, pixels) in enumerate(pictures)]
    responses = [future.result() for future in futures]
    assert [response.request_id for response in responses] == [str(i) for i in range(len(pictures))]
    right = sum(response.top_k[0].label == str(digit) for response, (digit, _) in zip(responses, pictures))
    assert right >= 0.97 * len(pictures)
