"""The fleet benchmark, with as many pipelines as a test may take."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.blueprint import blueprint
from dataflowxpress.planning.resource import Scope
from dataflowxpress_sandbox.aws import ACCOUNT, REGION
from tests.bench.fleet import plot, report
from tests.bench.fleet.__main__ import measured
from tests.bench.fleet.cluster import SPEC
from tests.bench.fleet.measurement import Sample

PIPELINES = 50
OF_THE_MACHINE = {  # seconds depend on what else it does
    "creation: at most 6 ms of CPU for a resource",
    "a change during a resync of all: at most 5 s",
}


@pytest.mark.extended
@pytest.mark.long
def test_fifty_pipelines_become_ready_rest_without_a_write_and_survive_a_restart() -> None:
    with measured(PIPELINES, "10m", 90, []) as found:
        missed = [each.text for each in report.bounds(found) if each.met is False]
        assert set(missed) <= OF_THE_MACHINE
        described = blueprint(
            DataPipelineSpec.model_validate(SPEC), Scope("default/one", ACCOUNT, REGION)
        )
        assert found.resources == len(described) * PIPELINES
        assert found.phases["rest"].requests["PATCH status"] == 0
        assert found.phases["restart"].work["reconcile success"] >= PIPELINES
        assert "creation" in report.markdown(found)


def test_the_plot_shows_each_sample_below_the_bound_and_the_bound() -> None:
    image = ET.fromstring(plot.memory([Sample(0, 100, 1), Sample(600, 200, 2)], "a & b"))  # noqa: S314
    space = "{http://www.w3.org/2000/svg}"
    line = image.find(f"{space}polyline")
    bound = image.find(f"{space}line")
    assert line is not None
    assert bound is not None
    heights = [float(point.partition(",")[2]) for point in line.attrib["points"].split()]
    assert heights[0] > heights[1] > float(bound.attrib["y1"])
    assert "10 min" in [text.text for text in image.iter(f"{space}text")]
