"""TorchServe's .mar archives: `parlance import`, and RegisterModel of those that lie in the model store."""

import concurrent.futures
import json
import re
import subprocess

import pytest

from support.archives import CONFIG, HANDLER, make_archive, with_this_python
from support.process import ServerProcess, eventually, program
from support.repositories import add_synthetic, serve
from support.torchserve import Client, ask, management_address, refused

INVALID = "\norg.pytorch.serve.archive.model.InvalidModelException"
CONFLICT = "\norg.pytorch.serve.http.ConflictStatusException"


def import_archive(path, repository, *flags: str) -> subprocess.CompletedProcess:
    command = [program("parlance"), "import", str(path), "--repository", str(repository), *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


# --- parlance import


def test_an_archive_becomes_the_version_that_it_says_or_the_next(tmp_path):
    store = tmp_path / "models"
    path = make_archive(tmp_path / "x.mar", manifest={"modelVersion": "3.0"})
    for version in (3, 4):
        done = import_archive(path, store)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"{store}/shout/{version}: a TorchServe handler (handler.py) in a Python worker, ")
    assert import_archive(path, store, "--version", "7").returncode == 0
    assert import_archive(make_archive(tmp_path / "y.mar", manifest={"modelVersion": "beta"}), store, "--name", "other").returncode == 0
    assert (store / "shout" / "7" / "model.py").exists() and (store / "other" / "1" / "model.py").exists()


@pytest.mark.parametrize(
    "made, words",
    [
        ({"handler": "from ts.torch_handler.base_handler import BaseHandler\nclass H(BaseHandler): pass\n"}, "imports ts.torch_handler.base_handler"),
        ({"handler": "def handle(data, context:\n"}, "the handler cannot be read"),
        ({"handler": "(" * 5000}, "the handler cannot be read"),
        ({"files": {"../outside.py": ""}}, "a file outside of itself"),
        ({"files": {"/outside.py": ""}}, "a file outside of itself"),
        ({"files": {"handler.py/more.py": ""}}, "handler.py/more.py cannot be unpacked"),
        ({"files": {"x" * 300: ""}}, "cannot be unpacked: "),
        ({"config": "minWorkers: many\n"}, "minWorkers must be a whole number of at least 0, is 'many'"),
        ({"config": "handler: &anchor\n"}, "model-config.yaml:1: & is not understood"),
        ({"config": b"handler: \xff\n"}, "model-config.yaml is no UTF-8"),
        ({"config": "handler: " + "[" * 100_000}, "model-config.yaml is nested too deeply"),
        ({"config": "# " + "x" * (1 << 20)}, "model-config.yaml is too large"),
        ({"manifest": {"handler": "image_classifier"}}, "the handler 'image_classifier' is not in the archive"),
        ({"manifest": {"modelName": 7}}, "model.modelName is no text"),
        ({"manifest": {"modelName": "../up"}}, "'../up' cannot be the name of a model"),
        ({"manifest": {"configFile": ["a"]}}, "model.configFile is no text"),
    ],
)  # fmt: skip
def test_what_an_archive_cannot_do_is_said(tmp_path, made, words):
    done = import_archive(make_archive(tmp_path / "x.mar", **made), tmp_path / "models")
    assert done.returncode == 65, done.stderr
    assert words in done.stderr and done.stderr.startswith("parlance import: ") and done.stderr.count("\n") == 1
    assert not (tmp_path / "outside.py").exists()
    assert not (tmp_path / "models" / "shout").exists()


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "text.mar").write_text("no zip")
    done = import_archive(tmp_path / "text.mar", tmp_path / "models")
    assert done.returncode == 65
    assert "it is not a zip file" in done.stderr
    (tmp_path / "folder.mar").mkdir()
    assert import_archive(tmp_path / "folder.mar", tmp_path / "models").returncode == 65


