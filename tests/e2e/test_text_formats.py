"""Text held to a JSON schema, an expression or choices: over the OpenAI API, Generate, KServe and TorchServe."""

import concurrent.futures
import json
import re

import grpc
import openai
import pytest

from conftest import CHANNEL_OPTIONS
from support.failures import error_info, failure_of
from support.repositories import serve

MODEL = "storyteller"
PROMPT = "It was a fine morning, and"
SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "maxLength": 30},
        "chapters": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 60}, "minItems": 1, "maxItems": 4},
        "mood": {"enum": ["glad", "grave", None]},
        "author": {"$ref": "#/$defs/author"},
    },
    "required": ["title", "chapters", "mood", "author"],
    "additionalProperties": False,
    "$defs": {
        "author": {"type": "object", "properties": {"name": {"type": "string", "pattern": "^[A-Z][a-z]{1,8}$"}, "alive": {"type": "boolean"}},
                   "required": ["name"], "additionalProperties": False},
    },
}


def check(text):
    """That the text satisfies SCHEMA, in the order of its properties."""
    story = json.loads(text)
    assert list(story) == ["title", "chapters", "mood", "author"]
    assert isinstance(story["title"], str) and len(story["title"]) <= 30
    assert 1 <= len(story["chapters"]) <= 4 and all(type(each) is int and 1 <= each <= 60 for each in story["chapters"])
    assert story["mood"] in ("glad", "grave", None)
    assert re.fullmatch("[A-Z][a-z]{1,8}", story["author"]["name"])
    assert set(story["author"]) <= {"name", "alive"} and type(story["author"].get("alive", True)) is bool


@pytest.fixture(scope="module")
def server():
    with serve() as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    with openai.OpenAI(base_url=f"http://{server.address}/v1", api_key="any", max_retries=0, timeout=60) as made:
        yield made


def response_format(schema=SCHEMA):
    return {"type": "json_schema", "json_schema": {"name": "story", "schema": schema, "strict": True}}


def chat(client, **fields):
    return client.chat.completions.create(**{"model": MODEL, "messages": [{"role": "user", "content": PROMPT}], "max_tokens": 250, **fields})


def complete(client, **extra):
    fields = {name: extra.pop(name) for name in ("seed", "temperature", "max_tokens", "logprobs", "n", "stream") if name in extra}
    return client.completions.create(**{"model": MODEL, "prompt": PROMPT, "max_tokens": 200, **fields}, extra_body=extra)


def test_every_text_satisfies_its_schema(client):
    def drawn(seed):
        (choice,) = chat(client, seed=seed, temperature=1, response_format=response_format()).choices
        assert choice.finish_reason == "stop"
        return choice.message.content

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(drawn, range(20)))
    for text in texts:
        check(text)
    assert len(set(texts)) > 10
    assert drawn(3) == texts[3], "the same seed alone"


