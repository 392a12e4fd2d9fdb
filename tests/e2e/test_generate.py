"""Generate: the storyteller's text token by token, and callers who leave."""

import random
import signal
import socket
import struct
import sys
import threading
import time

import grpc
import pytest

from support.failures import failure_of
from support.process import eventually
from support.repositories import counter, serve

PROMPT = "It was a fine morning, and"


@pytest.fixture
def generate(stubs, inference):
    """generate(prompt, **fields) is the stream of tokens."""
    def call(prompt=PROMPT, metadata=(), timeout=60, **fields):
        request = stubs.inference.GenerateRequest(**{"model_name": "storyteller", "prompt": prompt, "max_tokens": 40, **fields})
        return inference.Generate(request, timeout=timeout, metadata=metadata)
    return call


def text_of(tokens) -> str:
    return "".join(token.token for token in tokens)


def test_text_is_words_of_the_corpus_and_the_same_each_time(generate):
    tokens = list(generate(request_id="one"))
    assert text_of(tokens) == text_of(generate())
    assert {token.request_id for token in tokens} == {"one"}
    words = text_of(tokens).split()
    assert len(words) >= 10
    assert sum(word.strip(".,;:'\"-_!?").isalpha() for word in words) >= 0.8 * len(words), words


def test_max_tokens_are_followed_by_one_empty_final_token(generate):
    tokens = list(generate(max_tokens=12))
    assert len(tokens) == 13
    assert [token.is_final for token in tokens] == [False] * 12 + [True]
    assert (tokens[-1].token, tokens[-1].finish_reason) == ("", "length")
    assert all(token.log_prob <= 0 for token in tokens)
    assert all(token.token_id > 0 and not token.finish_reason for token in tokens[:-1])


def test_zero_max_tokens_are_the_models_own_number(generate):
    tokens = list(generate(max_tokens=0))
    assert (len(tokens), tokens[-1].finish_reason) == (257, "length")


def test_the_models_end_is_a_stop(generate):
    """The chance of the end token is small; with many seeds it comes."""
    for seed in range(40):
        tokens = list(generate(max_tokens=400, temperature=1.5, metadata=[("x-parlance-seed", str(seed))]))
        assert [token.is_final for token in tokens].count(True) == 1 and tokens[-1].is_final
        if tokens[-1].finish_reason == "stop":
            assert tokens[-1].token_id == 0
            return
    pytest.fail("no text of 40 ended")


def test_the_same_seed_draws_the_same_text(generate):
    def draw(seed):
        return text_of(generate(temperature=0.8, metadata=[("x-parlance-seed", seed)]))

    assert draw("1") == draw("1")
    assert len({draw(str(seed)) for seed in range(4)}) > 1
    assert len({text_of(generate(temperature=1.0)) for _ in range(4)}) > 1, "without a seed each call draws anew"


@pytest.mark.parametrize("fields, code, words", [
    ({"prompt": ""}, "INVALID_ARGUMENT", "prompt"),
    ({"max_tokens": -1}, "INVALID_ARGUMENT", "max_tokens must not be negative, got -1"),
    ({"max_tokens": 100_000}, "INVALID_ARGUMENT", "context of 512 tokens"),
    ({"prompt": "word " * 600}, "INVALID_ARGUMENT", "context of 512 tokens"),
    ({"temperature": -1}, "INVALID_ARGUMENT", "temperature"),
    ({"temperature": float("nan")}, "INVALID_ARGUMENT", "temperature"),
    ({"temperature": 1e9}, "INVALID_ARGUMENT", "temperature"),
    ({"top_p": 1.5}, "INVALID_ARGUMENT", "top_p"),
    ({"top_p": -0.5}, "INVALID_ARGUMENT", "top_p"),
    ({"top_p": float("nan")}, "INVALID_ARGUMENT", "top_p"),
    ({"prompt": "a<|endoftext|>b"}, "INVALID_ARGUMENT", "special token"),
    ({"metadata": [("x-parlance-seed", "many")]}, "INVALID_ARGUMENT", "x-parlance-seed"),
    ({"model_name": ""}, "INVALID_ARGUMENT", "model_name"),
    ({"model_name": "nope"}, "NOT_FOUND", "nope"),
    ({"model_name": "digits"}, "UNIMPLEMENTED", "cannot generate text"),
])
def test_bad_requests_are_told_what_is_wrong(generate, fields, code, words):
    failure = failure_of(lambda: list(generate(**fields)))
    assert failure.code().name == code
    assert words in failure.details()


def test_special_tokens_are_taken_from_templates(generate):
    assert list(generate("a<|endoftext|>b", metadata=[("x-parlance-special-tokens", "1")]))


def test_predict_says_what_to_call(stubs, inference):
    request = stubs.inference.PredictRequest(model_name="storyteller", features=[1])
    failure = failure_of(lambda: inference.Predict(request, timeout=60))
    assert failure.code() == grpc.StatusCode.UNIMPLEMENTED
    assert "call Generate" in failure.details()


