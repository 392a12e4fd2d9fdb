"""`parlance import`: what users bring becomes versions that are served. The models are tiny, with weights by chance."""

import json
import subprocess

import grpc
import numpy
import pytest

from support.process import ROOT, program
from support.repositories import SHIPPED, serve

PYTHON = ROOT / ".deps" / "python-import" / "bin" / "python"
DECODERS = {"llama-q4_1": "llama-q4_1.gguf", "llama-f16": "llama-f16.gguf", "qwen3": "qwen3.gguf", "qwen3-folder": "qwen3"}
PROMPT, TOKENS = "the other the", 60


def import_model(source, repository, *flags) -> subprocess.CompletedProcess:
    command = [program("parlance"), "import", str(source), "--repository", str(repository), *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


def run_python(script: str, *arguments) -> str:
    """In the importer's environment, which ./run setup makes."""
    assert PYTHON.exists(), "./run setup makes the importer's environment"
    done = subprocess.run([PYTHON, ROOT / "tests" / "support" / script, *map(str, arguments)], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    run_python("tiny_models.py", folder)
    return folder


@pytest.fixture(scope="module")
def imported(sources, tmp_path_factory):
    """A repository with all of them."""
    repository = tmp_path_factory.mktemp("repository")
    for name, source in DECODERS.items():
        done = import_model(sources / source, repository, "--name", name)
        assert done.returncode == 0, done.stderr
    return repository


@pytest.fixture(scope="module")
def greedy(imported):
    """greedy(name): the tokens of the version after PROMPT, without the server."""
    made = {}

    def run(name: str) -> dict:
        if name not in made:
            made[name] = json.loads(run_python("greedy.py", imported / name / "1", PROMPT, TOKENS))
        return made[name]
    return run


@pytest.mark.parametrize("name", DECODERS)
def test_an_imported_decoder_goes_on_as_openvino_genai_does(greedy, name):
    made = greedy(name)
    assert made["graph"] == made["genai"]
    assert len(made["graph"]) == TOKENS


@pytest.mark.parametrize("prompt", [PROMPT, "It was a truth", "Mr. Darcy said nothing for some time"])
def test_the_story_that_is_served_is_the_one_that_openvino_genai_tells(model_channel, stubs, prompt):
    made = json.loads(run_python("greedy.py", SHIPPED / "storyteller" / "1", prompt, TOKENS))
    request = stubs.inference.GenerateRequest(model_name="storyteller", prompt=prompt, max_tokens=TOKENS)
    tokens = list(stubs.inference_grpc.InferenceServiceStub(model_channel).Generate(request, timeout=60))
    served = [token.token_id for token in tokens if not token.is_final]
    assert made["graph"] == made["genai"]
    assert served == made["genai"][:len(served)]
    assert len(served) == TOKENS or tokens[-1].finish_reason == "stop"


def test_a_version_has_all_that_a_server_and_a_chat_need(imported):
    version = imported / "llama-q4_1" / "1"
    names = {file.name for file in version.iterdir()}
    assert names == {"openvino_model.xml", "openvino_model.bin", "openvino_tokenizer.xml", "openvino_tokenizer.bin",
                     "openvino_detokenizer.xml", "openvino_detokenizer.bin", "chat_template.jinja", "config.json"}
    assert "message['content']" in (version / "chat_template.jinja").read_text()
    assert json.loads((version / "config.json").read_text())["max_position_embeddings"] == 128
    assert (version.parent / "model.yaml").read_text() == "backend: openvino\n"


def test_quantised_weights_keep_their_values(greedy):
    unpacked, same_in_16_bits = greedy("llama-q4_1")["logits"], greedy("llama-f16")["logits"]
    assert numpy.array(unpacked) == pytest.approx(numpy.array(same_in_16_bits), abs=1e-4)


def test_a_folder_gives_what_the_gguf_file_of_the_same_weights_gives(greedy):
    assert numpy.array(greedy("qwen3-folder")["logits"]) == pytest.approx(numpy.array(greedy("qwen3")["logits"]), abs=1e-4)


def test_the_server_goes_on_as_openvino_genai_does(stubs, imported, greedy):
    """Past the first page of keys and values, until the end token if it comes."""
    with serve(repository=imported) as server, grpc.insecure_channel(server.address) as channel:
        stub = stubs.inference_grpc.InferenceServiceStub(channel)
        for name in DECODERS:
            request = stubs.inference.GenerateRequest(model_name=name, prompt=PROMPT, max_tokens=TOKENS)
            tokens = list(stub.Generate(request, timeout=60))
            made = [token.token_id for token in tokens if not token.is_final]
            assert made == greedy(name)["genai"][: len(made)], name
            assert len(made) == TOKENS or tokens[-1].finish_reason == "stop", name


def test_an_onnx_file_is_served_as_it_was(stubs, tmp_path, inference):
    done = import_model(SHIPPED / "digits" / "1" / "model.onnx", tmp_path, "--name", "numbers")
    assert done.returncode == 0, done.stderr
    request = {"features": [float(i % 17) for i in range(64)]}
    shipped = inference.Predict(stubs.inference.PredictRequest(model_name="digits", **request))
    with serve(repository=tmp_path) as server, grpc.insecure_channel(server.address) as channel:
        stub = stubs.inference_grpc.InferenceServiceStub(channel)
        ours = stub.Predict(stubs.inference.PredictRequest(model_name="numbers", **request), timeout=60)
    assert list(ours.predictions) == pytest.approx(list(shipped.predictions), abs=1e-6)


def test_the_next_version_is_the_next_number_and_settings_are_kept(tmp_path):
    source = SHIPPED / "digits" / "1" / "model.onnx"
    for version in ("1", "2"):
        done = import_model(source, tmp_path, "--name", "numbers")
        assert done.stdout.startswith(f"{tmp_path}/numbers/{version}: ")
        (tmp_path / "numbers" / "model.yaml").write_text("priority: 3\n")
    assert (tmp_path / "numbers" / "model.yaml").read_text() == "priority: 3\n"
    assert "is kept" in done.stdout
    taken = import_model(source, tmp_path, "--name", "numbers", "--version", "2")
    assert (taken.returncode, taken.stderr) == (65, "parlance import: numbers has a version 2 already; without --version the next is taken\n")


def refused(tmp_path, source) -> str:
    """Why it is; nothing is left of it."""
    repository = tmp_path / "repository"
    repository.mkdir()
    done = import_model(source, repository)
    assert done.returncode == 65, done.stdout
    assert list(repository.iterdir()) == []
    return done.stderr


def test_a_file_that_is_no_gguf_is_refused(tmp_path):
    (tmp_path / "x.gguf").write_bytes(b"not one")
    assert "x.gguf is no GGUF file" in refused(tmp_path, tmp_path / "x.gguf")


def test_an_architecture_that_is_not_known_is_named(tmp_path, sources):
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "mamba"}))
    assert "model_type mamba; can be imported: bert, llama" in refused(tmp_path, folder)


def test_a_weight_that_has_no_place_is_an_error(tmp_path, sources):
    config = json.loads((sources / "qwen3" / "config.json").read_text())
    folder = tmp_path / "deeper"
    folder.mkdir()
    for file in (sources / "qwen3").iterdir():
        (folder / file.name).symlink_to(file)
    (folder / "config.json").unlink()
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 1}))
    assert "11 weights are of a kind that cannot be imported, such as model.layers.1." in refused(tmp_path, folder)


def test_a_folder_without_a_tokenizer_is_refused(tmp_path, sources):
    folder = tmp_path / "mute"
    folder.mkdir()
    for name in ("config.json", "model.safetensors"):
        (folder / name).symlink_to(sources / "qwen3" / name)
    assert "has no tokenizer" in refused(tmp_path, folder)


def test_a_source_that_is_not_there_is_said(tmp_path):
    done = import_model(tmp_path / "nothing", tmp_path)
    assert (done.returncode, done.stderr) == (66, f"parlance import: {tmp_path}/nothing does not exist\n")
