"""Iceberg readers: Spark, pyiceberg and DuckDB see the same rows, also with deletes and upserts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dataflowxpress.dataplane.manifest_log import ManifestLog
from tests.glue.lake import TABLE, Lake
from tests.sample import sampled

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.serving import RunningAws

pytestmark = pytest.mark.long

MODES = ("copy-on-write", "merge-on-read")


def assert_all_read(lake: Lake, rows: list[tuple[Any, ...]]) -> None:
    """Let each reader read the table through the catalog; the status counts the same rows."""
    table = f"glue_catalog.`{lake.name}`.{TABLE}"
    assert lake.found("id", "name") == rows
    assert lake.in_duckdb("id, name") == rows
    assert lake.spark(f"SELECT id, name FROM {table} ORDER BY id") == [str(rows)]  # noqa: S608
    log = ManifestLog.load(lake.s3, lake.name)
    assert [each.rows for each in log.storage.tables(log.replaced)] == [len(rows)]


def has_deletes(lake: Lake) -> bool:
    """Return whether readers must leave out rows of data files."""
    return len(lake.loaded().inspect.delete_files()) > 0


@pytest.mark.extended
@pytest.mark.parametrize("mode", MODES)
def test_all_readers_see_the_rows_of_a_replaced_object_once(
    aws: RunningAws, tmp_path_factory: pytest.TempPathFactory, mode: str
) -> None:
    lake = Lake(aws, tmp_path_factory.mktemp("lake"), "id bigint, name string", row_changes=mode)
    lake.put("csv_data/a.csv", "id,name\n1,one\n2,two\n")
    lake.put("csv_data/b.csv", "id,name\n3,three\n")
    lake.converts()
    lake.put("csv_data/a.csv", "id,name\n1,new\n4,four\n")
    lake.converts()
    assert has_deletes(lake) is (mode == "merge-on-read")
    assert_all_read(lake, [(1, "new"), (3, "three"), (4, "four")])


@pytest.mark.parametrize("mode", sampled(MODES, "copy-on-write".__eq__))
def test_all_readers_see_the_newest_row_of_each_key_after_an_upsert(
    aws: RunningAws, tmp_path_factory: pytest.TempPathFactory, mode: str
) -> None:
    columns = "id bigint, name string, at int"
    newest = {"upsert_keys": "id", "latest_by": "at", "row_changes": mode}
    lake = Lake(aws, tmp_path_factory.mktemp("lake"), columns, **newest)
    lake.put("csv_data/a.csv", "id,name,at\n1,one,1\n2,two,5\n3,three,1\n")
    lake.converts()
    lake.put("csv_data/b.csv", "id,name,at\n1,newer,2\n2,older,4\n4,four,1\n")
    lake.converts()
    assert has_deletes(lake) is (mode == "merge-on-read")
    assert_all_read(lake, [(1, "newer"), (2, "two"), (3, "three"), (4, "four")])
