"""Iceberg tables: each object's rows are there once, whatever dies in between."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from dataflowxpress.dataplane.manifest_log import ManifestLog
from dataflowxpress_sandbox.aws.faults import Faults
from tests.glue.lake import TABLE, Lake

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.serving import RunningAws

pytestmark = pytest.mark.long

CHANGES = 5  # of its table, in a run that replaces rows


@pytest.fixture
def lake(aws: RunningAws, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(aws, tmp_path_factory.mktemp("lake"))


def test_uploads_and_new_content_of_a_key_appear_once_and_leave_nothing_behind(lake: Lake) -> None:
    lake.put("csv_data/a.csv", "n,name\n1,one\n2,two\n")
    lake.put("csv_data/b.csv", "n,name\n3,three\nx,bad\n")
    lake.converts()
    assert lake.found("n", "name") == [(1, "one"), (2, "two"), (3, "three")]
    assert [each["reason"] for each in lake.rejects()] != []

    lake.put("csv_data/a.csv", "n,name\n5,five\n")
    lake.put("csv_data/c.csv", "n,name\n4,four\n")
    lake.converts()
    assert lake.found("n", "name") == [(3, "three"), (4, "four"), (5, "five")]

    lake.put("csv_data/b.csv", "n,name\n")
    lake.converts()
    assert lake.found("n") == [(4,), (5,)], "an object without rows takes its earlier rows away"

    log = ManifestLog.load(lake.s3, lake.name)
    [storage] = log.storage.tables(log.replaced)
    assert (storage.table, storage.format, storage.rows) == ("csv_data", "Iceberg", 2)
    assert (storage.files > 0, storage.size > 0) == (True, True)
    assert lake.branches() == {"main"}
    assert lake.keys("dataflowxpress/staged/") == []
    before = len(lake.manifests())
    lake.converts()
    assert len(lake.manifests()) == before, "a run without work commits nothing"
    assert [table["Name"] for table in lake.tables()] == ["csv_data", TABLE, "csv_data_rejected"]


@pytest.mark.extended
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["kill", "kill-after"])
def test_a_run_that_dies_at_any_change_of_the_table_costs_and_doubles_no_row(
    lake: Lake, kind: str
) -> None:
    """The changes of a run: branch, deletion, append, publication, end of the branch."""
    lake.put("csv_data/kept.csv", "n,name\n0,kept\n")
    lake.put("csv_data/new.csv", "n,name\n0,first\n")
    lake.converts()
    faults = Faults(lake.aws)
    table = f"arn:aws:glue:*:table/{lake.name}/{TABLE}"
    for step in itertools.count():
        before = lake.found("n", "name")
        lake.put("csv_data/new.csv", f"n,name\n{step + 1},new\n")
        lake.put(f"csv_data/{step}.csv", f"n,name\n{step + 1},added\n")
        with faults.during(kind, "glue:UpdateTable", resource=table, after=step, times=1) as fault:
            state = lake.run()["JobRunState"]
            struck = faults.struck(fault)
        added = [(number + 1, "added") for number in range(step + 1)]
        after = sorted([(0, "kept"), (step + 1, "new"), *added], key=str)
        assert lake.found("n", "name") in (before, after), f"readers see a part, after {step}"
        lake.converts()
        assert lake.found("n", "name") == after, f"after a death at change {step}"
        assert lake.branches() == {"main"}
        assert lake.keys("dataflowxpress/staged/") == []
        if not struck:
            assert state == "SUCCEEDED"
            assert step >= CHANGES, "the walk must meet each change of the table"
            return
        assert state == "FAILED"


@pytest.mark.extended
def test_a_run_that_dies_at_its_manifest_leaves_a_branch_that_the_next_run_drops(
    lake: Lake,
) -> None:
    lake.put("csv_data/a.csv", "n,name\n1,one\n")
    manifests = f"arn:aws:s3:::{lake.name}/dataflowxpress/manifests/*"
    with Faults(lake.aws).during("kill", "s3:PutObject", resource=manifests, times=1):
        assert lake.run()["JobRunState"] == "FAILED"
    assert len(lake.branches()) == 1
    assert lake.found("n") == [], "what no manifest names is not published"

    lake.converts()
    assert lake.found("n") == [(1,)]
    assert lake.branches() == {"main"}

    lake.put("csv_data/a.csv", "n,name\n2,two\n")
    with Faults(lake.aws).during("kill-after", "s3:PutObject", resource=manifests, times=1):
        assert lake.run()["JobRunState"] == "FAILED"
    assert lake.found("n") == [(1,)]
    entries = lake.converts()
    assert lake.found("n") == [(2,)], "what a manifest names is published"
    assert len([e for m in lake.manifests() for e in m["objects"]]) == len(entries) + 1


@pytest.mark.extended
@pytest.mark.timeout(3600)
def test_an_update_of_the_table_whose_answer_is_lost_is_made_once(lake: Lake) -> None:
    """A client error for an applied update would let Iceberg delete the committed metadata."""
    table = f"arn:aws:glue:*:table/{lake.name}/{TABLE}"
    lake.put("csv_data/a.csv", "n,name\n1,one\n")
    lake.converts()
    for step in range(CHANGES):
        lake.put("csv_data/a.csv", f"n,name\n{step},new\n")
        with Faults(lake.aws).during(
            "lose", "glue:UpdateTable", resource=table, after=step, times=1
        ):
            lake.run()
        lake.converts()
        assert lake.found("n") == [(step,)]


@pytest.mark.extended
def test_rows_are_published_although_a_compaction_has_moved_the_table_since(lake: Lake) -> None:
    lake.put("csv_data/a.csv", "n,name\n1,one\n")
    lake.put("csv_data/b.csv", "n,name\n2,two\n")
    lake.converts()
    lake.put("csv_data/a.csv", "n,name\n3,three\n")
    lake.put("csv_data/c.csv", "n,name\n4,four\n")
    manifests = f"arn:aws:s3:::{lake.name}/dataflowxpress/manifests/*"
    with Faults(lake.aws).during("kill-after", "s3:PutObject", resource=manifests, times=1):
        assert lake.run()["JobRunState"] == "FAILED"
    lake.compact()
    assert lake.found("n") == [(1,), (2,)]

    lake.converts()
    assert lake.found("n", "name") == [(2, "two"), (3, "three"), (4, "four")]
    assert lake.branches() == {"main"}

    rows = [(2, "two"), (3, "three"), (4, "four")]
    assert lake.in_duckdb("n, name") == rows
    table = f"glue_catalog.`{lake.name}`.{TABLE}"
    assert lake.spark(f"SELECT n, name FROM {table} ORDER BY n") == [str(rows)]  # noqa: S608


def test_a_change_of_the_format_moves_all_rows_also_those_of_deleted_objects(lake: Lake) -> None:
    lake.put("csv_data/a.csv", "n,name\n1,one\n")
    lake.put("csv_data/gone.csv", "n,name\n2,two\n")
    lake.converts(table_format="Parquet", target_prefix="parquet_data/")
    lake.s3.delete_object(Bucket=lake.name, Key="csv_data/gone.csv")

    lake.converts()
    assert lake.found("n", "name") == [(1, "one"), (2, "two")]
    assert "csv_data_parquet" not in {table["Name"] for table in lake.tables()}

    lake.converts(table_format="Parquet", target_prefix="parquet_data/")
    assert lake.rows("csv_data_parquet", "n") == [(1,)]
    lake.converts()
    assert lake.found("n") == [(1,), (2,)], "once, although the table had them already"


def test_values_of_all_types_are_read_as_they_were_uploaded(
    aws: RunningAws, tmp_path_factory: pytest.TempPathFactory
) -> None:
    columns = (
        "s smallint, i int, n bigint, f float, d double, m decimal(9,2), b boolean, t string,"
        " day date, at timestamp"
    )
    lake = Lake(aws, tmp_path_factory.mktemp("lake"), columns, partition_by="day")
    lake.put(
        "csv_data/a.csv",
        "s,i,n,f,d,m,b,t,day,at\n"
        '1,2,3,0.5,1.25,10.10,true,"a, ""b""",2024-02-29,2024-02-29 12:30:00.123456\n'
        ",,,,,,,,1500-01-01,0001-01-01 00:00:00\n",
    )
    lake.converts()
    [late, early] = lake.found(*["s", "i", "n", "f", "d", "m", "b", "t", "day", "at"])
    assert early[:7] == (None,) * 7
    assert early[8:] == (dt.date(1500, 1, 1), dt.datetime(1, 1, 1))  # noqa: DTZ001
    assert late == (
        *(1, 2, 3, 0.5, 1.25, Decimal("10.10"), True, 'a, "b"'),
        dt.date(2024, 2, 29),
        dt.datetime(2024, 2, 29, 12, 30, 0, 123456),  # noqa: DTZ001 - without a zone
    )
    assert [each.name for each in lake.loaded().spec().fields] == ["day"]


