"""Uploads whose columns change: old and new Parquet are one table, for DuckDB and for Spark."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.glue.conftest import Pipeline

TABLE = "csv_data_parquet"
READ = """
import sys
from awsglue.utils import getResolvedOptions
from pyspark.sql import SparkSession

given = getResolvedOptions(sys.argv, ["source", "answer"])
spark = SparkSession.builder.getOrCreate()
rows = spark.read.option("mergeSchema", "true").parquet(given["source"])
rows.select("n", "name", "more").write.json(given["answer"])
"""
STAGES: list[tuple[str, dict[str, str]]] = [
    (
        "n int, name string",
        {"first": "n,name\n1,one\n2,two\n", "another order": "name,n\nthree,3\n"},
    ),
    (
        "n double, name string, more int",
        {"wider": "n,name,more\n4.5,four,40\n", "without a column": "more,n\n50,5\n"},
    ),
    (
        "n string, name string, more double",
        {"widest": "n,name,more\nsix,six,60.5\n", "irreconcilable": "n,more\n7,none\n8,80\n"},
    ),
]
ROWS = [
    ("1", "one", None),
    ("2", "two", None),
    ("3", "three", None),
    ("4.5", "four", 40.0),
    ("5", None, 50.0),
    ("six", "six", 60.5),
    ("8", None, 80.0),
]


pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def changed(make: Callable[..., Pipeline]) -> Pipeline:
    """A pipeline that has seen all changes, a run after each."""
    # Until they are deleted, a reader by path also sees the files that other ones have replaced.
    pipeline = make(replaced_file_retention_minutes="0")
    for columns, contents in STAGES:
        pipeline.table("csv_data", "csv_data/", columns)
        for name, content in contents.items():
            pipeline.put(f"csv_data/{name}.csv", content)
        pipeline.converts()
    return pipeline


def test_duckdb_reads_it_as_one_table(changed: Pipeline) -> None:
    found = changed.rows(TABLE, "n, name, more")
    assert sorted(found, key=str) == sorted(ROWS, key=str)


def test_spark_reads_it_as_one_table(changed: Pipeline) -> None:
    answer = "dataflowxpress/temp/answer/"
    changed.put("dataflowxpress/scripts/read.py", READ)
    reported = changed.run_script(
        "read.py",
        source=f"s3://{changed.name}/parquet_data/csv_data/",
        answer=f"s3://{changed.name}/{answer}",
    )
    assert reported["JobRunState"] == "SUCCEEDED", reported.get("ErrorMessage")
    found = [
        tuple(row.get(name) for name in ("n", "name", "more")) for row in changed.lines(answer)
    ]
    assert sorted(found, key=str) == sorted(ROWS, key=str)


def test_each_file_has_the_types_of_the_table(changed: Pipeline) -> None:
    kinds: dict[str, set[Any]] = {}
    for place in changed.shown(TABLE).values():
        for key in changed.keys(place.removeprefix(f"s3://{changed.name}/")):
            file = changed.folder / "one.parquet"
            changed.s3.download_file(changed.name, key, str(file))
            read = duckdb.read_parquet(str(file))
            for column, kind in zip(read.columns, read.types, strict=True):
                kinds.setdefault(column, set()).add(str(kind))
    assert kinds.pop("dfx_object") == {"VARCHAR"}
    assert kinds == {"n": {"VARCHAR"}, "name": {"VARCHAR"}, "more": {"DOUBLE"}}


def test_what_cannot_be_reconciled_is_kept_with_object_record_and_reason(
    changed: Pipeline,
) -> None:
    [line] = changed.rejects()
    assert json.dumps(line, sort_keys=True) == json.dumps(
        {
            "object": "csv_data/irreconcilable.csv",
            "record": 1,
            "column": "more",
            "raw": "7,none",
            "run": changed.manifests()[-1]["run"],
            "reason": "column more: 'none' is not a valid double",
        },
        sort_keys=True,
    )
    assert changed.entries()["csv_data/irreconcilable.csv"]["rejected"] == 1


def test_a_row_that_did_not_fit_is_looked_at_again_when_its_column_widens(
    pipeline: Pipeline,
) -> None:
    pipeline.put("csv_data/a.csv", "n,name\n1.5,x\n")
    assert pipeline.converts()["csv_data/a.csv"]["rejected"] == 1
    pipeline.table("csv_data", "csv_data/", "n double, name string")
    assert pipeline.converts()["csv_data/a.csv"]["rejected"] == 0
    assert pipeline.rows(TABLE, "n, name") == [(1.5, "x")]
