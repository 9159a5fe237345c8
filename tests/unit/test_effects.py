"""Effects: what a plan says of the data, and what the status says of columns that do not exist."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import Job
from dataflowxpress.blueprint import blueprint
from dataflowxpress.cli.plan_view import shown
from dataflowxpress.dataplane import effects_of, rewrites
from dataflowxpress.dataplane.partition_columns import unknown_columns
from dataflowxpress.planning.diff import Change
from dataflowxpress.planning.resource import Scope
from dataflowxpress.planning.step import Action, Step
from dataflowxpress.reporting.plans import as_document

SCOPE = Scope("default/orders", "111122223333", "eu-west-1")
TABLE = {
    "Name": "csv_data",
    "StorageDescriptor": {
        "Location": "s3://lake/csv_data/",
        "Columns": [{"Name": "id"}, {"Name": "Year"}],
    },
    "PartitionKeys": [{"Name": "region"}],
}


def table(path: str, *columns: str) -> dict[str, Any]:
    """Return a table of a file or a folder under the source prefix."""
    named = [{"Name": name} for name in columns]
    location = f"s3://lake/csv_data/{path}"
    return {"Name": path, "StorageDescriptor": {"Location": location, "Columns": named}}


UNKNOWN = table("picture.png")  # that no classifier knows


class Glue:
    """A catalog with these tables."""

    def __init__(self, *tables: dict[str, Any]) -> None:
        self.tables = tables

    def get_paginator(self, _operation: str) -> Glue:
        return self

    def paginate(self, **_arguments: str) -> list[dict[str, Any]]:
        return [{"TableList": [each]} for each in self.tables]


class S3:
    """A bucket with uploads and one manifest."""

    def __init__(self, *uploads: str) -> None:
        self.uploads = uploads

    def get_paginator(self, _operation: str) -> S3:
        return self

    def paginate(self, **arguments: str) -> list[dict[str, Any]]:
        prefix = arguments["Prefix"]
        keys = [each for each in (*self.uploads, *MANIFEST) if each.startswith(prefix)]
        named = [{"Key": key, "ETag": '"e"', "Size": 9, "LastModified": 0.0} for key in keys]
        return [{"Contents": named}]

    def get_object(self, **arguments: str) -> dict[str, Any]:
        content = json.dumps(MANIFEST[arguments["Key"]]).encode()
        return {"Body": Body(content), "ContentLength": len(content)}


class Body:
    """A response's body."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def read(self, amount: int = -1) -> bytes:
        end = len(self.content) if amount < 0 else amount
        taken, self.content = self.content[:end], self.content[end:]
        return taken

    def close(self) -> None:
        """Close nothing."""


def entry(key: str, rows: int, reason: str | None = None) -> dict[str, Any]:
    return {"key": key, "etag": "e", "rows": rows, "read": rows, "rejected": 0, "reason": reason}


MANIFEST = {
    "dataflowxpress/manifests/0000000001.json": {
        "run": "jr_1",
        "waiting": [],
        "objects": [
            entry("csv_data/a.csv", 3),
            entry("csv_data/b.csv", 4),
            entry("csv_data/gone.csv", 5),
            entry("csv_data/bad.csv", 0, "not CSV"),
        ],
    }
}


def spec_of(**fields: Any) -> DataPipelineSpec:
    return DataPipelineSpec.model_validate(fields)


def change(argument: str, old: str | None, new: str | None) -> Change:
    return Change(("DefaultArguments", argument), old, new)


def effects(spec: DataPipelineSpec, *changes: Change, absent: bool = False) -> list[str]:
    """Return the effects of a plan in which only the job changes, or all is new."""
    wanted = blueprint(spec, SCOPE)
    clients = {
        "s3": S3("csv_data/a.csv", "csv_data/b.csv", "csv_data/bad.csv"),
        "glue": Glue(TABLE),
    }
    steps = [
        Step(each.id, Action.UPDATE, each, changes=changes)
        if isinstance(each, Job) and changes
        else Step(each.id, Action.CREATE if absent else Action.KEEP, each)
        for each in wanted
    ]
    return list(effects_of(clients.__getitem__, spec, wanted, steps))


