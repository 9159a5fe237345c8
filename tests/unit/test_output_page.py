"""The page about output: it names each field of the documents that commands print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from dataflowxpress.aws.prices import LISTED
from dataflowxpress.blueprint import artifacts
from dataflowxpress.cli import log_sources as logs
from dataflowxpress.cli.columns_view import ColumnOrigin
from dataflowxpress.cli.cost import view
from dataflowxpress.cli.cost.estimate import Item
from dataflowxpress.cli.cost.spent import Spent
from dataflowxpress.cli.flow_view import MARKS
from dataflowxpress.cli.reference import entry
from dataflowxpress.cli.rejects_view import FIELDS
from dataflowxpress.cli.terminal import Output, document
from dataflowxpress.planning.diff import Change
from dataflowxpress.planning.step import Action, Step
from dataflowxpress.reporting.plans import as_document

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PART = Spent("runs of the job", 1, 0.5, 0.22)
SOURCE = logs.Source(logs.Part.job, "jr_1", "/aws-glue/jobs")
EVENT = {"timestamp": 1767225600000, "message": "done\n"}


def documents(step: Step) -> dict[str, Any]:
    return {
        "plan": as_document("a/b", [step]),
        "cost": view.spent("a/b", [PART], NOON, LISTED, "eu-west-1"),
        "estimate": view.estimate("a/b", [Item("crawls", 1.0)], 9, LISTED, "eu-west-1"),
        "columns": ColumnOrigin("t", "id", "int", "int", "crawled", ()).as_json(),
        "rejects": dict.fromkeys(FIELDS),
        "logs": logs.document_of(SOURCE, [EVENT], 0),
        "explain": entry("LastRunFailed"),
    }


@pytest.fixture
def step() -> Step:
    from dataflowxpress.api.resource_id import Id

    return Step(Id("Job", ("j",)), Action.UPDATE, changes=(Change(("Timeout",), 9, 60),))


@pytest.fixture(scope="module")
def page() -> str:
    return artifacts.path("docs/output.md").read_text()


def fields(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from fields(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from fields(each)


def test_the_page_names_each_field_of_each_document(page: str, step: Step) -> None:
    for command, each in documents(step).items():
        missing = {name for name in fields(each) if f"`{name}`" not in page}
        assert not missing, f"{command}: describe {missing} in docs/output.md"


def test_yaml_and_json_have_the_same_fields_and_values(step: Step) -> None:
    import yaml

    for each in documents(step).values():
        as_json, as_yaml = (document(each, output) for output in (Output.json, Output.yaml))
        assert yaml.safe_load(as_yaml) == json.loads(as_json)


def test_the_page_explains_each_mark_of_the_flow(page: str) -> None:
    for health, (mark, _) in MARKS.items():
        assert f"| `{mark}` | {health.capitalize()} |" in page


def test_the_time_of_a_line_of_a_log_is_in_rfc_3339() -> None:
    [line] = logs.document_of(SOURCE, [EVENT], 0)["lines"]
    assert line == {"time": "2026-01-01T00:00:00+00:00", "message": "done"}
