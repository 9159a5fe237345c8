"""One table per prefix or folder, whatever tables a crawler makes of the objects."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.logical_tables import (
    CrawledTable,
    LogicalTable,
    logical_location,
    logical_tables,
    path_folders,
)
from dataflowxpress_sandbox.aws.glue.grouping import group
from dataflowxpress_sandbox.aws.glue.schema.objects import S3Object
from dataflowxpress_sandbox.aws.glue.schema.schema import UNKNOWN, Schema


def crawled(keys: dict[str, str], level: int) -> list[CrawledTable]:
    """Return the tables that the sandbox's crawler makes of `in/`; an empty text is no CSV."""
    found = [
        (
            S3Object("b", f"in/{key}", 1, tuple(key.split("/")[:-1])),
            Schema("csv", dict(each.split() for each in text.split(", "))) if text else UNKNOWN,
        )
        for key, text in keys.items()
    ]
    return [
        CrawledTable(
            each.name,
            each.location.removeprefix("s3://b/"),
            each.schema.columns,
            dict.fromkeys(each.partition_keys, "string"),
        )
        for each in group("s3://b/in/", found, combine=True, level=level)
    ]


def combined(keys: dict[str, str], *, per_folder: bool = False) -> dict[str, str]:
    parts = crawled(keys, 3 if per_folder else 2)
    tables = logical_tables(parts, (), "in/", per_folder=per_folder, table_prefix="")
    return {each.name: described(each) for each in tables}


def described(table: LogicalTable) -> str:
    columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
    return " | ".join(filter(None, (columns, " ".join(table.path_columns))))


ROW = "id bigint"
PER_PREFIX: dict[str, tuple[dict[str, str], str]] = {
    "objects of one format": ({"a.csv": ROW, "b.csv": ROW}, "id bigint"),
    "two compressions": ({"a.csv": ROW, "b.csv.gz": "id bigint, x string"}, "id bigint, x string"),
    "an object that nobody recognises": ({"a.csv": ROW, "b.csv": ROW, "c.zip": ""}, "id bigint"),
    "folders of several depths": (
        {"a.csv": ROW, "2024/b.csv": ROW, "2024/01/c.csv": ROW, "emea/2024/01/d.csv": ROW},
        "id bigint | partition_0 partition_1 partition_2",
    ),
    "folders of several depths and two compressions": (
        {"a.csv": ROW, "year=2024/b.csv.gz": ROW, "year=2024/month=1/c.csv": ROW},
        "id bigint | year month",
    ),
    "named and unnamed folders, and two compressions": (
        {"2024/01/a.csv": ROW, "year=2024/b.csv.gz": ROW},
        "id bigint | year partition_1",
    ),
    "types that differ": (
        {"a.csv": "n bigint, t bigint", "b.csv.gz": "n double, t string"},
        "n double, t string",
    ),
}


@pytest.mark.parametrize("case", PER_PREFIX)
def test_a_prefix_is_one_table_of(case: str) -> None:
    keys, expected = PER_PREFIX[case]
    assert combined(keys) == {"in": expected}


NAMES = st.sampled_from(["a", "b", "x=1", "x=2", "y=1", "2024"])
KEYS = st.tuples(st.lists(NAMES, max_size=3).map(tuple), st.sampled_from(["1", "2"]))
CONTENTS = st.sampled_from(
    [(".csv", "id bigint"), (".csv", "n double, t string"), (".csv.gz", "n string"), (".zip", "")]
)


@given(st.dictionaries(KEYS, CONTENTS, min_size=1, max_size=8), st.booleans())
def test_any_keys_and_formats_are_one_table_with_all_columns(
    uploads: dict[tuple[tuple[str, ...], str], tuple[str, str]], per_folder: bool
) -> None:
    keys = {
        f"{'/'.join([*folders, name])}{suffix}": text
        for (folders, name), (suffix, text) in uploads.items()
    }
    parts = crawled(keys, 3 if per_folder else 2)
    tables = logical_tables(parts, (), "in/", per_folder=per_folder, table_prefix="")
    wanted = {logical_location(f"in/{key}", "in/", per_folder=per_folder) for key in keys} - {None}
    assert [table.location for table in tables] == sorted(wanted, key=str)
    for key, text in keys.items():
        for column in filter(None, text.split(", ")):
            location = logical_location(f"in/{key}", "in/", per_folder=per_folder)
            found = [table for table in tables if table.location == location]
            assert all(column.split()[0] in table.columns for table in found)


