"""The OpenAI API of `parlance serve`, asked by the official client, by curl and by hand."""

import json
import math
import socket
import subprocess

import openai
import pytest

from support.process import eventually
from support.repositories import serve

TOKEN = "3f0a5f6e9c7b41d2a8e0"


def client_of(server, key="any", **options) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"http://{server.address}/v1", api_key=key, max_retries=0, timeout=60, **options)


@pytest.fixture(scope="module")
def server():
    with serve() as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    with client_of(server) as made:
        yield made


def curl(*arguments: str) -> str:
    return subprocess.run(["curl", "-sS", "--max-time", "30", *arguments], check=True, capture_output=True, text=True).stdout


def test_lists_the_models_that_know_text(client):
    names = [model.id for model in client.models.list()]
    assert "minilm" in names and "digits" not in names
    assert client.models.retrieve("minilm").object == "model"
    with pytest.raises(openai.NotFoundError) as missing:
        client.models.retrieve("nothing")
    assert (missing.value.code, missing.value.param) == ("model_not_found", "model")


def test_embeds_texts_in_their_order(client):
    texts = ["A man is eating food.", "Somebody has a meal.", "The stock market fell sharply on Monday."]
    answer = client.embeddings.create(model="minilm", input=texts)
    assert [each.index for each in answer.data] == [0, 1, 2]
    food, meal, market = (each.embedding for each in answer.data)
    assert math.isclose(sum(value * value for value in food), 1, rel_tol=1e-3)
    near = sum(a * b for a, b in zip(food, meal))
    far = sum(a * b for a, b in zip(food, market))
    assert near > far + 0.3
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 15
    single = client.embeddings.create(model="minilm", input=texts[0], encoding_format="float").data[0].embedding
    assert single == pytest.approx(food, abs=1e-4)


def test_refuses_what_it_cannot_embed(client):
    with pytest.raises(openai.BadRequestError) as refused:
        client.embeddings.create(model="minilm", input="word " * 2000)
    assert refused.value.code == "context_length_exceeded"
    with pytest.raises(openai.BadRequestError) as refused:
        client.embeddings.create(model="minilm", input="x", dimensions=7)
    assert refused.value.param == "dimensions"
    with pytest.raises(openai.BadRequestError):
        client.embeddings.create(model="digits", input="x")
    cut = client.embeddings.create(model="minilm", input="word " * 2000, extra_body={"truncate_prompt_tokens": -1})
    assert len(cut.data) == 1


def test_keys_are_those_of_the_grpc_api(tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(f"ci {TOKEN}\n")
    with serve("--auth-keys-file", str(keys), "--access-log", "all") as server:
        with pytest.raises(openai.AuthenticationError) as refused:
            client_of(server, "wrong").models.list()
        assert refused.value.code == "invalid_api_key"
        assert client_of(server, TOKEN).models.list().data
        assert eventually(lambda: "subject=ci" in server.log() and "method=/v1/models" in server.log())
        assert TOKEN not in server.log()


def test_a_client_that_asks_too_often_is_told_when_to_come_back():
    with serve("--rate-limit", "1") as server:
        with pytest.raises(openai.RateLimitError) as refused:
            for _ in range(50):
                client_of(server).models.list()
        assert float(refused.value.response.headers["retry-after"]) >= 1
        assert refused.value.code == "rate_limit_exceeded"


def test_an_unknown_path_is_told_in_its_shape(server):
    answer = json.loads(curl(f"http://{server.address}/v1/nothing"))
    assert answer["error"]["code"] == "unknown_url"


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1", "--http2-prior-knowledge"])
def test_curl_is_answered_in_each_version(server, version):
    body = json.dumps({"model": "minilm", "input": "hello"})
    answer = json.loads(curl(version, f"http://{server.address}/v1/embeddings", "-d", body))
    assert len(answer["data"][0]["embedding"]) == 384


def test_tls_tells_http2_from_http1_by_alpn(certificates):
    flags = ("--tls-cert", str(certificates / "server.pem"), "--tls-key", str(certificates / "server.key"))
    with serve(*flags) as server:
        for version, spoken in [("--http2", "2"), ("--http1.1", "1.1")]:
            said = curl(version, "-k", "-o", "/dev/null", "-w", "%{http_code} %{http_version}",
                        f"https://{server.address}/v1/models")
            assert said == f"200 {spoken}"


def test_further_addresses_are_added():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % probe.getsockname()[1]
    with serve("--http", address):
        assert json.loads(curl(f"http://{address}/v1/models"))["object"] == "list"