def test_a_stream_is_the_same_text_in_pieces(client):
    whole = chat(client, seed=5, response_format=response_format()).choices[0].message.content
    chunks = list(chat(client, seed=5, response_format=response_format(), stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert len(chunks) > 10


def test_each_of_n_is_held_for_itself(client):
    answer = chat(client, seed=1, n=4, response_format=response_format())
    texts = [choice.message.content for choice in answer.choices]
    for text in texts:
        check(text)
    assert len(set(texts)) > 1


def test_max_tokens_in_the_middle_are_told(client):
    (choice,) = chat(client, temperature=0, max_tokens=6, response_format=response_format()).choices
    assert choice.finish_reason == "length"
    assert choice.message.content.lstrip().startswith("{")
    with pytest.raises(ValueError):
        json.loads(choice.message.content)


def test_a_json_object_is_any_object(client):
    answers = [chat(client, seed=seed, max_tokens=300, response_format={"type": "json_object"}) for seed in range(6)]
    whole = [answer.choices[0].message.content for answer in answers if answer.choices[0].finish_reason == "stop"]
    assert all(isinstance(json.loads(text), dict) for text in whole)
    assert all(answer.choices[0].message.content.startswith("{") for answer in answers)


def test_expressions_and_choices_as_vllm_has_them(client):
    date = r"[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]"
    for extra in ({"guided_regex": date}, {"structured_outputs": {"regex": date}}):
        for seed in range(5):
            assert re.fullmatch(date, complete(client, seed=seed, **extra).choices[0].text)
    for extra in ({"guided_choice": ["yes", "no"]}, {"structured_outputs": {"choice": ["yes", "no"]}}):
        assert {complete(client, seed=seed, **extra).choices[0].text for seed in range(8)} == {"yes", "no"}
    check(complete(client, guided_json=SCHEMA).choices[0].text)


def test_no_special_token_is_made(client):
    text = complete(client, guided_choice=["<|endoftext|></s>"], logprobs=0).choices[0]
    assert text.text == "<|endoftext|></s>" and text.finish_reason == "stop"
    assert len(text.logprobs.tokens) > 4, "spelled, letter by letter"


def test_alternatives_are_among_what_is_allowed(client):
    answer = complete(client, guided_choice=["yes", "no"], logprobs=5, temperature=0).choices[0]
    assert all(0 < len(top) <= 5 for top in answer.logprobs.top_logprobs)
    assert set(answer.logprobs.top_logprobs[0]) <= {"y", "ye", "yes", "n", "no"}


def test_neighbours_make_what_they_make_alone(client):
    alone = complete(client, temperature=0, max_tokens=60).choices[0].text
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        held = [pool.submit(chat, client, seed=seed, response_format=response_format()) for seed in range(6)]
        free = [pool.submit(complete, client, temperature=0, max_tokens=60) for _ in range(6)]
        assert {each.result().choices[0].text for each in free} == {alone}
        for each in held:
            check(each.result().choices[0].message.content)


BAD = [
    ({"response_format": response_format({"type": "text"})}, "response_format", "Unsupported type"),
    ({"response_format": response_format({"type": "array", "uniqueItems": True})}, "response_format", "uniqueItems is not supported"),
    ({"response_format": {"type": "yaml"}}, "response_format", "'json_schema'"),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}, "response_format", "must be a JSON schema"),
    ({"extra_body": {"guided_regex": "a("}}, "guided_regex", "regular expression"),
    ({"extra_body": {"guided_regex": "(?=a)b"}}, "guided_regex", "Lookahead"),
    ({"extra_body": {"guided_choice": []}}, "guided_choice", "1 to 1024 choices"),
    ({"extra_body": {"structured_outputs": {"grammar": "root ::= 'a'"}}}, "structured_outputs.grammar", "not supported"),
    ({"extra_body": {"guided_regex": "a", "guided_choice": ["a"]}}, "guided_regex", "exclude each other"),
    ({"extra_body": {"guided_regex": "a" * 5000}}, "guided_regex", "4096 are taken at most"),
]


@pytest.mark.parametrize("fields, param, says", BAD, ids=[f"{param}-{says[:12]}" for _, param, says in BAD])
def test_what_cannot_be_used_is_a_400_that_names_the_field(client, fields, param, says):
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError) as error:
            chat(client, stream=stream, **fields)
        assert error.value.param == param
        assert says in error.value.message


def test_a_refused_schema_stays_refused(client):
    for _ in range(2):
        with pytest.raises(openai.BadRequestError):
            chat(client, response_format=response_format({"type": "array", "uniqueItems": True}))


@pytest.fixture
def channel(server):
    with grpc.insecure_channel(server.address, options=CHANNEL_OPTIONS) as made:
        yield made


def test_generate_takes_a_schema_in_its_metadata(stubs, channel):
    def generate(*metadata):
        request = stubs.inference.GenerateRequest(model_name=MODEL, prompt=PROMPT, max_tokens=250, temperature=1)
        return list(stubs.inference_grpc.InferenceServiceStub(channel).Generate(request, timeout=60, metadata=metadata))

    tokens = generate(("x-parlance-json-schema", json.dumps(SCHEMA)))
    check("".join(token.token for token in tokens))
    assert tokens[-1].is_final and tokens[-1].finish_reason == "stop"
    assert re.fullmatch("[a-c]{9}", "".join(token.token for token in generate(("x-parlance-regex", "[a-c]{9}"))))
    unusable = failure_of(generate, ("x-parlance-regex", "a("))
    assert unusable.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert error_info(unusable).metadata["knob"] == "format"
    both = failure_of(generate, ("x-parlance-regex", "a"), ("x-parlance-json-schema", "{}"))
    assert "exclude each other" in both.details()


def test_kserve_and_torchserve_take_them_as_parameters(stubs, channel):
    kserve = stubs.kserve
    request = kserve.ModelInferRequest(model_name=MODEL)
    request.inputs.add(name="text_input", datatype="BYTES", shape=[1]).contents.bytes_contents.append(PROMPT.encode())
    request.parameters["max_tokens"].int64_param = 250
    request.parameters["json_schema"].string_param = json.dumps(SCHEMA)
    answer = stubs.kserve_grpc.GRPCInferenceServiceStub(channel).ModelInfer(request, timeout=60)
    raw = answer.raw_output_contents[0][4:] if answer.raw_output_contents else answer.outputs[0].contents.bytes_contents[0]
    check(raw.decode())
    data = json.dumps({"prompt": PROMPT, "temperature": 1, "max_tokens": 250, "json_schema": SCHEMA}).encode()
    asked = stubs.torchserve.PredictionsRequest(model_name=MODEL, input={"data": data})
    check(stubs.torchserve_grpc.InferenceAPIsServiceStub(channel).Predictions(asked, timeout=60).prediction.decode())