def test_a_folder_is_one_table_also_if_the_crawler_splits_it() -> None:
    keys = {
        "hive6/year=2024/a.csv": ROW,
        "hive6/year=2024/month=02/b.csv.gz": ROW,
        "Other Shop/a.csv": "x string",
        "beside.csv": ROW,
    }
    assert combined(keys, per_folder=True) == {
        "hive6": "id bigint | year month",
        "other_shop": "x string",
    }


def test_a_table_at_the_location_keeps_its_name_types_and_path_columns() -> None:
    parts = [
        CrawledTable("b_csv", "in/b.csv", {"n": "string", "new": "bigint"}),
        CrawledTable("in_5f3a", "in/", {"n": "decimal(9,2)"}, {"year": "string"}),
        CrawledTable("x", "in/x/", {"new": "double"}, {"day": "string"}),
    ]
    for order in itertools.permutations(parts):
        [table] = logical_tables(order, (), "in/", per_folder=False, table_prefix="raw_")
        assert (table.name, described(table)) == (
            "in_5f3a",
            "n decimal(9,2), new double | year day",
        )
        assert table.parts == ("in_5f3a", "b_csv", "x")
        assert table.exists


def test_a_table_that_the_crawler_did_not_make_has_the_name_that_it_would_choose() -> None:
    parts = [CrawledTable("raw_a_csv", "größe in/a.csv", {"n": "bigint"})]
    [table] = logical_tables(parts, (), "größe in/", per_folder=False, table_prefix="Raw_")
    assert (table.name, table.exists) == ("raw_gr__e_in", False)


def test_a_name_that_a_crawled_table_elsewhere_has_gets_a_hash() -> None:
    parts = [
        CrawledTable("a_b", "in/other/", ROWS),
        CrawledTable("x_csv", "in/A b/x.csv", ROWS),
        CrawledTable("y_csv", "in/a-b/y.csv", ROWS),
    ]
    tables = logical_tables(parts, (), "in/", per_folder=True, table_prefix="")
    names = [table.name for table in tables]
    assert names[2] == "a_b"
    assert len(set(names)) == len(names)
    assert all(name.startswith("a_b") for name in names)
    [long] = logical_tables(
        [CrawledTable("x_csv", f"{'p' * 200}/x.csv", ROWS)],
        (),
        f"{'p' * 200}/",
        per_folder=False,
        table_prefix="",
    )
    assert long.name == "p" * 128


def test_only_tables_under_the_prefix_count() -> None:
    parts = [CrawledTable("other", "in2/", ROWS), CrawledTable("in", "in/", ROWS)]
    [table] = logical_tables(parts, (), "in/", per_folder=False, table_prefix="")
    assert table.parts == ("in",)


ROWS = {"id": "bigint"}


def test_a_table_of_unknown_objects_is_not_deprecated_for_the_job() -> None:
    marked = CrawledTable("in", "in/", {}, is_deprecated=True)
    good = CrawledTable("a_csv", "in/a.csv", ROWS)
    [table] = logical_tables([marked, good], (), "in/", per_folder=False, table_prefix="")
    assert (table.is_deprecated, described(table)) == (False, "id bigint")


def test_an_object_beside_the_folders_is_in_no_table_of_a_folder() -> None:
    assert logical_location("in/a.csv", "in/", per_folder=True) is None
    assert logical_location("in/x/a.csv", "in/", per_folder=True) == "in/x/"
    assert logical_location("in/x/a.csv", "in/", per_folder=False) == "in/"


FOLDERS = [
    ("x/day=1/a.csv", ("partition_0", "day"), ["x", "day=1"]),
    ("day=1/x/a.csv", ("partition_0", "day"), ["day=1", "day=1"]),
    ("Year=2024/month=1/a.csv", ("year", "month"), ["Year=2024", "month=1"]),
    ("month=1/year=2024/a.csv", ("year", "month"), ["year=2024", "month=1"]),
    ("2024/01/a.csv", ("year", "month"), ["2024", "01"]),
    ("2024/a.csv", ("year", "month"), ["2024", None]),
    ("day=1/a.csv", ("year", "month"), [None, None]),
    ("year=2024/a.csv", ("partition_0", "partition_1"), ["year=2024", None]),
    ("a.csv", ("year",), [None]),
    ("a=b=c/x.csv", ("a",), ["a=b=c"]),
]


@pytest.mark.parametrize(("key", "columns", "expected"), FOLDERS)
def test_the_value_of_a_path_column_is_in_the_folder_of_its_name_or_position(
    key: str, columns: tuple[str, ...], expected: list[str | None]
) -> None:
    assert path_folders(f"in/{key}", "in/", columns) == expected
