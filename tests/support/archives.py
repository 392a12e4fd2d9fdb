"""TorchServe's .mar archives."""

import json
import sys
import zipfile
from pathlib import Path

HANDLER = '''\
class Shout:
    def initialize(self, context):
        self.suffix = context.model_yaml_config["handler"]["suffix"]
    def preprocess(self, data):
        return [row["data"].decode() for row in data]
    def handle(self, data, context):
        return [{"text": text.upper() + self.suffix} for text in self.preprocess(data)]
'''
CONFIG = "minWorkers: 1\nmaxWorkers: 1\nbatchSize: 4\nmaxBatchDelay: 5\nhandler:\n  suffix: '!'\n"
MODEL = {"modelName": "shout", "modelVersion": "1.0", "handler": "handler.py", "configFile": "model-config.yaml"}


def make_archive(path: Path, handler: str = HANDLER, files: dict[str, str | bytes] = {}, config: str | bytes = CONFIG,
                 manifest: dict = {}) -> Path:
    """With this handler, more `files` by their names, and `manifest` in its manifest's model."""
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("MAR-INF/MANIFEST.json", json.dumps({"runtime": "python", "model": {**MODEL, **manifest}}))
        packed.writestr("handler.py", handler)
        packed.writestr("model-config.yaml", config)
        for name, text in files.items():
            packed.writestr(name, text)
    return path


def with_this_python(monkeypatch) -> None:
    """Handlers of servers that are started from now on run in the Python of the tests, which has numpy."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