def test_neighbours_of_those_who_leave_notice_nothing(generate, model_server):
    random.seed(7)
    alone = {number: text_of(generate(f"Emma {number}", max_tokens=120)) for number in range(4)}
    stays = {number: generate(f"Emma {number}", max_tokens=120) for number in range(4)}
    for number in range(50):
        call = generate(f"Miss Bates {number}", max_tokens=400)
        for _ in range(random.randrange(6)):
            next(call)
        call.cancel()
    for number, call in stays.items():
        assert text_of(call) == alone[number]
    assert eventually(lambda: counter(model_server, "parlance_pages_used", model="storyteller") == 0)


def test_a_deadline_ends_the_text(generate):
    failure = failure_of(lambda: [time.sleep(0.05) for _ in generate(max_tokens=400, timeout=0.5)])
    assert failure.code() == grpc.StatusCode.DEADLINE_EXCEEDED


# --- streams that are resumed -------------------------------------------------------------------------------


class Wire:
    """Connections to a server that can be cut, as a network does it: without a word to either side's HTTP/2. No more
    than `most` bytes of the server pass before."""

    def __init__(self, port: int, most: int):
        self._port = port
        self._most = most
        self._ends = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._port))
            self._ends += [client, server]
            threading.Thread(target=self._carry, args=(client, server, sys.maxsize), daemon=True).start()
            threading.Thread(target=self._carry, args=(server, client, self._most), daemon=True).start()

    @staticmethod
    def _carry(source, target, most):
        try:
            while most > 0 and (data := source.recv(min(most, 65536))):
                target.sendall(data)
                most -= len(data)
        except OSError:
            pass

    def cut(self):
        for end in self._ends:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.shutdown(socket.SHUT_RDWR) if end.fileno() >= 0 else None
            end.close()
        self._ends.clear()

    def close(self):
        self._listener.close()
        self.cut()


@pytest.fixture
def cut_call(stubs, model_server):
    """cut_call(metadata) reads a token on a connection of its own, cuts it, and gives the tokens that had come, the
    initial metadata, and whether the stream came to its end."""
    def call(metadata, **fields):
        wire = Wire(model_server.port, most=1500)
        tokens, done = [], False
        with grpc.insecure_channel(wire.address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            stub = stubs.inference_grpc.InferenceServiceStub(channel)
            request = stubs.inference.GenerateRequest(**{"model_name": "storyteller", "prompt": PROMPT, "max_tokens": 200, **fields})
            stream = stub.Generate(request, timeout=60, metadata=metadata)
            initial = dict(stream.initial_metadata())
            try:
                for token in stream:
                    tokens.append(token)
                    if len(tokens) == 1:
                        wire.cut()
                done = True
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.UNAVAILABLE
        wire.close()
        return tokens, initial, done
    return call


def test_a_stream_whose_connection_is_cut_again_and_again_is_the_same_text(generate, cut_call):
    whole = text_of(generate(max_tokens=200))
    tokens, initial, done = cut_call([("x-parlance-resumable", "1")])
    token = initial["x-parlance-resume-token"]
    cuts = 0
    while not done:
        cuts += 1
        more, _, done = cut_call([("x-parlance-resume-token", token), ("x-parlance-resume-after", str(len(tokens)))])
        tokens += more
    assert cuts >= 5
    assert text_of(tokens) == whole
    assert len(tokens) == 201 and tokens[-1].finish_reason == "length"


def test_a_cancel_ends_what_could_be_resumed(generate, model_server):
    call = generate(max_tokens=400, metadata=[("x-parlance-resumable", "1")])
    token = dict(call.initial_metadata())["x-parlance-resume-token"]
    next(call)
    call.cancel()
    assert eventually(lambda: counter(model_server, "parlance_pages_used", model="storyteller") == 0)
    resumed = generate(metadata=[("x-parlance-resume-token", token), ("x-parlance-resume-after", "1")])
    assert failure_of(lambda: list(resumed)).code() == grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("metadata, code", [
    ([("x-parlance-resume-token", "0" * 32)], "NOT_FOUND"),
    ([("x-parlance-resume-token", "0" * 32), ("x-parlance-resume-after", "-1")], "INVALID_ARGUMENT"),
])
def test_what_cannot_be_resumed_is_said(generate, metadata, code):
    assert failure_of(lambda: list(generate(metadata=metadata))).code().name == code


def test_a_draining_server_lets_texts_end(stubs):
    with serve() as server, grpc.insecure_channel(server.address) as channel:
        stub = stubs.inference_grpc.InferenceServiceStub(channel)
        request = stubs.inference.GenerateRequest(model_name="storyteller", prompt=PROMPT, max_tokens=200)
        call = stub.Generate(request, timeout=60)
        first = next(call)
        server.process.send_signal(signal.SIGTERM)
        rest = list(call)
        assert rest[-1].finish_reason == "length" and len(rest) == 200 and first.token
        assert server.process.wait(30) == 0
