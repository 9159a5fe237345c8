"""Files as they come: what each becomes after a crawl and a run: rows as uploaded, or a reason.

The files are in `tests/files`: a folder for each format, in it one for each case, and in it the
uploads before the first and before the second crawl. Each case is a table of its own.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.glue.uploads import PREFIX, Uploads

if TYPE_CHECKING:
    from collections.abc import Callable

    from dataflowxpress_sandbox.aws.serving import RunningAws

FILES = Path(__file__).parents[1] / "files"
# The types and rows of a table, by the name of its case.
TABLES: dict[str, dict[str, tuple[dict[str, str], list[tuple[Any, ...]]]]] = {
    "csv": {
        "bracket_keys": ({"id": "bigint", "v": "string"}, [(1, "x"), (2, "x")]),
        "compression": ({"id": "bigint", "name": "string"}, [(2, "Bob"), (2, "Bob")]),
        "gzip_alone": ({"id": "bigint", "name": "string"}, [(1, "Ann")]),
        "utf16_alone": ({"id": "bigint", "name": "string"}, [(1, "Ann")]),
        "utf16_beside": ({"id": "bigint", "name": "string"}, [(1, "Ann"), (1, "Ann")]),
        "type_widens": (
            {"id": "bigint", "code": "string", "qty": "double"},
            [(1, "100", 5.0), (2, "A7", 6.0), (3, "200", 7.5)],
        ),
        "leading_zeros": (
            {"id": "bigint", "zip": "string", "phone": "string", "acct": "string"},
            [
                (1, "01234", "+4915112345678", "007"),
                (1, "01234", None, None),
                (2, "02345", None, None),
                (2, "90210", "0301234567", "12"),
            ],
        ),
        "later_zeros": ({"id": "bigint", "zip": "string"}, [(1, "90210"), (2, "01234")]),
        "scientific_lookalike": (
            {"id": "bigint", "part": "string"},
            [(1, "713752e1"), (2, "12E34"), (3, "47583311587E590003")],
        ),
        "java_double": (
            {"id": "bigint", "size": "string", "flag": "string"},
            [(1, "1.5", "true"), (2, "10D", "y"), (3, "5f", "0"), (4, "0x1p3", "t")],
        ),
        "backslash": (
            {"id": "bigint", "text": "string", "n": "string"},
            [(2, "plain", "8"), (4, "C:\\dir\\", "5")],
        ),
        "other_delimiter": ({"id": "bigint", "name": "string"}, [(1, "Ann"), (1, "Ann")]),
        "footer": (
            {"id": "string", "name": "string", "qty": "bigint"},
            [("1", "Ann", 5), ("2", "Bob", 6), ("Total", "2 rows", 11)],
        ),
        "nulls": (
            {"id": "bigint", "qty": "string", "name": "string"},
            [(1, "NULL", "Ann"), (2, "NA", "Bob"), (3, "\\N", "None"), (4, "5", "\\N")],
        ),
        "preamble": (
            {"sales report": "string", "q1": "string", "confidential": "string"},
            [("1", "Ann", "5"), ("2", "Bob", "6"), ("id", "name", "qty")],
        ),
        "repeat": ({"id": "string", "name": "string"}, [("1", "Ann"), ("2", "Bob")]),
    },
    "json": {
        "special_names": (
            {
                "_id": "struct<$oid:string>",
                "at": "struct<$date:string>",
                "n": "int",
                "id": "int",
                "headers": "struct<user-agent:string,x:y:string>",
            },
            [
                (None, None, None, 1, {"user-agent": "curl", "x:y": "z"}),
                ({"$oid": "64f0c0ffee"}, {"$date": "2024-05-01T10:00:00Z"}, 1, None, None),
            ],
        ),
        "empty_object": ({"id": "int", "meta": "string"}, [(1, "{}"), (2, "{}"), (3, None)]),
        "compression": ({"id": "int"}, [(1,)] * 7),
        "bracket_keys": ({"id": "int"}, [(1,), (2,)]),
        "concatenated": (
            {"id": "int", "v": "string"},
            [(1, "a"), (1, None), (2, "b"), (2, None), (3, "c"), (3, None), (4, None)],
        ),
        "camel_case": (
            {
                "id": "int",
                "username": "string",
                "address": "struct<streetname:string,zipcode:string>",
                "tags": "array<struct<tagkey:string,tagvalue:string>>",
            },
            [
                (
                    1,
                    "ann",
                    {"streetname": "Main", "zipcode": "01234"},
                    [{"tagkey": "env", "tagvalue": "prod"}],
                )
            ],
        ),
        "dynamodb": (
            {"item": "struct<pk:struct<s:string>,age:struct<n:string>>"},
            [({"pk": {"s": f"u{n}"}, "age": {"n": str(n + 41)}},) for n in (1, 2)],
        ),
        "inner_type": (
            {"id": "int", "m": "struct<x:string,y:string>"},
            [(1, {"x": "1", "y": "a"}), (2, {"x": "abc", "y": "b"})],
        ),
        "struct_becomes_text": (
            {"id": "int", "m": "string"},
            [(1, '{"x":1}'), (2, "just text"), (3, "[1,2]"), (4, "7")],
        ),
        "number_text": (
            {"id": "int", "code": "string"},
            [(1, "A"), (2, "1.10"), (3, "100000000.0"), (4, "12345678901234567.89")],
        ),
    },
    "parquet": {
        "nanos": ({"id": "bigint", "ts": "string"}, [(1, "2024-05-01 10:00:00.123456789")]),
        **{
            name: ({"id": "bigint", "v": kind}, [*enumerate(values, 1)])
            for name, kind, *values in (
                ("arr", "array<double>", [1.0, 2.0], [1.9, 2.9]),
                ("dec2", "decimal(12,4)", Decimal("1.2500"), Decimal("1.2599")),
                ("f2i", "double", 5.0, 7.9, 8.0),
                ("f32_then_f64", "double", 1.5, 16777217.0),
                ("i64_then_dec", "decimal(21,2)", Decimal("5.00"), Decimal("7.99")),
                ("inner", "struct<x:double>", {"x": 1.0}, {"x": 1.9}),
                ("innerstr", "struct<x:string>", {"x": "1"}, {"x": "abc"}),
                ("int_then_str", "string", "90210", "01234"),
                ("str_then_bin", "string", "x"),
                ("str_then_struct", "string", "x", '{"a":1,"b":"y"}'),
                (
                    "ts2d",
                    "timestamp",
                    dt.datetime(2024, 5, 1),  # noqa: DTZ001
                    dt.datetime(2024, 5, 2, 13, 14, 15),  # noqa: DTZ001
                ),
                ("ts_then_millis", "string", "2024-05-01 10:00:00", "1714557600000"),
            )
        },
    },
}
# Objects of which there are no rows, and the beginning of the reason.
REFUSED = {
    "csv/nul_alone/nul.csv": "binary data: a NUL",
    "csv/open_quote/a.csv": "record 2: a quote is not closed",
    "csv/open_quote/b.csv": "record 2: ",
    "csv/open_quote/c.csv": "record 2: a quote is not closed",
    "csv/open_quote/d.csv": "record 2: ",
    "csv/other_delimiter/err.csv": "not CSV: an HTML page",
    "json/compression/cut.json.gz": "the gzip content cannot be read to its end",
}
WAITING = {
    "csv/other_delimiter/b.csv": "set source.csv.delimiter: ';'",
    "csv/comment/comment.csv": "set source.csv.comment: '#'",
}
# Records that are no rows: their numbers and a part of the reason.
REJECTED = {
    "csv/backslash/a.csv": ([1, 3], "set source.csv.escape"),
    "csv/backslash/b.csv": ([1, 2], "set source.csv.escape"),
    "csv/repeat/repeat.csv": ([2], "repeats the header"),
    "json/zip_of_csv/a.zip": ([*range(1, 101)], "not JSON"),
    "parquet/str_then_bin/str_then_bin-2.parquet": ([1], "column v: '0xfffe41' is not valid UTF-8"),
}


pytestmark = pytest.mark.long


class Story:
    """The cases of a format in one pipeline, after two crawls and runs, and one for what waits."""

    def __init__(self, aws: RunningAws, folder: Path, form: str) -> None:
        spec = {"source": {"format": form}, "catalog": {"tables": "PerFolder"}}
        self.form, self.uploads = form, Uploads(aws, folder, spec)
        self.names: list[str] = []
        for turn in ("1", "2"):
            for file in sorted((FILES / form).glob(f"*/{turn}/*")):
                case = file.parts[-3]
                self.names.append(f"{case}/{file.name}")
                self.uploads.upload(file, folder=f"{case}/")
            self.uploads.crawl_and_convert()
        self.entries = self.uploads.crawl_and_convert()
        self.waiting = self.uploads.waiting()


@pytest.fixture(scope="module")
def stories(aws: RunningAws, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Story]:
    """The stories of all formats."""
    folder = tmp_path_factory.mktemp("stories")
    with ThreadPoolExecutor() as pool:
        made = pool.map(lambda form: Story(aws, folder, form), TABLES)
        return {story.form: story for story in made}


@pytest.fixture
def uploads(aws: RunningAws, tmp_path: Path) -> Callable[..., Uploads]:
    """Make a pipeline of its own."""
    return lambda spec: Uploads(aws, tmp_path, spec)


@pytest.mark.parametrize(
    ("form", "case"), [(form, case) for form, cases in TABLES.items() for case in cases]
)
def test_the_rows_are_as_uploaded(stories: dict[str, Story], form: str, case: str) -> None:
    kinds, rows = TABLES[form][case]
    pipeline = stories[form].uploads
    described = pipeline.table_of(f"{case}_parquet")["StorageDescriptor"]["Columns"]

    found_kinds = {each["Name"]: each["Type"] for each in described}
    assert found_kinds == {**kinds, "dfx_object": "string"}
    found = pipeline.rows(f"{case}_parquet", ", ".join(f'"{name}"' for name in kinds))
    assert sorted(found, key=str) == sorted(rows, key=str)


@pytest.mark.parametrize(("name", "reason"), REFUSED.items())
def test_an_object_that_is_refused_has_a_reason(
    stories: dict[str, Story], name: str, reason: str
) -> None:
    form, _, key = name.partition("/")
    entry = stories[form].entries[key]

    assert (entry["read"], entry["rows"]) == (0, 0)
    assert entry["reason"].startswith(reason)


@pytest.mark.parametrize(("name", "reason"), WAITING.items())
def test_an_object_that_waits_has_a_reason_with_its_cure(
    stories: dict[str, Story], name: str, reason: str
) -> None:
    form, _, key = name.partition("/")

    assert reason in stories[form].waiting[key]
    assert key not in stories[form].entries


@pytest.mark.parametrize(("name", "numbers", "reason"), [(n, *r) for n, r in REJECTED.items()])
def test_records_that_are_no_rows_are_kept_with_their_reason(
    stories: dict[str, Story], name: str, numbers: list[int], reason: str
) -> None:
    form, _, key = name.partition("/")
    found = stories[form].uploads.rejects(PREFIX + key)

    assert [each["record"] for each in found] == numbers
    assert all(reason in each["reason"] for each in found)


@pytest.mark.parametrize("form", TABLES)
def test_each_record_of_each_object_is_accounted_for(stories: dict[str, Story], form: str) -> None:
    story = stories[form]
    refused, waiting, rejected = (
        {name.partition("/")[2] for name in names if name.startswith(f"{form}/")}
        for names in (REFUSED, WAITING, REJECTED)
    )
    assert {*story.entries, *story.waiting} == {*story.names}
    assert {*story.waiting} == waiting
    assert {name for name, entry in story.entries.items() if not entry["read"]} == refused
    assert {name for name, entry in story.entries.items() if entry["rejected"]} == rejected
    rows: Counter[str] = Counter()
    for name, entry in story.entries.items():
        assert entry["read"] == entry["rows"] + entry["rejected"]
        rows[name.partition("/")[0]] += entry["rows"]
    for case, count in (+rows).items():
        assert story.uploads.rows(f"{case}_parquet", "count(*)") == [(count,)]


def test_a_file_of_1500_columns_is_one_row(stories: dict[str, Story]) -> None:
    columns = stories["csv"].uploads.table_of("wide_parquet")["StorageDescriptor"]["Columns"]

    assert [each["Name"] for each in columns] == [*(f"c{n}" for n in range(1500)), "dfx_object"]
    found = stories["csv"].uploads.rows("wide_parquet", "c0, c1, c1499")
    assert found == [(0, 1, 1499)]


def test_folders_of_several_depths_are_one_table(uploads: Callable[..., Uploads]) -> None:
    pipeline = uploads({})
    top = FILES / "one" / "mixed_depth"
    for file in top.rglob("*.csv"):
        pipeline.put(f"{PREFIX}{file.relative_to(top)}", file.read_bytes())
    pipeline.crawl_and_convert()

    columns = "id, v, partition_0, partition_1, partition_2"
    assert sorted(pipeline.rows("csv_data_parquet", columns)) == [
        (1, "a", None, None, None),
        (2, "b", "2024", None, None),
        (3, "c", "2024", "01", None),
        (4, "d", "emea", "2024", "01"),
    ]


def test_null_and_the_text_that_stands_for_null_in_a_folder_never_collide(
    uploads: Callable[..., Uploads],
) -> None:
    pipeline = uploads({"target": {"partitionBy": ["country"]}})
    pipeline.upload(FILES / "one" / "partition_collision" / "a.csv")
    pipeline.put(f"{PREFIX}b.csv", 'id,country\n4,\n5,""\n6,"a/b=c"\n7,A\n8,a\n')
    entries = pipeline.crawl_and_convert()

    assert [entries[name]["rows"] for name in ("a.csv", "b.csv")] == [2, 5]
    shown = pipeline.shown("csv_data_parquet")
    found = {
        (values[1], row[0])
        for values, place in shown.items()
        for row in pipeline.query("id", pipeline.keys(place.removeprefix(f"s3://{pipeline.name}/")))
    }
    null = "__HIVE_DEFAULT_PARTITION__"
    others = {("DE", 1), ("a/b=c", 6), ("A", 7), ("a", 8)}
    assert found == {(null, 2), (null, 4), (null, 5), *others}
    [reject] = pipeline.rejects()
    assert (reject["record"], reject["column"]) == (3, "country")
    assert "is the mark of null in partitions" in reject["reason"]


def test_objects_that_s3_does_not_return_do_not_keep_others_from_being_converted(
    uploads: Callable[..., Uploads],
) -> None:
    pipeline = uploads({})
    archived, good = ((FILES / "one" / "s3_unreadable" / f"{n}.csv").read_bytes() for n in "ab")
    put = {"Bucket": pipeline.name, "Body": archived}
    secret = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    pipeline.s3.put_object(**put, Key=f"{PREFIX}archived.csv", StorageClass="GLACIER")
    pipeline.s3.put_object(**put, Key=f"{PREFIX}secret.csv", **secret)
    pipeline.s3.put_object(**put, Key=f"{PREFIX}denied.csv")
    pipeline.put(f"{PREFIX}b.csv", good)
    pipeline.crawl()
    with pipeline.denied("s3:GetObject", f"arn:aws:s3:::{pipeline.name}/{PREFIX}denied.csv"):
        entries = pipeline.named(pipeline.converts())

    assert pipeline.rows("csv_data_parquet", "id, name") == [(2, "Bob")]
    assert "S3 has archived it" in entries["archived.csv"]["reason"]
    assert "SSE-C" in entries["secret.csv"]["reason"]
    assert "denies" in pipeline.waiting()["denied.csv"]
    assert pipeline.named(pipeline.converts())["denied.csv"]["rows"] == 1


def test_a_column_that_is_also_a_folder_must_have_the_value_of_the_folder(
    uploads: Callable[..., Uploads],
) -> None:
    pipeline = uploads({})
    pipeline.put(f"{PREFIX}year=2024/a.csv", "id,year\n1,2023\n2,2024\n3,\n")
    pipeline.put(f"{PREFIX}year=2025/b.csv", "id\n4\n")
    pipeline.crawl_and_convert()
    pipeline.crawl_and_convert()

    found = pipeline.rows("csv_data_parquet", "id, year")
    assert sorted(found) == [(2, "2024"), (3, "2024"), (4, "2025")]
    [reject] = pipeline.rejects()
    assert reject["reason"] == "column year: '2023' is not '2024', the folder"


def test_no_key_changes_what_is_read(uploads: Callable[..., Uploads]) -> None:
    pipeline = uploads({"source": {"columns": [{"name": "id", "type": "int"}]}})
    keys = ["a//b.csv", "./c.csv", "x/../y.csv", "a*?[1]{b}\\.csv", "a b+%20.csv", "#é&.csv"]
    for number, key in enumerate(keys):
        pipeline.put(f"{PREFIX}{key}", f"id\n{number}\n")

    entries = pipeline.named(pipeline.converts())

    assert {key: entries[key]["rows"] for key in keys} == dict.fromkeys(keys, 1)
    assert sorted(pipeline.rows("csv_data_parquet", "id")) == [(n,) for n in range(len(keys))]
