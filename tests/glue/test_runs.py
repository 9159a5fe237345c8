"""Runs one after the other: what is converted again, and what a death in the middle costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dataflowxpress_sandbox.aws.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.glue.conftest import Pipeline

TABLE = "csv_data_parquet"

pytestmark = pytest.mark.long


def rows(pipeline: Pipeline) -> list[tuple[Any, ...]]:
    return sorted(pipeline.rows(TABLE, "n, name"))


def test_rows_are_there_once_whatever_dies_and_is_uploaded_again(pipeline: Pipeline) -> None:
    pipeline.put("csv_data/a.csv", "n,name\n1,one\n2,two\n")
    pipeline.put("csv_data/b.csv", "n,name\n3,three\n")

    with pipeline.denied(
        "s3:PutObject", f"arn:aws:s3:::{pipeline.name}/dataflowxpress/manifests/*"
    ):
        assert pipeline.run()["JobRunState"] == "FAILED"
    assert pipeline.manifests() == []
    assert pipeline.orphans() != []
    assert [table["Name"] for table in pipeline.tables()] == ["csv_data"]

    pipeline.converts()
    assert rows(pipeline) == [(1, "one"), (2, "two"), (3, "three")]
    assert pipeline.orphans() == []
    assert len(pipeline.manifests()) == 1

    pipeline.put("csv_data/a.csv", "n,name\n1,one\n2,two\n")
    pipeline.converts()
    assert len(pipeline.manifests()) == 1, "the same content under the same key is no work"

    before = pipeline.shown(TABLE)
    pipeline.put("csv_data/a.csv", "n,name\n5,five\n")
    with pipeline.denied("glue:BatchUpdatePartition", "*"):
        assert pipeline.run()["JobRunState"] == "FAILED"
    assert rows(pipeline) == [(1, "one"), (2, "two"), (3, "three")], "the old rows, till the switch"

    pipeline.converts()
    assert not any(manifest["objects"] for manifest in pipeline.manifests()[2:]), "only completed"
    assert rows(pipeline) == [(3, "three"), (5, "five")]
    assert pipeline.shown(TABLE).keys() == before.keys()
    assert pipeline.orphans() == []

    pipeline.put("csv_data/a.csv", "")
    pipeline.glue.delete_table(DatabaseName=pipeline.name, Name=TABLE)
    pipeline.converts()
    assert rows(pipeline) == [(3, "three")], "also when somebody has deleted the table"
    assert pipeline.orphans() == []


def test_what_a_dead_run_has_begun_to_upload_is_given_up_and_what_a_user_uploads_is_not(
    pipeline: Pipeline,
) -> None:
    keys = {
        "csv_data/coming.csv",
        "parquet_data/csv_data/dfx_object=0000000001-ab-cd-ef/part-0.parquet",
        "dataflowxpress/rejected/jr_dead/part-0.json",
    }
    for key in keys:
        pipeline.s3.create_multipart_upload(Bucket=pipeline.name, Key=key)

    pipeline.converts()

    left = pipeline.s3.list_multipart_uploads(Bucket=pipeline.name)["Uploads"]
    assert [upload["Key"] for upload in left] == ["csv_data/coming.csv"]
    pipeline.converts()
    assert len(pipeline.manifests()) == 1, "and once is enough"


def test_what_the_catalog_learns_lets_objects_in_and_rewrites_what_has_other_types(
    pipeline: Pipeline,
) -> None:
    pipeline.put("csv_data/a.csv", "n,name\n1,one\n")
    pipeline.put("csv_data/wide.csv", "n,name,more\n2.5,two,x\n")
    assert pipeline.converts().keys() == {"csv_data/a.csv"}
    [manifest] = pipeline.manifests()
    [waiting] = manifest["waiting"]
    assert waiting["key"] == "csv_data/wide.csv"

    pipeline.table("csv_data", "csv_data/", "n double, name string, more string")
    pipeline.converts()

    assert sorted(pipeline.rows(TABLE, "n, name, more")) == [(1.0, "one", None), (2.5, "two", "x")]
    columns = {
        c["Name"]: c["Type"] for c in pipeline.table_of(TABLE)["StorageDescriptor"]["Columns"]
    }
    uploaded = {"n": "double", "name": "string", "more": "string"}
    assert columns == {**uploaded, "dfx_object": "string"}
    assert pipeline.manifests()[-1]["waiting"] == []
    assert pipeline.orphans() == []


def test_the_columns_of_the_path_and_those_asked_for_are_kept(
    make: Callable[..., Pipeline],
) -> None:
    pipeline = make(partition_by="country, Day", tables="PerFolder")
    pipeline.table("sales", "csv_data/sales/", "n bigint, country string", "day int, shop string")
    pipeline.put("csv_data/sales/day=7/shop=a%20b/x.csv", "n,country\n1,DE\n2,a/b:c\n3,\n")
    pipeline.put("csv_data/sales/day=8/shop=c/y.csv", "country,n\nDE,4\n")
    pipeline.put("csv_data/else/z.csv", "n\n1\n")

    entries = pipeline.converts()

    assert entries.keys() == {
        "csv_data/sales/day=7/shop=a%20b/x.csv",
        "csv_data/sales/day=8/shop=c/y.csv",
    }
    files = [key for key in pipeline.keys("parquet_data/sales/") if key.endswith(".parquet")]
    assert sorted(pipeline.query("n, country, day, shop", files)) == [
        (1, "DE", 7, "a b"),
        (2, "a/b:c", 7, "a b"),
        (3, None, 7, "a b"),
        (4, "DE", 8, "c"),
    ]
    assert {values[1:] for values in pipeline.shown("sales_parquet")} == {
        ("DE", "7"),
        ("a/b:c", "7"),
        ("__HIVE_DEFAULT_PARTITION__", "7"),
        ("DE", "8"),
    }


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param("", id="line by line"),
        pytest.param('"two\nlines"', id="records of two lines", marks=pytest.mark.extended),
    ],
)
def test_a_large_object_is_whole_whether_or_not_many_tasks_can_read_it(
    make: Callable[..., Pipeline], odd: str
) -> None:
    pipeline = make()
    pipeline.table("csv_data", "csv_data/", "n bigint, name string")
    names = ["x" * 50, '"y, z"', "größe"]
    lines = [f"{number},{names[number % 3]}" for number in range(1, 300_001)]
    for number in (1, 150_000, 299_999):
        lines[number - 1] = f"none,{number}"
    lines[0] = f"none,{odd or 1}"
    pipeline.put("csv_data/large.csv", "n,name\r\n" + "\r\n".join(lines) + "\r\n")
    pipeline.put("csv_data/small.csv", "n,name\n0,zero\nno,no\n")

    entries = pipeline.converts()

    entry = entries["csv_data/large.csv"]
    assert (entry["read"], entry["rows"], entry["rejected"]) == (300_000, 299_997, 3)
    assert pipeline.rows(TABLE, "count(*), sum(n), count(distinct name)") == [
        (299_998, sum(range(300_001)) - 1 - 150_000 - 299_999, 4)
    ]
    kept = pipeline.rejects()
    assert sorted((line["object"], line["record"]) for line in kept) == [
        *(("csv_data/large.csv", number) for number in (1, 150_000, 299_999)),
        ("csv_data/small.csv", 2),
    ]


def test_json_lines_are_converted_by_name(make: Callable[..., Pipeline]) -> None:
    pipeline = make({"format": "json"})
    columns = "n bigint, name string, seen timestamp, tags array<string>"
    pipeline.table("csv_data", "csv_data/", columns)
    pipeline.put(
        "csv_data/a.json",
        '{"N": 1, "name": "one", "seen": "2024-01-02 03:04:05", "tags": ["a", "b"]}\r\n'
        '\n{"name": null, "n": 2}\n{"n": "x"}\nnot json\n[1]\n',
    )
    pipeline.put("csv_data/b.json", '{"n": 3}\n{"n": 4, "new": 1}\n')
    pipeline.put("csv_data/empty.json", " \n")

    entries = pipeline.converts()

    assert sorted(pipeline.rows(TABLE, "n, name, seen::varchar, tags")) == [
        (1, "one", "2024-01-02 03:04:05", ["a", "b"]),
        (2, None, None, None),
    ]
    assert entries["csv_data/a.json"]["rejected"] == 3
    assert entries["csv_data/empty.json"]["reason"] == "the object has no rows"
    assert [each["key"] for each in pipeline.manifests()[-1]["waiting"]] == ["csv_data/b.json"]
    assert pipeline.orphans() == []


def test_parquet_is_copied_by_name(make: Callable[..., Pipeline]) -> None:
    import duckdb

    pipeline = make({"format": "parquet"})
    pipeline.table("csv_data", "csv_data/", "n bigint, name string")
    for name, query in {
        "a": "SELECT 'one' AS name, 1::int AS n",
        "b": "SELECT 2::bigint AS N",
        "new": "SELECT 3 AS n, 4 AS more",
        "other": "SELECT [1] AS n",
    }.items():
        file = pipeline.folder / f"{name}.parquet"
        duckdb.sql(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
        pipeline.put(f"csv_data/{name}.parquet", file.read_bytes())
    pipeline.put("csv_data/broken.parquet", b"PAR1 is how it begins")
    pipeline.put("csv_data/text.parquet", b"n,name\n")

    entries = pipeline.converts()

    assert sorted(pipeline.rows(TABLE, "n, name")) == [(1, "one"), (2, None)]
    assert [each["key"] for each in pipeline.manifests()[-1]["waiting"]] == ["csv_data/new.parquet"]
    refused = {key for key, entry in entries.items() if not entry["rows"]}
    assert refused == {f"csv_data/{name}.parquet" for name in ("broken", "text", "other")}


def test_a_request_converts_again_what_lies_under_its_prefix_once_whatever_dies(
    pipeline: Pipeline,
) -> None:
    for name in ("again/a", "again/b", "other/c"):
        pipeline.put(f"csv_data/{name}.csv", f"n,name\n1,{name}\n")
    before = pipeline.converts()

    pipeline.put("dataflowxpress/requests/first/csv_data/again/", "")
    with pipeline.denied("glue:BatchUpdatePartition", "*"):
        assert pipeline.run()["JobRunState"] == "FAILED"
    pipeline.put("csv_data/again/new.csv", "n,name\n1,again/new\n")
    after = pipeline.converts()

    converted = {key for key in before if before[key] != after[key]}
    assert converted == {"csv_data/again/a.csv", "csv_data/again/b.csv"}
    assert sorted(rows(pipeline)) == [
        (1, "again/a"),
        (1, "again/b"),
        (1, "again/new"),
        (1, "other/c"),
    ]
    assert pipeline.keys("dataflowxpress/requests/") == []
    assert pipeline.orphans() == []
    committed = [[e["key"] for e in manifest["objects"]] for manifest in pipeline.manifests()]
    assert committed[1:] == [
        ["csv_data/again/a.csv", "csv_data/again/b.csv"],
        ["csv_data/again/new.csv"],
    ], "what the dead run had committed was not converted a third time"


def test_two_runs_cannot_both_commit(pipeline: Pipeline, dataflow: Any) -> None:
    options = dataflow.options.Options(
        pipeline="p",
        **pipeline.places,
        source_prefix="csv_data/",
        target_prefix="parquet_data/",
    )
    manifest: dict[str, Any] = {"objects": [], "write_layouts": {}, "waiting": []}
    first, second = (
        dataflow.manifest_log.ManifestLog(dataflow.store.Store(options))
        for _ in ("first", "second")
    )

    first.commit({**manifest, "run": "first"})
    with pytest.raises(dataflow.store.AlreadyExists):
        second.commit({**manifest, "run": "second"})
    assert [each["run"] for each in pipeline.manifests()] == ["first"]


def test_a_manifest_that_is_written_counts_though_its_answer_was_lost(
    pipeline: Pipeline, dataflow: Any
) -> None:
    named = {"pipeline": "p", **pipeline.places}
    prefixes = {"source_prefix": "csv_data/", "target_prefix": "parquet_data/"}
    options = dataflow.options.Options(**named, **prefixes)
    history = dataflow.manifest_log.ManifestLog(dataflow.store.Store(options))
    manifests = f"arn:aws:s3:::{pipeline.name}/dataflowxpress/manifests/*"
    with Faults(pipeline.aws).during("lose", "s3:PutObject", resource=manifests, times=1):
        history.commit({"run": "r", "objects": [], "write_layouts": {}, "waiting": []})
    assert history.number == 1
    assert [each["run"] for each in pipeline.manifests()] == ["r"]
