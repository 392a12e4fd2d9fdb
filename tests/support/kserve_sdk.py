"""KServe's inference clients, without its model server.

The package `kserve` imports on its way what only a server needs: pandas, FastAPI, Kubernetes' client, CloudEvents, more than a
hundred megabytes. Its two clients use none of that, so here the package is its folder without its __init__, and those modules
are empty ones. Its messages have the names of ours, so they get a descriptor pool of their own.
"""

import importlib
import importlib.metadata
import sys
import types
from unittest import mock

from google.protobuf import descriptor_pool

ABSENT = {
    "pandas": {"DataFrame": type("DataFrame", (), {})},
    "psutil": {},
    "yaml": {},
    "fastapi": {},
    "fastapi.responses": {"JSONResponse": type("JSONResponse", (), {})},
    "cloudevents": {},
    "cloudevents.conversion": {"to_binary": None, "to_structured": None},
    "cloudevents.http": {"CloudEvent": type("CloudEvent", (), {})},
}


def load() -> types.SimpleNamespace:
    """Its modules inference_client and infer_type as `clients` and `types`."""
    package = types.ModuleType("kserve")
    package.__path__ = [str(importlib.metadata.distribution("kserve").locate_file("kserve"))]
    stand_ins = {"kserve": package}
    for name, members in ABSENT.items():
        stand_ins[name] = types.ModuleType(name)
        vars(stand_ins[name]).update(members)
    before = {name: module for name, module in sys.modules.items() if name in stand_ins or name.startswith("kserve.")}
    for name in before:
        del sys.modules[name]
    sys.modules.update(stand_ins)
    try:
        with mock.patch.object(descriptor_pool, "Default", return_value=descriptor_pool.DescriptorPool()):
            return types.SimpleNamespace(clients=importlib.import_module("kserve.inference_client"),
                                         types=importlib.import_module("kserve.protocol.infer_type"))
    finally:  # the stubs of our own protos are in a package of that name, too
        for name in [name for name in sys.modules if name in stand_ins or name.startswith("kserve.")]:
            del sys.modules[name]
        sys.modules.update(before)
