"""Text over the OpenAI API, asked by the official client: whole and as it is made."""

import asyncio
import json
import socket
import struct
import subprocess

import openai
import pytest

from support.process import eventually
from support.repositories import SHIPPED, counter, serve

MODEL = "storyteller"
PROMPT = "It was a fine morning, and"
CONTEXT = 512


@pytest.fixture(scope="module")
def server():
    with serve("--access-log", "all") as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    with openai.OpenAI(base_url=f"http://{server.address}/v1", api_key="any", max_retries=0, timeout=60) as made:
        yield made


def complete(client, prompt=PROMPT, **fields):
    return client.completions.create(**{"model": MODEL, "prompt": prompt, "max_tokens": 12, "temperature": 0, **fields})


def chat(client, **fields):
    messages = [{"role": "system", "content": "A story."}, {"role": "user", "content": [{"type": "text", "text": PROMPT}]}]
    return client.chat.completions.create(**{"model": MODEL, "messages": messages, "max_tokens": 12, "temperature": 0, **fields})


def test_goes_on_with_a_prompt(client):
    answer = complete(client)
    assert answer.object == "text_completion" and answer.id.startswith("cmpl-") and answer.model == MODEL
    (choice,) = answer.choices
    assert choice.text and choice.finish_reason == "length" and choice.logprobs is None
    assert answer.usage.completion_tokens == 12
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 12


def test_a_stream_is_the_same_text_in_pieces(client):
    whole = complete(client, max_tokens=40)
    chunks = list(complete(client, max_tokens=40, stream=True, stream_options={"include_usage": True}))
    assert len({chunk.id for chunk in chunks}) == 1
    *pieces, last = chunks
    assert "".join(piece.choices[0].text for piece in pieces) == whole.choices[0].text
    assert [piece.choices[0].finish_reason for piece in pieces if piece.choices[0].finish_reason] == ["length"]
    assert all(piece.usage is None for piece in pieces)
    assert last.choices == [] and last.usage == whole.usage
    assert len(pieces) > 5


def test_the_same_seed_makes_the_same_text(client):
    def drawn(seed):
        return complete(client, temperature=1, max_tokens=24, seed=seed).choices[0].text

    assert drawn(7) == drawn(7)
    assert len({drawn(seed) for seed in range(1, 6)}) > 1


def test_a_stop_string_ends_the_text(client):
    text = complete(client, max_tokens=40).choices[0].text
    stop = text[10:14]
    stopped = complete(client, max_tokens=40, stop=stop)
    assert stopped.choices[0].text == text[: text.index(stop)]
    assert stopped.choices[0].finish_reason == "stop"
    pieces = complete(client, max_tokens=40, stop=["never said", stop], stream=True)
    assert "".join(piece.choices[0].text for piece in pieces) == stopped.choices[0].text


def test_every_prompt_is_answered_n_times(client):
    prompts = [PROMPT, "She was"]
    alone = [complete(client, prompt).choices[0].text for prompt in prompts]
    answer = complete(client, prompts, n=2)
    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
    assert [choice.text for choice in answer.choices] == [alone[0], alone[0], alone[1], alone[1]]
    assert answer.usage.completion_tokens == 4 * 12
    texts = [""] * 4
    for piece in complete(client, prompts, n=2, stream=True):
        for choice in piece.choices:
            texts[choice.index] += choice.text
    assert texts == [choice.text for choice in answer.choices]


def test_logprobs_of_a_completion_are_four_lists(client):
    answer = complete(client, logprobs=3)
    logprobs = answer.choices[0].logprobs
    assert "".join(logprobs.tokens) == answer.choices[0].text
    assert len(logprobs.token_logprobs) == len(logprobs.top_logprobs) == 12
    assert all(value <= 0 for value in logprobs.token_logprobs)
    assert all(len(top) == 3 for top in logprobs.top_logprobs)
    assert logprobs.text_offset[0] == 0
    assert logprobs.text_offset[-1] == len("".join(logprobs.tokens[:-1]))
    streamed = [piece.choices[0].logprobs for piece in complete(client, logprobs=3, stream=True)]
    assert [token for each in streamed if each for token in each.tokens] == logprobs.tokens
    assert [offset for each in streamed if each for offset in each.text_offset] == logprobs.text_offset


def test_logprobs_of_a_chat_have_bytes(client):
    answer = chat(client, logprobs=True, top_logprobs=2)
    content = answer.choices[0].logprobs.content
    assert b"".join(bytes(token.bytes) for token in content).decode() == answer.choices[0].message.content
    assert all(len(token.top_logprobs) == 2 for token in content)
    assert content[0].top_logprobs[0].token == content[0].token  # greedy


def test_an_echo_comes_before_the_text(client):
    text = complete(client).choices[0].text
    assert complete(client, echo=True).choices[0].text == PROMPT + text
    pieces = complete(client, echo=True, stream=True)
    assert "".join(piece.choices[0].text for piece in pieces) == PROMPT + text


def test_a_chat_is_answered_by_way_of_the_template(client):
    answer = chat(client)
    assert answer.object == "chat.completion" and answer.id.startswith("chatcmpl-")
    message = answer.choices[0].message
    assert message.role == "assistant"
    assert message.content == complete(client, f"A story.\n{PROMPT}").choices[0].text
    chunks = list(chat(client, stream=True, stream_options={"include_usage": True}))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == message.content
    assert chunks[-2].choices[0].finish_reason == "length"
    assert chunks[-1].usage == answer.usage


