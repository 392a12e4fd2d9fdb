"""The class Model of a version's model.py, loaded; and its signature, from the configuration or from the class."""

import importlib.util
import os
import sys

from pyworker.failure import CannotLoad


def require_numpy() -> None:
    try:
        import numpy  # noqa: F401
    except ImportError:
        raise CannotLoad(
            f"{sys.executable} has no numpy, which tensors are given as: install it there (python3-numpy, or pip install "
            'numpy), add it to requirements.txt, or name another Python as "python: {interpreter: …}"'
        ) from None


class Loaded:
    def __init__(self, model, inputs: list[dict], outputs: list[dict]) -> None:
        self.model = model
        self.inputs = inputs
        self.outputs = outputs


def load(file: str, config: dict) -> Loaded:
    folder, name = os.path.split(file)
    os.chdir(folder)
    sys.path.insert(0, folder)
    module = import_file(file)
    made = getattr(module, "Model", None)
    if not isinstance(made, type):
        raise CannotLoad(f"{name} has no class Model")
    if not callable(getattr(made, "predict", None)):
        raise CannotLoad(f"the class Model of {name} has no method predict(self, batch)")
    inputs = config["inputs"] or declared(made, "inputs")
    outputs = config["outputs"] or declared(made, "outputs")
    if not inputs or not outputs:
        raise CannotLoad(
            "what it takes and gives is not declared: model.yaml needs inputs and outputs, or the class Model attributes "
            'like inputs = {"x": ("FP32", [-1, 4])}'
        )
    model = made()
    if hasattr(model, "load"):
        model.load(config)
    return Loaded(model, inputs, outputs)


def import_file(file: str):
    name = os.path.basename(file).removesuffix(".py")
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def declared(made: type, key: str) -> list[dict]:
    said = getattr(made, key, None)
    if said is None:
        return []
    try:
        return [
            {"name": str(name), "type": str(kind), "shape": [int(size) for size in shape]}
            for name, (kind, shape) in dict(said).items()
        ]
    except (TypeError, ValueError):
        raise CannotLoad(f'Model.{key} must be like {{"x": ("FP32", [-1, 4])}}, is {said!r}') from None
