"""The admin address of a `parlance serve`, asked over HTTP/1.1."""

import json
import re
from http.client import HTTPConnection, HTTPResponse

from prometheus_client.parser import text_string_to_metric_families

from support.process import ServerProcess, eventually


def admin_address(server: ServerProcess) -> str:
    announcement = r"admin +address=(\S+)"
    assert eventually(lambda: re.search(announcement, server.log())), f"no admin address: {server.log()}"
    return re.search(announcement, server.log()).group(1)


class Admin:
    """One connection, kept alive."""

    def __init__(self, server: ServerProcess):
        self.address = admin_address(server)
        self.connection = HTTPConnection(self.address, timeout=60)

    def ask(self, target: str, method: str = "GET") -> tuple[HTTPResponse, str]:
        self.connection.request(method, target)
        response = self.connection.getresponse()
        return response, response.read().decode()

    def get(self, target: str) -> str:
        response, body = self.ask(target)
        assert response.status == 200, body
        return body

    def json(self, target: str):
        return json.loads(self.get(target))

    def metrics(self) -> dict:
        """Families by name, as Prometheus' own parser reads them."""
        return {family.name: family for family in text_string_to_metric_families(self.get("/metrics"))}

    def sample(self, name: str, **labels: str) -> float:
        """The value of the one sample that has these labels; 0 when there is none."""
        found = [
            sample.value
            for family in self.metrics().values()
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        assert len(found) <= 1, f"{name}{labels} is not one sample but {len(found)}"
        return found[0] if found else 0.0

    def reaches(self, value: float, name: str, **labels: str) -> bool:
        return eventually(lambda: self.sample(name, **labels) == value)

    def close(self) -> None:
        self.connection.close()