@pytest.mark.extended
def test_a_type_that_becomes_wider_keeps_the_rows_of_deleted_objects(lake: Lake) -> None:
    """From whole number to text, which Iceberg cannot do in its metadata."""
    lake.put("csv_data/a.csv", "n,name\n1,one\n")
    lake.put("csv_data/gone.csv", "n,name\n2,two\n")
    lake.converts()
    lake.s3.delete_object(Bucket=lake.name, Key="csv_data/gone.csv")
    lake.put("csv_data/b.csv", "n,name\nx3,three\n")
    lake.table("csv_data", "csv_data/", "n string, name string")
    table = f"arn:aws:glue:*:table/{lake.name}/{TABLE}"
    with Faults(lake.aws).during("kill", "glue:UpdateTable", resource=table, after=4, times=1):
        assert lake.run()["JobRunState"] == "FAILED"
    assert lake.found("n", "name") == [(1, "one"), (2, "two")], "the values, before the last step"
    lake.converts()
    assert lake.found("n", "name") == [("1", "one"), ("2", "two"), ("x3", "three")]
    assert lake.loaded().schema().column_names == ["name", "dfx_object", "n"]
    assert lake.branches() == {"main"}


@pytest.mark.extended
def test_maintenance_compacts_small_files_and_keeps_the_rows(
    aws: RunningAws, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("lake")
    lake = Lake(aws, folder, maintenance_runs="2", snapshot_retention_hours="0")
    lake.put("csv_data/a.csv", "n,name\n0,x\n")
    lake.converts()
    table = f"glue_catalog.`{lake.name}`.{TABLE}"
    small = [f"INSERT INTO {table} VALUES ({n}, 'x', 'other')" for n in range(1, 6)]  # noqa: S608
    lake.spark(*small)
    lake.put("csv_data/b.csv", "n,name\n6,x\n")
    lake.converts()
    assert lake.found("n") == [(number,) for number in range(7)]
    assert len(lake.loaded().inspect.files()) == 1
    assert len(lake.loaded().metadata.snapshots) == 1
