"""h2spec against a server on the public API: every test of HTTP/2 (RFC 7540) and HPACK (RFC 7541) that it has."""

import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from support.process import tool

# h2spec tests RFC 7540. A test that RFC 9113 contradicts stands here with the section: (package, name) -> reason.
CONTRADICTED_BY_RFC_9113: dict[tuple[str, str], str] = {}

TESTS = 145  # of h2spec 2.2.1
STRICT_TESTS = 146


def run_h2spec(port: int, report, *options: str) -> list[ElementTree.Element]:
    # A limit on streams must be announced for the test of section 5.1.2 to run.
    arguments = [tool("h2spec"), "-h", "127.0.0.1", "-p", str(port), "-j", str(report), *options]
    subprocess.run(arguments, capture_output=True, text=True, timeout=150)
    return list(ElementTree.parse(report).getroot().iter("testcase"))


def name_of(case: ElementTree.Element) -> tuple[str, str]:
    return case.get("package"), case.get("classname")


@pytest.mark.parametrize(("options", "count"), [([], TESTS), (["--strict"], STRICT_TESTS)], ids=["default", "strict"])
def test_every_test_passes_and_none_is_skipped(server, tmp_path, options, count):
    cases = run_h2spec(server.port, tmp_path / "h2spec.xml", *options)
    skipped = [name_of(case) for case in cases if case.find("skipped") is not None]
    failed = [name_of(case) for case in cases if case.find("failure") is not None or case.find("error") is not None]
    assert len(cases) == count
    assert skipped == []
    assert [name for name in failed if name not in CONTRADICTED_BY_RFC_9113] == []
    assert server.is_running()
