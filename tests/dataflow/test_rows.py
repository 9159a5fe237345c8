"""Rows: the records of an object in the table's columns."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import IO, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataflow.options import Options
from dataflow.reading.records import Batch
from dataflow.rows import ObjectRows
from dataflow.skip_reasons import Unreadable
from dataflow.source_options import SourceOptions
from dataflow.tables import names_of, table_from
from dataflow.writing.parquet_files import ParquetFiles

NAMED = {"pipeline": "p", "bucket": "b", "bucket_owner": "1", "database": "d"}
PREFIXES = {"source_prefix": "in/", "target_prefix": "out/"}


def options(**given: str) -> Options:
    return Options(**NAMED, **PREFIXES, **given)


def batch(columns: dict[str, list[Any]]) -> Batch:
    arrays = {name: pa.array(values) for name, values in columns.items()}
    numbers = pa.array(range(1, 1 + len(next(iter(columns.values())))), pa.int64())
    return Batch(arrays, numbers, str)


def rows_of(columns: dict[str, list[Any]], crawled: dict[str, str], **given: Any) -> ObjectRows:
    path_columns = given.pop("path_columns", ())
    table = table_from("t", "in/", crawled, path_columns, SourceOptions())
    rows = ObjectRows(table, options(), (), given)
    rows.of(batch(columns))
    return rows


def test_a_column_without_name_and_values_is_no_column() -> None:
    crawled = {"id": "bigint", "col1": "string", "col2": "string"}
    rows = rows_of({"id": ["1"], "col1": ["x"], "col2": pa.nulls(1, pa.string())}, crawled)

    assert rows.written == ["id", "col1"]


def test_columns_that_only_a_crawler_has_found_are_no_columns() -> None:
    assert rows_of({"id": ["1"]}, {"id": "bigint", "id;name": "string"}).written == ["id"]


@pytest.mark.parametrize("name", ["\ufeffid", "\u200bid", " ID\u00a0", "\u00ef\u00bb\u00bfid"])
def test_marks_that_nobody_sees_are_no_part_of_a_name(name: str) -> None:
    table = table_from("t", "in/", {"id": "bigint"}, (), SourceOptions())

    assert names_of([name], table).columns == {name: "id"}


@pytest.mark.parametrize(
    ("folder", "values", "bad"),
    [("2024", ["2024", None, "2025"], [3]), ("01", ["1", "01", "10"], [3]), ("x", ["x"], [])],
)
def test_a_column_has_the_value_of_the_folder_of_its_name(
    folder: str, values: list[Any], bad: list[int]
) -> None:
    table = table_from("t", "in/", {"id": "bigint", "p": "string"}, ("p",), SourceOptions())
    found = ObjectRows(table, options(), (), {"p": folder}).of(
        batch({"id": ["1"] * len(values), "p": values})
    )

    assert [reject.record for reject in found.rejects] == bad
    assert found.table["p"].to_pylist() == [folder] * (len(values) - len(bad))


def test_an_object_outside_of_the_folders_has_the_value_of_its_column() -> None:
    table = table_from("t", "in/", {"id": "bigint", "p": "string"}, ("p",), SourceOptions())
    found = ObjectRows(table, options(), (), {"p": None}).of(batch({"id": ["1"], "p": ["5"]}))

    assert found.table["p"].to_pylist() == ["5"]


def test_null_and_the_empty_text_of_a_partition_column_share_a_file(tmp_path: Path) -> None:
    written: dict[str, bytes] = {}

    def upload(key: str, file: IO[bytes]) -> None:
        assert key not in written
        written[key] = file.read()

    with ParquetFiles(["p"], "snappy", upload) as files:
        for number, value in enumerate([None, "", "a"]):
            rows = pa.table({"id": [number]})
            files.write(rows, {"p": pa.array([value], pa.string())})
        files.finish()
    for key, data in written.items():
        (tmp_path / key.replace("/", "-")).write_bytes(data)

    found = duckdb.read_parquet(f"{tmp_path}/*.parquet").project("id").order("id").fetchall()
    assert found == [(0,), (1,), (2,)]
    assert len(written) == 2


@pytest.mark.parametrize("nested", [False, True])
def test_timestamps_before_1970_have_no_negative_time_of_the_day(
    tmp_path: Path, *, nested: bool
) -> None:
    moments = [dt.datetime(1969, 12, 31, 23), dt.datetime(2024, 1, 1, 5)]  # noqa: DTZ001
    column: Any = pa.array(moments, pa.timestamp("us"))
    paths: list[Path] = []

    def upload(_: str, file: IO[bytes]) -> None:
        paths.append(tmp_path / f"{len(paths)}.parquet")
        paths[-1].write_bytes(file.read())

    for at in range(2):
        values = [[{"t": moment}] for moment in moments] if nested else column
        with ParquetFiles([], "snappy", upload) as files:
            files.write(pa.table({"t": values}).slice(at, 1), {})
            files.finish()

    kinds = [pq.ParquetFile(path).schema.column(0).physical_type for path in paths]
    assert kinds == ["INT64", "INT96"], "Athena refuses INT96 with a negative time of the day"
    read = "t[1].t" if nested else "t"
    found = duckdb.read_parquet(f"{tmp_path}/*.parquet").project(read).fetchall()
    assert sorted(found) == [(moment,) for moment in moments]


def test_without_new_columns_each_record_of_an_object_without_known_columns_is_rejected() -> None:
    table = table_from("t", "in/", {}, (), SourceOptions())
    reading = options(source=json.dumps({"newColumns": "Reject"}))
    found = ObjectRows(table, reading, (), {}).of(batch({"id": ["1", "2"]}))

    assert [reject.record for reject in found.rejects] == [1, 2]


@pytest.mark.parametrize("name", ["_file", "_FILE", "dfx_object"])
@pytest.mark.parametrize("crawled", [{"id": "bigint"}, {"id": "bigint", "_file": "string"}])
def test_an_object_with_a_column_that_the_job_adds_is_refused(
    name: str, crawled: dict[str, str]
) -> None:
    table = table_from("t", "in/", crawled, (), SourceOptions())
    rows = ObjectRows(table, options(metadata_columns="file"), (), {"_file": "in/a.csv"})

    with pytest.raises(Unreadable, match="the job adds the column"):
        rows.of(batch({"id": ["1"], name: ["mine"]}))
