"""A handler of TorchServe as a model: what model.py of an imported .mar is. Each element of the input `data` is the body of
a request, and each of the output `prediction` what is answered to it."""

import importlib.util
import json
import os
import sys
import uuid

import numpy as np

FILES = "archive"  # importer/mar_source.py has it, too
MANIFEST = "MAR-INF/MANIFEST.json"
CONFIG = "MAR-INF/model-config.json"


class Context:
    """What a handler is told of its model and of the requests of a batch: TorchServe's `context` in shape."""

    def __init__(self, name: str, folder: str, manifest: dict, config: dict, batch_size: int) -> None:
        self.manifest = manifest
        self.model_yaml_config = config
        self.model_name = name
        self.system_properties = {
            "model_dir": folder, "gpu_id": None, "batch_size": batch_size, "server_name": "Parlance", "server_version": "0",
            "limit_max_image_pixels": True,
        }  # fmt: skip
        self.metrics = Metrics()
        self.stopping_criteria = None
        self.request_ids: dict[int, str] = {}

    def begin(self, count: int) -> None:
        self.request_ids = {i: uuid.uuid4().hex for i in range(count)}

    def get_request_id(self, idx: int = 0) -> str | None:
        return self.request_ids.get(idx)

    def get_request_header(self, idx: int, key: str, exact: bool = False) -> None:
        """Headers do not come as far as here."""

    def get_all_request_header(self, idx: int) -> dict:
        return {}

    # What an answer over HTTP would have; the answer here is its body.
    def set_response_content_type(self, idx: int, value: str) -> None:
        pass

    def set_response_header(self, idx: int, key: str, value: str) -> None:
        pass

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0) -> None:
        if code >= 400:
            raise RuntimeError(f"the handler answers with status {code} {phrase}".strip())

    def set_all_response_status(self, code: int = 200, phrase: str = "") -> None:
        self.set_response_status(code, phrase)


class Metrics:
    """A handler's own metrics are taken and dropped."""

    def __getattr__(self, name: str):
        return lambda *args, **kwargs: None


class TorchServeModel:
    def load(self, config: dict) -> None:
        folder = os.path.join(config["folder"], FILES)
        manifest = _read(os.path.join(folder, MANIFEST))
        settings = _read(os.path.join(folder, CONFIG))
        sys.path.insert(0, folder)
        os.chdir(folder)
        self.context = Context(config["model"], folder, manifest, settings, max(config["max_batch"], 1))
        self.handle = _entry_point(folder, manifest["model"]["handler"], self.context)

    def predict(self, batch: dict) -> dict:
        bodies = batch["data"].ravel()
        self.context.begin(len(bodies))
        answers = self.handle([{"data": body} for body in bodies], self.context)
        if answers is None or len(answers) != len(bodies):
            given = "none" if answers is None else len(answers)
            raise ValueError(f"the handler must give {len(bodies)} answers, one for each request, gave {given}")
        prediction = np.empty(len(bodies), dtype=object)
        prediction[:] = [_body(answer) for answer in answers]
        return {"prediction": prediction}


def _read(file: str) -> dict:
    with open(file) as source:
        return json.load(source)


def _body(answer) -> bytes:
    if isinstance(answer, bytes | bytearray):
        return bytes(answer)
    if isinstance(answer, str):
        return answer.encode()
    if hasattr(answer, "tolist"):
        answer = answer.tolist()
    return json.dumps(answer, indent=2).encode()


def _entry_point(folder: str, handler: str, context: Context):
    """As TorchServe finds it: a function of the module, or the one class that it defines."""
    name, _, function = handler.partition(":")
    name = name.removesuffix(".py")
    spec = importlib.util.spec_from_file_location(os.path.basename(name), os.path.join(folder, name + ".py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    call = getattr(module, function or "handle", None)
    if callable(call):
        call(None, context)  # its initialisation
        return call
    classes = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__]
    if len(classes) != 1:
        names = ", ".join(each.__name__ for each in classes) or "none"
        raise TypeError(f"{name}.py must have a function {function or 'handle'}, or one class; it has: {names}")
    made = classes[0]()
    if hasattr(made, "initialize"):
        made.initialize(context)
    return made.handle if hasattr(made, "handle") else _in_steps(made)


def _in_steps(made):
    def handle(data, context):
        return made.postprocess(made.inference(made.preprocess(data)))

    return handle
