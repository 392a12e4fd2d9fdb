"""Embed: sentences to numbers with MiniLM, alone and in runs that callers share."""

import math
import subprocess
import sys

import grpc
import numpy
import pytest

from support.failures import error_info, failure_of
from support.process import ROOT, eventually
from support.repositories import SHIPPED, counter, serve

EXAMPLE = "This is an example sentence"
EXAMPLE_BEGINS = [0.067657, 0.063496, 0.048713, 0.079305]  # as sentence-transformers prints it
TEXTS = [
    "A man is eating food.",
    "Somebody has a meal.",
    "The stock market fell sharply on Monday.",
    "Ein Mann isst.",
    "x",
    "Größe, 東京, and 🙂 as well",
    "A sentence that goes on for quite a while, so that it is filled up to another length than the short ones are, "
    "and then, when everybody thought that it was over, for a little while more.",
]

# MiniLM with runs that wait until they are full: who shares one with whom is then certain.
WAITS_FOR_16 = """\
run: worker
embedding: {max_tokens: 256, lengths: [16, 32, 64, 128, 256]}
batching: {max_batch: 16, max_delay_ms: 60000, preferred: [16]}
warmup: {batch_sizes: [1]}
"""


@pytest.fixture
def embed(stubs, inference):
    """embed(text, **fields) is the response and its trailers."""
    def call(text, **fields):
        request = stubs.inference.EmbedRequest(**{"model_name": "minilm", "text": text, **fields})
        response, done = inference.Embed.with_call(request, timeout=60)
        return response, dict(done.trailing_metadata())
    return call


@pytest.fixture
def full_runs(tmp_path, stubs):
    """A server whose runs of "minilm" have 16 rows, and a stub of it."""
    model = tmp_path / "minilm"
    model.mkdir()
    (model / "1").symlink_to(SHIPPED / "minilm" / "1")
    (model / "model.yaml").write_text(WAITS_FOR_16)
    with serve(repository=tmp_path) as server, grpc.insecure_channel(server.address) as channel:
        yield server, stubs.inference_grpc.InferenceServiceStub(channel)


def cosine(a, b) -> float:
    a, b = numpy.array(a, numpy.float64), numpy.array(b, numpy.float64)
    return float(a @ b / numpy.linalg.norm(a) / numpy.linalg.norm(b))


def test_the_example_sentence_has_the_embedding_that_everybody_else_gets(embed):
    response, trailers = embed(EXAMPLE, normalize=True, request_id="r-7")
    assert response.request_id == "r-7"
    assert response.dimension == 384
    assert list(response.embedding[:4]) == pytest.approx(EXAMPLE_BEGINS, abs=1e-6)
    assert len(response.embedding) == 384
    assert trailers["x-model-version"] == "1"
    assert float(trailers["x-inference-latency-ms"]) > 0
    assert trailers["x-parlance-tokens"] == "7"  # five words and the two at the borders
    assert "x-parlance-truncated" not in trailers


def test_length_1_only_on_request(embed):
    as_it_is, _ = embed(EXAMPLE)
    scaled, _ = embed(EXAMPLE, normalize=True)
    length = numpy.linalg.norm(as_it_is.embedding)
    assert length == pytest.approx(5.16349, abs=1e-4)
    assert numpy.linalg.norm(scaled.embedding) == pytest.approx(1, abs=1e-6)
    assert numpy.array(scaled.embedding) == pytest.approx(numpy.array(as_it_is.embedding) / length, abs=1e-6)


def test_sentences_of_like_meaning_are_near_each_other(embed):
    eating, meal, stocks, *_ = (embed(text)[0].embedding for text in TEXTS)
    assert cosine(eating, meal) > 0.5
    assert cosine(eating, stocks) < 0.1


def test_a_long_text_is_cut_and_it_is_said(embed):
    whole, trailers = embed("word " * 254)
    assert trailers["x-parlance-tokens"] == "256"
    assert "x-parlance-truncated" not in trailers
    for more in (255, 20_000):
        cut, trailers = embed("word " * more)
        assert (trailers["x-parlance-tokens"], trailers["x-parlance-truncated"]) == ("256", "true")
        assert list(cut.embedding) == pytest.approx(list(whole.embedding), abs=1e-5)


def test_callers_share_runs_and_get_what_they_would_alone(stubs, embed, full_runs):
    alone = [list(embed(text)[0].embedding) for text in TEXTS[:5]]
    server, stub = full_runs
    requests = [stubs.inference.EmbedRequest(model_name="minilm", text=TEXTS[i % 5]) for i in range(64)]
    calls = [stub.Embed.future(request, timeout=60) for request in requests]
    for i, call in enumerate(calls):
        assert list(call.result().embedding) == pytest.approx(alone[i % 5], abs=1e-5)
    assert counter(server, "parlance_batch_rows_count", model="minilm") == 4
    assert counter(server, "parlance_batch_rows_sum", model="minilm") == 64


def test_texts_of_different_lengths_get_what_they_would_alone(stubs, inference, embed):
    alone = [list(embed(text)[0].embedding) for text in TEXTS]
    requests = [stubs.inference.EmbedRequest(model_name="minilm", text=TEXTS[i % len(TEXTS)]) for i in range(70)]
    calls = [inference.Embed.future(request, timeout=60) for request in requests]
    for i, call in enumerate(calls):
        assert list(call.result().embedding) == pytest.approx(alone[i % len(TEXTS)], abs=1e-5)


def test_who_leaves_before_the_run_is_not_run(stubs, full_runs):
    server, stub = full_runs
    call = stub.Embed.future(stubs.inference.EmbedRequest(model_name="minilm", text=EXAMPLE), timeout=60)
    assert eventually(lambda: counter(server, "parlance_queue_length", model="minilm") == 1)
    call.cancel()
    assert eventually(lambda: counter(server, "parlance_saved_work_total", model="minilm", reason="cancelled") == 1)
    assert counter(server, "parlance_batch_rows_count", model="minilm") == 0


def test_an_empty_text_is_refused(stubs, inference):
    failure = failure_of(inference.Embed, stubs.inference.EmbedRequest(model_name="minilm"))
    assert failure.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert failure.details() == "text field is required and must not be empty"
    assert error_info(failure).reason == "INVALID_INPUT"


def test_a_text_without_words_has_an_embedding_nevertheless(embed):
    response, trailers = embed("   ", normalize=True)
    assert trailers["x-parlance-tokens"] == "2"
    assert math.isfinite(sum(response.embedding))


def test_a_text_of_more_than_a_mebibyte_is_refused(stubs, inference):
    failure = failure_of(inference.Embed, stubs.inference.EmbedRequest(model_name="minilm", text="a" * (1024 * 1024 + 1)))
    assert failure.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error_info(failure).metadata["limit"] == str(1024 * 1024)


@pytest.mark.parametrize("model", ["digits", "magika"])
def test_a_model_of_another_kind_says_what_it_lacks(stubs, inference, model):
    failure = failure_of(inference.Embed, stubs.inference.EmbedRequest(model_name=model, text=EXAMPLE))
    assert failure.code() is grpc.StatusCode.UNIMPLEMENTED
    assert failure.details() == f'Model "{model}" cannot embed text: it has no tokenizer'
    assert error_info(failure).reason == "MODEL_CANNOT"


def test_minilm_is_made_but_once():
    made = subprocess.run([sys.executable, ROOT / "models" / "minilm" / "fetch.py"], capture_output=True, text=True)
    assert (made.returncode, made.stdout) == (0, ""), made.stderr
