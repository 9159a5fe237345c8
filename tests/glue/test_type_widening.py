"""Values that need a wider type than a crawler chose: the column widens, and nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.glue.conftest import Pipeline

TABLE = "csv_data_parquet"
# Old type: values that fit it, a later value, and the type that keeps all of them as they are.
CASES = {
    "small": ("int", ("1", "-2147483648"), "2147483648", "bigint"),
    "fraction": ("bigint", ("1", "2"), "7.5", "double"),
    "code": ("bigint", ("100", "0200"), "A7", "string"),
    "huge": ("bigint", ("9007199254740993", "1"), "7.5", "string"),
    "long_number": ("bigint", ("1", ""), "12345678901234567890", "string"),
    "java_double": ("bigint", ("10", "11"), "12D", "string"),
    "part_number": ("bigint", ("10", "11"), "12E5", "string"),
    "small_number": ("bigint", ("10", "11"), "1e-07", "double"),
    "java_only": ("double", ("1.5", "1.10"), "0x1p3", "string"),
    "word": ("double", ("1.5", "1.10"), "none", "string"),
    "day": ("date", ("2026-01-01", ""), "2026-01-02 03:04:05", "timestamp"),
    "midnight": ("date", ("2026-01-01", ""), "2026-01-02 00:00:00", "date"),
    "quarter": ("date", ("2026-01-01", ""), "2026-Q1", "string"),
    "time": ("timestamp", ("2026-01-01 10:00:00", ""), "10:30", "string"),
    "price": ("decimal(5,2)", ("999.99", "1.10"), "1000.00", "decimal(38,18)"),
    "exact_price": ("decimal(5,2)", ("999.99", "1.10"), "1.239", "decimal(38,18)"),
    "flag": ("boolean", ("true", "y"), "maybe", "string"),
    "same": ("bigint", ("1", "2"), "3", "bigint"),
}
KEPT_TEXTS = {"code", "huge", "long_number", "java_double", "part_number", "java_only", "word"}


pytestmark = pytest.mark.long


def csv(*values: str) -> str:
    return "id," + ",".join(CASES) + "\n" + ",".join(values) + "\n"


def types(table: dict[str, Any]) -> dict[str, str]:
    return {each["Name"]: each["Type"] for each in table["StorageDescriptor"]["Columns"]}


@pytest.fixture(scope="module")
def widened(make: Callable[..., Pipeline]) -> Pipeline:
    """A pipeline whose third object needs wider types."""
    pipeline = make({"typeChanges": "Widen"})
    columns = ", ".join(f"{name} {old}" for name, (old, *_) in CASES.items())
    pipeline.table("csv_data", "csv_data/", f"id bigint, {columns}")
    for number in (0, 1):
        pipeline.put(
            f"csv_data/{number}.csv", csv(f"{number}", *(c[1][number] for c in CASES.values()))
        )
    entries = pipeline.converts()
    assert [entry["rejected"] for entry in entries.values()] == [0, 0]
    pipeline.put("csv_data/2.csv", csv("2", *(case[2] for case in CASES.values())))
    pipeline.converts()
    return pipeline


@pytest.mark.parametrize("name", CASES)
def test_a_column_gets_the_narrowest_type_that_keeps_all_its_values(
    widened: Pipeline, name: str
) -> None:
    old, values, later, new = CASES[name]
    assert types(widened.table_of("csv_data"))[name] == new
    assert types(widened.table_of(TABLE))[name] == new
    changes = [
        change
        for manifest in widened.manifests()
        for change in manifest["type_changes"]
        if change["column"] == name
    ]
    assert [(changes[0]["old"], changes[-1]["new"])] == [(old, new)] if old != new else not changes
    found = widened.rows(TABLE, f"id, {name}")
    texts = dict(enumerate((*values, later)))
    if name in KEPT_TEXTS:
        assert dict(found) == {number: text or None for number, text in texts.items()}
    else:
        kind = {"string": "varchar"}.get(new, new)
        cast = duckdb.sql(
            "SELECT "
            + ", ".join(f"TRY_CAST(nullif('{text}', '') AS {kind})" for text in texts.values())
        ).fetchone()
        assert dict(found) == dict(enumerate(cast or ()))


def test_no_row_is_rejected_and_each_is_there_once(widened: Pipeline) -> None:
    assert widened.rows(TABLE, "count(*), count(distinct id)") == [(3, 3)]
    assert [entry["rejected"] for entry in widened.entries().values()] == [0, 0, 0]
    assert widened.keys("dataflowxpress/rejected/") == []
    assert widened.orphans() == []


def test_all_partitions_and_files_have_the_types_of_the_table(widened: Pipeline) -> None:
    table = types(widened.table_of(TABLE))
    found = widened.glue.get_partitions(DatabaseName=widened.name, TableName=TABLE)["Partitions"]
    assert [types(partition) for partition in found] == [table]
    files = widened.files()
    kinds = widened.query("DISTINCT typeof(code), typeof(fraction), typeof(small)", files)
    assert kinds == [("VARCHAR", "DOUBLE", "BIGINT")]


def test_the_manifest_names_a_value_that_needed_the_type(widened: Pipeline) -> None:
    changes = [each for manifest in widened.manifests() for each in manifest["type_changes"]]
    assert {
        "table": "csv_data",
        "column": "word",
        "old": "double",
        "new": "string",
        "object": "csv_data/2.csv",
        "value": "none",
        "message": "csv_data.word: double to string, because of 'none' in csv_data/2.csv",
    } in changes


def two_columns(make: Callable[..., Pipeline], **arguments: str) -> Pipeline:
    """A pipeline that has converted one object with a number and a name."""
    pipeline = make({"typeChanges": "Widen"}, **arguments)
    pipeline.table("csv_data", "csv_data/", "n bigint, name string")
    pipeline.put("csv_data/a.csv", "n,name\n10,one\n,two\n")
    pipeline.converts()
    return pipeline


def test_a_run_that_dies_after_the_catalog_has_widened_costs_no_row(
    make: Callable[..., Pipeline],
) -> None:
    pipeline = two_columns(make)
    pipeline.put("csv_data/b.csv", "n,name\nA7,three\n")
    manifests = f"arn:aws:s3:::{pipeline.name}/dataflowxpress/manifests/*"
    with pipeline.denied("s3:PutObject", manifests):
        assert pipeline.run()["JobRunState"] == "FAILED"
    assert types(pipeline.table_of("csv_data"))["n"] == "string"
    assert pipeline.rows(TABLE, "n") == [(10,), (None,)], "the old rows, until the commit"

    pipeline.converts()
    expected = [("10", "one"), ("A7", "three"), (None, "two")]
    assert sorted(pipeline.rows(TABLE, "n, name"), key=str) == sorted(expected, key=str)
    assert pipeline.orphans() == []


def test_rows_of_a_deleted_object_get_the_new_type_from_their_parquet(
    make: Callable[..., Pipeline],
) -> None:
    pipeline = two_columns(make, partition_by="name")
    big = "9007199254740993"
    pipeline.put("csv_data/deleted.csv", f"n,name\n{big},three\n7,three\n,four\n")
    pipeline.converts()
    pipeline.s3.delete_object(Bucket=pipeline.name, Key="csv_data/deleted.csv")
    before = pipeline.entries()["csv_data/deleted.csv"]

    pipeline.put("csv_data/b.csv", "n,name\n7.5,five\n")
    after = pipeline.converts()["csv_data/deleted.csv"]

    assert types(pipeline.table_of("csv_data"))["n"] == "string", "no double keeps all digits"
    files = pipeline.files()
    found = pipeline.query("n, name", files)
    first, other = [("10", "one"), (None, "two")], ("7.5", "five")
    kept = [(big, "three"), ("7", "three"), (None, "four")]
    assert sorted(found, key=str) == sorted([*first, *kept, other], key=str)
    assert after["batch"] == before["batch"]
    assert {key: after[key] for key in ("etag", "read", "rows")} == {
        key: before[key] for key in ("etag", "read", "rows")
    }
    assert pipeline.orphans() == []
    assert len(pipeline.shown(TABLE)) == 5
    count = len(pipeline.manifests())
    pipeline.converts()
    assert len(pipeline.manifests()) == count, "and then there is no work"


def test_a_partition_column_that_widens_has_the_new_type_in_the_catalog(
    make: Callable[..., Pipeline],
) -> None:
    pipeline = two_columns(make, partition_by="n")
    pipeline.put("csv_data/b.csv", "n,name\nA7,three\n")
    pipeline.converts()

    keys = pipeline.table_of(TABLE)["PartitionKeys"]
    assert {key["Name"]: key["Type"] for key in keys} == {"dfx_batch": "string", "n": "string"}
    assert {values[1] for values in pipeline.shown(TABLE)} == {
        "10",
        "A7",
        "__HIVE_DEFAULT_PARTITION__",
    }
    assert pipeline.orphans() == []


def test_a_column_that_a_crawl_adds_meanwhile_stays(
    make: Callable[..., Pipeline], dataflow: Any
) -> None:
    pipeline = make()
    pipeline.table("csv_data", "csv_data/", "n bigint, name string")
    named = {"pipeline": "p", **pipeline.places}
    prefixes = {"source_prefix": "csv_data/", "target_prefix": "parquet_data/"}
    options = dataflow.options.Options(**named, **prefixes)
    catalog = dataflow.source_catalog.SourceCatalog(options)
    catalog.tables(["csv_data/a.csv"], {})
    crawls = ["n bigint, name string, more string"]

    def crawl(**_: Any) -> None:
        if crawls:
            pipeline.table("csv_data", "csv_data/", crawls.pop())

    catalog.glue.meta.events.register("before-call.glue.UpdateTable", crawl)
    needed = dataflow.widening.Widening("csv_data", "n", "bigint", "string", "a.csv", "A7")

    assert catalog.change([needed]) == [needed]
    wanted = {"n": "string", "name": "string", "more": "string"}
    assert types(pipeline.table_of("csv_data")) == wanted
    assert catalog.change([needed]) == [], "another run has widened it"


def test_typed_values_of_parquet_objects_widen_columns_too(make: Callable[..., Pipeline]) -> None:
    pipeline = make({"typeChanges": "Widen", "format": "parquet"})
    pipeline.table("csv_data", "csv_data/", "n bigint, d date, s bigint")
    queries = (
        "SELECT 1::bigint AS n, DATE '2026-01-01' AS d, 5::bigint AS s",
        "SELECT 7.9::double AS n, TIMESTAMPTZ '2026-01-02 03:04:05+00' AS d, 'A7' AS s",
    )
    for number, query in enumerate(queries):
        file = pipeline.folder / f"{number}.parquet"
        duckdb.sql(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
        pipeline.put(f"csv_data/{number}.parquet", file.read_bytes())
        entries = pipeline.converts()

    wanted = {"n": "double", "d": "timestamp", "s": "string"}
    assert types(pipeline.table_of("csv_data")) == wanted
    assert [entry["rejected"] for entry in entries.values()] == [0, 0]
    assert sorted(pipeline.rows(TABLE, "n, d::varchar, s")) == [
        (1.0, "2026-01-01 00:00:00", "5"),
        (7.9, "2026-01-02 03:04:05", "A7"),
    ]


def test_without_widening_rows_that_would_lose_something_are_rejected(
    make: Callable[..., Pipeline],
) -> None:
    pipeline = make({"typeChanges": "Reject"})
    pipeline.table("csv_data", "csv_data/", "n bigint, x double, d date")
    pipeline.put("csv_data/a.csv", "n,x,d\nA7,,\n,12D,\n,,2026-01-02 03:04:05\n1,1.5,2026-01-02\n")
    [entry] = pipeline.converts().values()

    assert (entry["rows"], entry["rejected"]) == (1, 3)
    assert types(pipeline.table_of("csv_data")) == {"n": "bigint", "x": "double", "d": "date"}
    assert [line["reason"] for line in pipeline.rejects()] == [
        "column n: 'A7' is not a valid bigint",
        "column x: '12D' is not a valid double",
        "column d: '2026-01-02 03:04:05' is not a valid date",
    ]
