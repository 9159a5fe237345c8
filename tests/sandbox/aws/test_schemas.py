"""What a crawler makes of the content of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from dataflowxpress_sandbox.aws.glue.grouping import group
from dataflowxpress_sandbox.aws.glue.schema.csv_classifier import CsvClassifier
from dataflowxpress_sandbox.aws.glue.schema.objects import S3Object
from dataflowxpress_sandbox.aws.glue.schema.other_classifiers import _parquet_columns, classify_json
from dataflowxpress_sandbox.aws.glue.schema.schema import Schema

if TYPE_CHECKING:
    from pathlib import Path

OWN = CsvClassifier.of({"Delimiter": ",", "QuoteSymbol": '"', "ContainsHeader": "PRESENT"})
ONE_COLUMN = CsvClassifier.of({"ContainsHeader": "PRESENT", "AllowSingleColumn": True})

CSV = {
    "numbers, texts and truth": (
        "n,x,name,ok\n1,1.5,a,true\n2,2,b,false\n",
        "n bigint, x double, name string, ok boolean",
    ),
    "names are in lower case and keep their spaces": (
        "Full Name,AGE\na,1\n",
        "full name string, age bigint",
    ),
    "dates and times are strings": (
        "d,t\n2024-01-01,2024-01-01T00:00:00Z\n",
        "d string, t string",
    ),
    "a byte order mark is not part of a name": ("\ufeffa,b\n1,2\n", "a bigint, b bigint"),
    "line ends of Windows": ("a,b\r\n1,2\r\n", "a bigint, b bigint"),
    "a quoted comma and a quoted newline": ('a,b\n"x, y","1\n2"\n', "a string, b string"),
    "empty values have no type": ("a,b\n,\n1,\n", "a bigint, b string"),
    "a number once, a text later": ("a,b\n1,1\nx,2.5\n", "a string, b double"),
    "whole numbers that no bigint holds": ("a,b\n12345678901234567890,1\n", "a string, b bigint"),
    "a header without rows": ("a,b\n", "a string, b string"),
    "a name twice and a name missing": ("a,a,\n1,2,3\n", "a bigint, a_1 bigint, col2 bigint"),
    "short and long rows": ("a,b\n1\n1,2,3\n", "a bigint, b bigint"),
}


def columns(schema: Schema | None) -> str | None:
    from dataflowxpress_sandbox.aws.glue.schema.types import known

    if schema is None:
        return None
    return ", ".join(f"{n} {known(t)}" for n, t in schema.columns.items())


@pytest.mark.parametrize(("text", "expected"), CSV.values(), ids=CSV.keys())
def test_a_csv_classifier_with_a_header_finds(text: str, expected: str) -> None:
    assert columns(OWN.classify(text.encode(), whole=True)) == expected


BUILT_IN = {
    "a header that differs from the rows": ("a;b\n1;x\n", "a bigint, b string"),
    "no header where all is text": ("a|b\nc|d\n", "col0 string, col1 string"),
    "no header where the first row is data": ("1\t2\n3\t4\n", "col0 bigint, col1 bigint"),
    "no table in one column": ("a\n1\n2\n", None),
    "no table in a picture": ("\x89PNG\0\0,\n", None),
}


@pytest.mark.parametrize(("text", "expected"), BUILT_IN.values(), ids=BUILT_IN.keys())
def test_the_built_in_csv_classifier_finds(text: str, expected: str | None) -> None:
    assert columns(CsvClassifier().classify(text.encode(), whole=True)) == expected


def test_one_column_is_a_table_where_the_classifier_allows_it() -> None:
    assert columns(ONE_COLUMN.classify(b"a\n1\n", whole=True)) == "a bigint"
    assert OWN.classify(b"a\n1\n", whole=True) is None


def test_the_last_row_of_a_sample_does_not_count_because_it_may_be_cut() -> None:
    assert columns(OWN.classify(b'a,b\n1,2\n1,"tw', whole=False)) == "a bigint, b bigint"


JSON = {
    "a record per line": ('{"a": 1, "B": "x"}\n{"a": 2.5}\n', "a double, b string"),
    "an array of records": ('[{"a": true}, {"a": null}]', "a boolean"),
    "nested values": (
        '{"a": {"b": [1, 2]}, "c": 3000000000}',
        "a struct<b:array<int>>, c bigint",
    ),
    "no JSON": ("a,b\n1,2\n", None),
    "broken JSON": ('{"a": ', None),
}


@pytest.mark.parametrize(("text", "expected"), JSON.values(), ids=JSON.keys())
def test_the_json_classifier_finds(text: str, expected: str | None) -> None:
    assert columns(classify_json(text.encode(), whole=True)) == expected


def test_a_parquet_file_tells_its_columns_in_its_footer(tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    rows = duckdb.sql(
        "SELECT 1::INT AS n, 2::BIGINT AS Big, 'a' AS s, DATE '2024-01-01' AS d, 1.5::DECIMAL(9,2)"
        " AS m, now()::TIMESTAMP AS t, [1.0::DOUBLE] AS l, {'x': TRUE} AS o"
    )
    assert rows is not None
    rows.write_parquet(str(file))
    content = file.read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    found = _parquet_columns(content[-8 - length :])
    assert found == {
        "n": "int",
        "big": "bigint",
        "s": "string",
        "d": "date",
        "m": "decimal(9,2)",
        "t": "timestamp",
        "l": "array<double>",
        "o": "struct<x:boolean>",
    }


AB, ABC, XY = (dict.fromkeys(names, "string") for names in ("ab", "abc", "xy"))
GROUPS: dict[str, tuple[dict[str, dict[str, str]], bool, dict[str, str]]] = {
    "objects of one schema are a table": ({"1.csv": AB, "2.csv": AB}, False, {"data": "a b"}),
    "another schema is another table": (
        {"1.csv": AB, "2.csv": XY},
        False,
        {"1_csv": "a b", "2_csv": "x y"},
    ),
    "schemas are combined where the crawler says so": (
        {"1.csv": AB, "2.csv": ABC, "3.csv": XY},
        True,
        {"data": "a b c x y"},
    ),
    "folders of one schema are partitions": (
        {"d=1/1.csv": AB, "d=2/2.csv": AB},
        False,
        {"data": "a b | d"},
    ),
    "folders without names are numbered partitions": (
        {"1/1.csv": AB, "2/2.csv": AB},
        False,
        {"data": "a b | partition_0"},
    ),
    "folders that differ are tables": (
        {"Sales/1.csv": AB, "new users/2.csv": XY},
        False,
        {"sales": "a b", "new_users": "x y"},
    ),
    "a folder beside objects is a table of its own": (
        {"1.csv": AB, "more/2.csv": AB},
        True,
        {"data": "a b", "more": "a b"},
    ),
}


def classified(found: dict[str, dict[str, str]]) -> list[tuple[S3Object, Schema]]:
    return [
        (S3Object("b", f"data/{key}", 1, tuple(key.split("/")[:-1])), Schema("csv", its))
        for key, its in found.items()
    ]


def test_tables_lie_at_the_level_that_the_crawler_says() -> None:
    found = {
        "a/1.csv": AB,
        "b/2.csv": AB,
        "b/3.csv": {"a": "bigint", "c": "bigint"},
        "c/day=1/4.csv": AB,
        "5.csv": AB,
    }
    made = group("s3://b/data/", classified(found), combine=True, level=3)
    assert [(each.location, list(each.schema.columns), each.partition_keys) for each in made] == [
        ("s3://b/data/a/", ["a", "b"], []),
        ("s3://b/data/b/", ["a", "b", "c"], []),
        ("s3://b/data/c/", ["a", "b"], ["day"]),
    ]


def test_a_table_at_a_level_has_all_objects_below_it_at_any_depth() -> None:
    found = {"1.csv": AB, "x/2.csv": ABC, "x/day=1/3.csv": AB, "y/day=2/4.csv": XY}
    [made] = group("s3://b/data/", classified(found), combine=True, level=2)
    assert (made.location, list(made.schema.columns)) == ("s3://b/data/", list("abcxy"))
    assert made.partition_keys == ["partition_0", "day"]
    assert made.partitions == {
        ("x", "1"): "s3://b/data/x/day=1/",
        ("y", "2"): "s3://b/data/y/day=2/",
    }


@pytest.mark.parametrize(("found", "combine", "expected"), GROUPS.values(), ids=GROUPS.keys())
def test_grouping(
    found: dict[str, dict[str, str]],
    combine: bool,
    expected: dict[str, str],
) -> None:
    tables = {
        each.name: " | ".join(
            filter(None, (" ".join(each.schema.columns), " ".join(each.partition_keys)))
        )
        for each in group("s3://b/data/", classified(found), combine=combine)
    }
    assert tables == expected
