"""The layout of earlier versions: a directory and a partition for each object."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.glue.test_batches import TABLE, Runs

if TYPE_CHECKING:
    from tests.glue.conftest import Pipeline

pytestmark = pytest.mark.long


@pytest.fixture
def runs(pipeline: Pipeline, dataflow: Any) -> Runs:
    """A pipeline whose two objects an earlier version has converted, as it left S3 and catalog."""
    runs = Runs(pipeline, dataflow)
    runs.put("a", 1)
    runs.put("b", 2, 3)
    entries = [earlier(pipeline, dataflow, name, runs.uploaded[name]) for name in "ab"]
    types = {"n": "bigint", "name": "string"}
    layout = {"target": "parquet_data/csv_data/", "partition_by": [], "types": types}
    manifest = {
        "version": 1,
        "run": "jr_earlier",
        "objects": entries,
        "write_layouts": {"l": {**layout, "reading": dataflow.layout.DEFAULT_READING}},
        "waiting": [],
        "type_changes": [],
    }
    pipeline.put("dataflowxpress/manifests/0000000001.json", json.dumps(manifest))
    storage = {
        "Columns": [{"Name": name, "Type": kind} for name, kind in types.items()],
        "Location": f"s3://{pipeline.name}/parquet_data/csv_data/",
    }
    about = {"Parameters": {"dataflowxpress.io/pipeline": f"tests/{pipeline.name}"}}
    keys = [{"Name": "dfx_object", "Type": "string"}]
    names = {"DatabaseName": pipeline.name}
    table = {"Name": TABLE, "StorageDescriptor": storage, "PartitionKeys": keys, **about}
    pipeline.glue.create_table(**names, TableInput=table)
    for entry in entries:
        location = f"s3://{pipeline.name}/{entry['directories'][0]}"
        values = [dataflow.objects.digest(entry["key"])]
        partition = {"Values": values, "StorageDescriptor": {**storage, "Location": location}}
        pipeline.glue.create_partition(**names, TableName=TABLE, PartitionInput=partition)
    return runs


def earlier(
    pipeline: Pipeline, dataflow: Any, name: str, rows: list[tuple[Any, ...]]
) -> dict[str, Any]:
    """Put the Parquet of an object, and return its entry."""
    key = f"csv_data/{name}.csv"
    etag = pipeline.s3.head_object(Bucket=pipeline.name, Key=key)["ETag"].strip('"')
    written = dataflow.objects.Object(key, etag, 1, "")
    unique = dataflow.layout.directory_name("0000000001-0a1b2c3d", written)
    directory = f"parquet_data/csv_data/dfx_object={unique}/"
    file = io.BytesIO()
    numbers, names = zip(*rows, strict=True)
    parquet.write_table(pa.table({"n": numbers, "name": names}), file)
    pipeline.put(f"{directory}part-00000.parquet", file.getvalue())
    return {
        "key": key,
        "etag": etag,
        "size": 1,
        "table": "csv_data",
        "read": len(rows),
        "rows": len(rows),
        "rejected": 0,
        "reason": None,
        "directories": [directory],
        "rejected_directory": None,
        "write_layout": "l",
        "reading": dataflow.layout.DEFAULT_READING,
    }


def kept(runs: Runs) -> list[str]:
    """Return the names of the objects that still have a directory of their own."""
    return [key for key in runs.pipeline.keys("parquet_data/") if "dfx_object=" in key]


def test_rows_of_an_earlier_version_are_read_on_and_packed_when_their_objects_come_again(
    runs: Runs,
) -> None:
    before = runs.rows()
    assert before == runs.expected()
    runs.run()
    [key] = runs.pipeline.table_of(TABLE)["PartitionKeys"]
    assert key["Name"] == "dfx_batch"
    assert runs.rows() == before
    assert len(kept(runs)) == 2
    assert len(runs.pipeline.manifests()) == 1, "nothing is converted again"

    runs.put("a", 5)
    runs.put("c", 6)
    runs.run()
    assert runs.rows() == runs.expected()
    assert len(kept(runs)) == 1

    runs.pipeline.put("dataflowxpress/requests/all/csv_data/", "")
    runs.run()
    assert runs.rows() == runs.expected()
    assert kept(runs) == []
    runs.assert_tidy()


def test_rows_of_a_deleted_object_of_an_earlier_version_get_wider_types(runs: Runs) -> None:
    runs.pipeline.s3.delete_object(Bucket=runs.pipeline.name, Key="csv_data/b.csv")
    runs.pipeline.put("csv_data/a.csv", "n,name\nA7,a\n")
    runs.run()

    assert sorted(runs.pipeline.rows(TABLE, "n, name")) == [("2", "b"), ("3", "b"), ("A7", "a")]
    assert kept(runs) == []
    digests = runs.pipeline.rows(TABLE, "count(DISTINCT dfx_object), count(dfx_object)")
    assert digests == [(2, 3)]


@pytest.mark.extended
@pytest.mark.parametrize("event", ["before-call", "after-call"])
def test_whatever_call_the_first_run_dies_at_each_row_is_there_once(runs: Runs, event: str) -> None:
    for at in range(8):
        runs.put("a", at)
        runs.dies(at, event)
        runs.run()
        assert runs.rows() == runs.expected()