@pytest.mark.parametrize(
    ("changes", "how"),
    [
        ([change("--source", "{}", '{"csv":{"delimiter":";"}}')], "files are read"),
        ([change("--source", None, '{"encoding":"cp850"}')], "files are read"),
        ([change("--partition_by", None, "year")], "rows are written"),
        ([change("--metadata_columns", "(hidden)", None)], "rows are written"),
        ([change("--source", "{}", '{"typeChanges":"Reject"}')], ""),
        ([change("--table", "a", "b"), Change(("NumberOfWorkers",), 2, 3)], ""),
    ],
)
def test_a_plan_says_how_many_objects_are_converted_again(changes: list[Change], how: str) -> None:
    expected = [f"changes how {how}: 2 objects will be converted again"] if how else []
    assert effects(spec_of(), *changes) == expected


def test_a_new_pipeline_converts_nothing_again() -> None:
    assert effects(spec_of(target={"partitionBy": ["yaer"]}), absent=True) == []


def test_a_custom_script_is_not_asked_to_convert_again() -> None:
    spec = spec_of(job={"script": {"s3Uri": "s3://scripts/job.py"}})
    assert effects(spec, change("--source", "{}", '{"encoding":"cp850"}')) == []


def test_only_a_change_of_the_job_converts_again() -> None:
    (job,) = (each for each in blueprint(spec_of(), SCOPE) if isinstance(each, Job))
    step = Step(job.id, Action.KEEP, job, changes=(change("--source", "{}", "{1}"),))
    assert rewrites([step]) == ""


def test_a_column_for_folders_that_no_table_has_is_named_with_those_that_are_there() -> None:
    found = unknown_columns(Glue(TABLE), spec_of(target={"partitionBy": ["yaer"]}), "lake", "db")
    assert found == (
        "spec.target.partitionBy: the table csv_data has no column yaer;"
        " use one of id, region, year"
    )


def test_each_folder_with_a_table_of_its_own_needs_the_column() -> None:
    spec = spec_of(target={"partitionBy": ["year"]}, catalog={"tables": "PerFolder"})
    found = unknown_columns(Glue(table("a/", "year"), table("b/", "id")), spec, "lake", "db")
    assert "the table b/ has no column year; use one of id" in found


@pytest.mark.parametrize(
    ("fields", "tables"),
    [
        ({"target": {"partitionBy": ["year", "region"]}}, [TABLE]),
        ({"target": {"partitionBy": ["yaer"]}}, []),
        ({"target": {"partitionBy": ["yaer"]}, "source": {"columns": [{"name": "yaer"}]}}, [TABLE]),
        (
            {"target": {"partitionBy": ["yaer"]}},
            [{"Name": "t", "StorageDescriptor": {"Location": "s3://lake/csv_data_of_others/"}}],
        ),
        ({}, [TABLE]),
        ({"target": {"partitionBy": ["year"]}}, [table("part.csv.gz", "id"), UNKNOWN, TABLE]),
        (
            {"target": {"partitionBy": ["year"]}, "catalog": {"tables": "PerFolder"}},
            [table("a/x.csv", "id"), table("a/", "year"), table("b/", "year", "id")],
        ),
    ],
    ids=[
        *("known", "no table yet", "declared", "a table elsewhere", "no folders"),
        *("one table of several", "one table of several in a folder"),
    ],
)
def test_no_column_is_unknown(fields: dict[str, Any], tables: list[dict[str, Any]]) -> None:
    assert unknown_columns(Glue(*tables), spec_of(**fields), "lake", "db") == ""


def test_a_plan_hints_at_options_that_the_crawler_does_not_know() -> None:
    source: dict[str, Any] = {"csv": {"delimiter": "||", "skipLines": 1}, "encoding": "cp850"}
    (hint,) = effects(spec_of(source=source))
    assert hint == (
        "AWS Glue's crawler does not know source.csv.delimiter, source.csv.skipLines,"
        " source.encoding, and can find wrong columns; declare them in source.columns"
    )
    assert effects(spec_of(source={**source, "columns": [{"name": "a"}]})) == []


def test_a_plan_shows_its_effects_to_people_and_programs() -> None:
    lines = [line.plain for line in shown([], ["changes a lot"])]
    assert lines[0] == "Data: changes a lot."
    assert as_document("default/orders", [], ["changes a lot"])["effects"] == ["changes a lot"]
