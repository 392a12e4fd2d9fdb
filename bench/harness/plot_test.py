import xml.etree.ElementTree as ElementTree

import pytest

from figures import Run, rows
from plot import place, svg
from workloads import BY_NAME

FOUND, _ = rows({"bare socket": [Run(0.5, 1000, 1), Run(0.7, 1000, 1)], "parlance": [Run(1.0, 1000, 1)], "<&>": [Run(100, 1000, 1)]})


def test_the_scale_begins_at_the_power_of_ten_below():
    assert place(0.1, 0.5, 10) == 0
    assert place(1, 0.5, 10) == pytest.approx(0.5)
    assert place(10, 0.5, 10) == 1
    assert place(10, 10, 10) == 1


def test_every_server_has_a_bar_and_its_figures():
    drawing = ElementTree.fromstring(svg([(BY_NAME["unary"], FOUND)], "where & when"))
    texts = [element.text for element in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "unary, 1 feature, 10 connections × 100 in flight: server CPU, µs a call"
    assert [text for text in texts if text in ("bare socket", "parlance", "<&>")] == ["bare socket", "parlance", "<&>"]
    assert "0.600 (0.500–0.700)" in texts
    assert texts[-1].startswith("where & when")
    bars = [element for element in drawing.iter("{http://www.w3.org/2000/svg}rect") if element.get("class")]
    assert [element.get("class") for element in bars] == ["bar", "ours", "bar"]
    widths = [float(element.get("width")) for element in bars]
    assert widths == sorted(widths)


def test_a_workload_without_a_figure_is_drawn_all_the_same():
    nothing, _ = rows({"parlance": [Run(0, 1000, 0)]}, scales=False)
    ElementTree.fromstring(svg([(BY_NAME["idle-streams"], nothing), (BY_NAME["unary"], [])], ""))