def with_template(folder, text: str | None):
    """A repository with the story teller alone, and this chat template or none."""
    version = folder / MODEL / "1"
    version.mkdir(parents=True)
    (folder / MODEL / "model.yaml").symlink_to(SHIPPED / MODEL / "model.yaml")
    for file in (SHIPPED / MODEL / "1").glob("openvino_*"):
        (version / file.name).symlink_to(file)
    if text is not None:
        (version / "chat_template.jinja").write_text(text)
    return folder


def asked_once(repository):
    with serve(repository=repository) as server:
        with openai.OpenAI(base_url=f"http://{server.address}/v1", api_key="any", max_retries=0, timeout=60) as asked:
            return chat(asked, max_tokens=1)


def test_a_model_without_a_template_says_so(tmp_path):
    with pytest.raises(openai.BadRequestError) as refused:
        asked_once(with_template(tmp_path, None))
    assert refused.value.code == "chat_template_missing"


def test_a_template_that_does_not_work_says_so(tmp_path):
    with pytest.raises(openai.BadRequestError) as refused:
        asked_once(with_template(tmp_path, "{% for message in %}"))
    assert refused.value.code == "chat_template_broken"


def test_a_template_knows_the_end_token(tmp_path, client):
    plain = asked_once(with_template(tmp_path / "plain", "{{ messages[1].content }}"))
    ended = asked_once(with_template(tmp_path / "ended", "{{ messages[1].content }}{{ eos_token }}"))
    assert plain.usage.prompt_tokens == complete(client).usage.prompt_tokens
    assert ended.usage.prompt_tokens == plain.usage.prompt_tokens + 1


def test_the_asynchronous_client_streams_many_at_once(server, client):
    async def story(asked, prompt):
        stream = await asked.completions.create(model=MODEL, prompt=prompt, max_tokens=12, temperature=0, stream=True)
        return "".join([piece.choices[0].text async for piece in stream])

    async def all_of(prompts):
        async with openai.AsyncOpenAI(base_url=f"http://{server.address}/v1", api_key="any", timeout=60) as asked:
            return await asyncio.gather(*(story(asked, prompt) for prompt in prompts))

    prompts = ["She was", "He had", PROMPT, "The house"]
    assert asyncio.run(all_of(prompts)) == [complete(client, prompt).choices[0].text for prompt in prompts]


def test_errors_are_the_clients_exceptions(client):
    with pytest.raises(openai.NotFoundError) as refused:
        complete(client, model="nothing")
    assert refused.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError) as refused:
        complete(client, temperature=3)
    assert refused.value.param == "temperature"
    with pytest.raises(openai.BadRequestError) as refused:
        complete(client, "word " * CONTEXT)
    assert refused.value.code == "context_length_exceeded"
    with pytest.raises(openai.BadRequestError) as refused:
        chat(client, modalities=["audio"])
    assert (refused.value.param, refused.value.code) == ("modalities", "unsupported_parameter")
    with pytest.raises(openai.BadRequestError):
        complete(client, model="digits")


def test_a_deadline_in_the_middle_of_a_stream_is_its_last_event(client):
    with pytest.raises(openai.APIError, match="deadline"):
        for _ in range(100):
            list(complete(client, max_tokens=400, stream=True, extra_body={"ignore_eos": True},
                          extra_headers={"x-request-timeout-ms": "50"}))


def ended_calls(server, code: str) -> int:
    return sum("method=/v1/completions" in line and f"code={code}" in line for line in server.log().splitlines())


def test_a_stream_that_is_closed_stops_the_model(server, client):
    before = ended_calls(server, "CANCELLED")
    for _ in range(5):
        stream = complete(client, max_tokens=450, stream=True, extra_body={"ignore_eos": True})
        next(iter(stream))
        stream.close()
    assert eventually(lambda: ended_calls(server, "CANCELLED") == before + 5)


def is_idle(server) -> bool:
    return counter(server, "parlance_sequences_running") == 0 and counter(server, "parlance_pages_used") == 0


def test_abandoned_streams_leave_nothing_behind(server, client):
    assert eventually(lambda: is_idle(server))
    saved = counter(server, "parlance_saved_tokens_total")
    for number in range(50):
        stream = complete(client, max_tokens=450, stream=True, extra_body={"ignore_eos": True})
        for _, _ in zip(range(number % 7 + 1), stream):
            pass
        stream.close()
    assert eventually(lambda: is_idle(server))
    assert counter(server, "parlance_saved_tokens_total") > saved


def test_a_reset_stream_of_http2_stops_the_model(server):
    before = ended_calls(server, "CANCELLED")
    body = json.dumps({"model": MODEL, "prompt": PROMPT, "max_tokens": 450, "ignore_eos": True, "stream": True})
    command = ["curl", "-sSN", "--http2-prior-knowledge", f"http://{server.address}/v1/completions", "-d", body]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as asked:
        assert asked.stdout.readline().startswith(b"data: {")
        asked.kill()
    assert eventually(lambda: ended_calls(server, "CANCELLED") == before + 1)
    assert eventually(lambda: is_idle(server))


@pytest.mark.parametrize("how", ["eof", "reset"])
def test_a_lost_connection_stops_the_model(server, how):
    before = ended_calls(server, "CANCELLED")
    body = json.dumps({"model": MODEL, "prompt": PROMPT, "max_tokens": 450, "ignore_eos": True}).encode()
    head = f"POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection((server.address.rpartition(":")[0], server.port)) as connection:
        if how == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(head + body)
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)  # it has begun
    assert eventually(lambda: ended_calls(server, "CANCELLED") == before + 1)