def test_a_cut_or_damaged_archive_is_refused(tmp_path):
    whole = make_archive(tmp_path / "whole.mar", files={"weights": b"\x00" * 5000}).read_bytes()
    assert import_archive(tmp_path / "whole.mar", tmp_path / "models").returncode == 0
    for name, content in (("cut", whole[: len(whole) // 2]), ("damaged", whole.replace(b"\x00" * 100, b"\x01" * 100, 1))):
        (tmp_path / f"{name}.mar").write_bytes(content)
        done = import_archive(tmp_path / f"{name}.mar", tmp_path / "models", "--name", name)
        assert (done.returncode, done.stderr.count("\n")) == (65, 1), done.stderr
        assert not (tmp_path / "models" / name).exists()


def test_a_model_of_another_kind_keeps_what_it_has(tmp_path):
    add_synthetic(tmp_path, "shout")
    before = (tmp_path / "shout" / "model.yaml").read_text()
    done = import_archive(make_archive(tmp_path / "x.mar"), tmp_path)
    assert (done.returncode, done.stderr) == (
        65, "parlance import: there is a model shout already that runs no Python: choose another name\n"
    )  # fmt: skip
    assert (tmp_path / "shout" / "model.yaml").read_text() == before
    assert sorted(each.name for each in (tmp_path / "shout").iterdir()) == ["1", "model.yaml"]


# --- RegisterModel


@pytest.fixture
def store(tmp_path, monkeypatch):
    with_this_python(monkeypatch)
    folder = tmp_path / "store"
    add_synthetic(folder, "noop")
    make_archive(folder / "shout.mar")
    return folder


@pytest.fixture
def client(stubs, store):
    with serve("--torchserve-management", "127.0.0.1:0", repository=store) as server:
        with Client(stubs, server.address, management_address(server)) as made:
            made.server = server
            yield made


def shouted(client, model: str) -> str:
    return json.loads(client.infer(model, b"hello"))["text"]


def test_an_archive_of_the_store_is_registered_and_served(client):
    assert client.register("shout") == 'Model "shout" Version: 1.0 registered with 1 initial workers'
    assert shouted(client, "shout") == "HELLO!"
    (described,) = client.describe("shout")
    assert (described["modelVersion"], described["batchSize"], described["maxBatchDelay"]) == ("1.0", 4, 5)


def test_an_archive_is_registered_over_http_as_torchserves_users_begin(client):
    address = management_address(client.server)
    answer = {"status": 'Model "shout" Version: 1.0 registered with 2 initial workers'}
    assert ask(address, "POST", "/models?url=shout.mar&initial_workers=2&batch_size=8") == (200, answer)
    assert ask(client.server.address, "POST", "/predictions/shout", b"hello") == (200, {"text": "HELLO!"})
    assert ask(address, "GET", "/models/shout")[1][0]["batchSize"] == 8
    conflict = {"code": 409, "type": "ConflictStatusException", "message": "Model version 1.0 is already registered for model shout"}
    assert ask(address, "POST", "/models?url=shout.mar") == (409, conflict)


def test_an_archive_has_the_name_that_it_is_registered_under(client, store):
    assert client.register("loud", url="shout.mar").startswith('Model "loud" Version: 1.0 registered')
    assert client.register("", url=f"file://{store}/shout.mar").startswith('Model "shout" Version: 1.0 registered')
    assert shouted(client, "loud") == shouted(client, "shout") == "HELLO!"
    make_archive(store / "who.mar", "def handle(data, context):\n    return [context.model_name for _ in data or []]\n")
    client.register("me", url="who.mar")
    assert client.infer("me", b"who?") == "me"


def test_an_archive_becomes_a_version_once_and_another_when_it_changes(stubs, client, store):
    client.register("shout")
    client.unregister("shout")
    assert client.register("shout") == 'Model "shout" Version: 1.0 registered with 1 initial workers'
    assert refused(client.register, "shout") == ("ABORTED", f"Model version 1.0 is already registered for model shout{CONFLICT}")
    make_archive(store / "shout.mar", config=CONFIG.replace("!", "?"))
    assert client.register("shout") == 'Model "shout" Version: 2.0 registered with 1 initial workers'
    assert shouted(client, "shout") == "HELLO?"
    assert json.loads(client.infer("shout", b"hello", model_version="1.0"))["text"] == "HELLO!"
    assert sorted(each.name for each in (store / "shout").iterdir()) == ["1", "2", "model.yaml"]


def test_without_synchronous_the_archive_is_read_and_the_rest_goes_on_behind(client):
    assert client.register("shout", synchronous=False) == "Processing worker updates..."
    assert eventually(lambda: any(each["modelName"] == "shout" for each in client.list()["models"]))


def test_an_archive_that_is_registered_many_times_at_once_is_registered_once(client, store):
    def register(_) -> str:
        try:
            return client.register("shout")
        except Exception as failure:
            return failure.details()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(register, range(8)))
    registered = [answer for answer in answers if "registered with 1 initial workers" in answer]
    assert len(registered) >= 1
    assert {answer for answer in answers if answer not in registered} <= {
        f"Model version 1.0 is already registered for model shout{CONFLICT}"
    }
    assert sorted(each.name for each in (store / "shout").iterdir()) == ["1", "model.yaml"]
    assert shouted(client, "shout") == "HELLO!"


def test_an_archive_that_cannot_be_used_says_why(client, store):
    make_archive(store / "needs_ts.mar", "from ts.torch_handler.base_handler import BaseHandler\nclass H(BaseHandler): pass\n")
    (store / "text.mar").write_text("no zip")
    make_archive(store / "noop.mar", manifest={"modelName": "noop"})
    for name, words in (
        ("needs_ts", "handler.py imports ts.torch_handler.base_handler, TorchServe's own code, which is not here"),
        ("text", "text.mar is no .mar archive: it is not a zip file"),
        ("noop", "there is a model noop already that runs no Python: choose another name"),
    ):
        code, text = refused(client.register, name)
        assert code == "INVALID_ARGUMENT"
        assert text.startswith(f"Archive {name}.mar cannot be used: {words}"), text
        assert text.endswith(INVALID)
    status, error = ask(management_address(client.server), "POST", "/models?url=text.mar")
    assert (status, error["code"], error["type"]) == (400, 400, "InvalidModelException")
    assert [each["modelName"] for each in client.list()["models"]] == ["noop"]


def test_a_handler_that_does_not_start_is_told_in_its_own_words(client, store):
    handler = "def handle(data, context):\n    raise OSError('no weights')\n"
    make_archive(store / "broken.mar", handler)
    code, text = refused(client.register, "broken")
    assert code == "INTERNAL"
    assert text.startswith("Failed to start workers for model broken: ") and "OSError: no weights" in text
    assert text.endswith("\norg.pytorch.serve.http.InternalServerException")


def test_what_an_archive_asks_for_and_is_not_done_is_logged(client, store):
    make_archive(store / "shout.mar", config=CONFIG + "parallelType: tp\n")
    client.register("shout")
    assert "of model-config.yaml these are not done: parallelType  model=shout  version=1" in client.server.log()


def as_torchserve(store, *lines: str) -> ServerProcess:
    """`parlance serve` with a config.properties of that model store and these lines."""
    file = store.parent / "config.properties"
    file.write_text("\n".join([f"model_store={store}", "grpc_inference_port=0", "grpc_management_port=0", *lines]))
    flags = ("--torchserve-config", str(file), "--admin", "127.0.0.1:0")
    return ServerProcess("parlance", "serve", *flags, announces=r"listening +address=(\S+)")


@pytest.mark.parametrize("time", ["the first time", "again"])
@pytest.mark.parametrize(
    "load, models",
    [
        ("load_models=all", ["noop", "shout"]),
        ("load_models=shout.mar", ["shout"]),
        ("load_models=shout", ["shout"]),
        ("load_models=loud=shout.mar, noop.mar", ["loud", "noop"]),
        ('model_snapshot={"models": {"loud": {"1.0": {"marName": "shout.mar", "minWorkers": 2}}}}', ["loud"]),
    ],
)
def test_archives_are_loaded_at_the_start_as_torchserve_does(stubs, store, load, models, time):
    for _ in range(1 + (time == "again")):
        with as_torchserve(store, load) as server, Client(stubs, server.address, management_address(server)) as client:
            assert eventually(lambda: re.search(r"\bready\b +after", server.log())), server.log()
            assert [each["modelName"] for each in client.list()["models"]] == models
            name = "loud" if "loud" in models else "shout"
            assert shouted(client, name) == "HELLO!"
            assert len(client.describe(name)[0]["workers"]) == (2 if "minWorkers" in load else 1)
    assert sorted(each.name for each in (store / name).iterdir()) == ["1", "model.yaml"]


def test_an_archive_that_cannot_be_loaded_at_the_start_is_logged_and_keeps_nothing_else(stubs, store):
    (store / "text.mar").write_text("no zip")
    with as_torchserve(store, "load_models=all") as server, Client(stubs, server.address, management_address(server)) as client:
        assert eventually(lambda: re.search(r"\bready\b +after", server.log())), server.log()
        assert shouted(client, "shout") == "HELLO!"
        assert "archive not imported  archive=text.mar  reason=\"text.mar is no .mar archive: it is not a zip file\"" in server.log()
    with as_torchserve(store, "load_models=text.mar") as server:
        assert eventually(lambda: "not ready" in server.log()), server.log()
        assert ask(server.address, "GET", "/ping") == (500, {"status": "Unhealthy"})


STREAM = """\
class Model:
    inputs = {"data": ("BYTES", [-1])}
    outputs = {"prediction": ("BYTES", [-1])}
    def predict(self, batch):
        import numpy
        for word in batch["data"][0].split():
            yield {"prediction": numpy.array([word], object)}
"""


def test_the_parts_of_a_stream_are_one_prediction_where_one_is_asked_for(stubs, store):
    (store / "words" / "1").mkdir(parents=True)
    (store / "words" / "1" / "model.py").write_text(STREAM)
    with serve(repository=store) as server, Client(stubs, server.address, server.admin) as client:
        assert client.infer_stream("words", b"one two three") == ["one", "two", "three"]
        assert client.infer("words", b"one two three") == "onetwothree"


def test_a_missing_importer_is_said(stubs, store, monkeypatch):
    monkeypatch.setenv("PARLANCE_IMPORTER", "/nowhere")
    with serve(repository=store) as server, Client(stubs, server.address, server.admin) as client:
        code, text = refused(client.register, "shout")
        assert (code, text.splitlines()[0]) == ("INTERNAL", "Archive shout.mar cannot be used: the importer is not beside this program")
