"""What a crawler makes of the content of objects."""

from __future__ import annotations

import io
import itertools

import pytest

from dataflowxpress_sandbox.aws.glue.grouping import group
from dataflowxpress_sandbox.aws.glue.schema.csv_classifier import CsvClassifier
from dataflowxpress_sandbox.aws.glue.schema.objects import S3Object
from dataflowxpress_sandbox.aws.glue.schema.sample import Sample
from dataflowxpress_sandbox.aws.glue.schema.schema import UNKNOWN, UNREADABLE, Schema

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


def sample(text: str | bytes, size: int = 1 << 20) -> Sample:
    return Sample(io.BytesIO(text.encode() if isinstance(text, str) else text), size=size)


def columns(schema: Schema | None) -> str | None:
    from dataflowxpress_sandbox.aws.glue.schema.types import known

    if schema is None:
        return None
    return ", ".join(f"{n} {known(t)}" for n, t in schema.columns.items())


@pytest.mark.parametrize(("text", "expected"), CSV.values(), ids=CSV.keys())
def test_a_csv_classifier_with_a_header_finds(text: str, expected: str) -> None:
    assert columns(OWN.classify(sample(text))) == expected


BUILT_IN = {
    "a header that differs from the rows": ("a;b\n1;x\n", "a bigint, b string"),
    "no header where all is text": ("a|b\nc|d\n", "col0 string, col1 string"),
    "no header where the first row is data": ("1\t2\n3\t4\n", "col0 bigint, col1 bigint"),
    "no table in one column": ("a\n1\n2\n", None),
    "no table in a picture": ("\x89PNG\0\0,\n", None),
    "no table in a single row": ("a,b\n", None),
    "a header before a trailing delimiter": ("a,b,\n1,x,\n", "a bigint, b string, col2 string"),
    "no header with a name of 150 characters": (
        f"{'a' * 150},b\n1,x\n",
        "col0 string, col1 string",
    ),
}


@pytest.mark.parametrize(("text", "expected"), BUILT_IN.values(), ids=BUILT_IN.keys())
def test_the_built_in_csv_classifier_finds(text: str, expected: str | None) -> None:
    assert columns(CsvClassifier().classify(sample(text))) == expected


def test_one_column_is_a_table_where_the_classifier_allows_it() -> None:
    assert columns(ONE_COLUMN.classify(sample("a\n1\n"))) == "a bigint"
    assert OWN.classify(sample("a\n1\n")) is None


def test_the_last_row_of_a_sample_does_not_count_because_it_may_be_cut() -> None:
    assert columns(OWN.classify(sample('a,b\n1,2\n1,"two"', size=13))) == "a bigint, b bigint"


def test_text_in_utf_16_is_no_csv() -> None:
    for text in ("a,b\n1,2\n", "\u3042,\u3044\n\u3046,\u3048\n"):
        assert OWN.classify(sample(text.encode("utf-16"))) is None


def test_columns_after_the_first_thousand_records_or_the_first_megabyte_are_not_found() -> None:
    rows = "1,2\n" * 998
    assert columns(OWN.classify(sample(f"a,b\n{rows}x,2\n"))) == "a string, b bigint"
    assert columns(OWN.classify(sample(f"a,b\n{rows}1,2\nx,2\n"))) == "a bigint, b bigint"
    long = f"{'y' * 1000},2\n" * 1100
    assert columns(OWN.classify(sample(f"a,b\n{long}x,y\n"))) == "a string, b bigint"


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
    "folders of two depths are tables": (
        {"x/1.csv": AB, "y/day=1/2.csv": AB},
        True,
        {"x": "a b", "y": "a b | day"},
    ),
    "folders of two keys are tables": (
        {"year=1/1.csv": AB, "day=1/2.csv": AB},
        True,
        {"year_1": "a b", "day_1": "a b"},
    ),
    "objects of two compressions are tables": (
        {"1.csv": AB, "2.csv.gz": AB},
        True,
        {"1_csv": "a b", "2_csv_gz": "a b"},
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
    found = {"1.csv": AB, "x/2.csv": ABC, "x/day=1/3.csv": AB, "y/day=2/4.csv": XY, "y/z/5.csv": AB}
    [made] = group("s3://b/data/", classified(found), combine=True, level=2)
    assert (made.location, list(made.schema.columns)) == ("s3://b/data/", list("abcxy"))
    assert made.partition_keys == ["partition_0", "day"]
    assert made.partitions == {
        ("x", "1"): "s3://b/data/x/day=1/",
        ("y", "2"): "s3://b/data/y/day=2/",
    }


def test_a_level_does_not_make_one_table_of_two_compressions() -> None:
    found = {"a.csv": AB, "b.csv.gz": AB, "2024/c.csv.gz": AB}
    made = group("s3://b/data/", classified(found), combine=True, level=2)
    assert [each.name for each in made] == ["a_csv", "b_csv_gz", "2024"]


def test_an_object_that_nobody_reads_makes_a_table_of_each_object_beside_it() -> None:
    for other, names in ((UNKNOWN, ["1_csv", "2_csv", "x_zip"]), (UNREADABLE, ["1_csv", "2_csv"])):
        found = classified({"1.csv": AB, "2.csv": AB})
        found.append((S3Object("b", "data/x.zip", 1, ()), other))
        made = group("s3://b/data/", found, combine=True, level=2)
        assert [each.name for each in made] == names


def test_a_folder_of_unknown_objects_is_a_table_without_columns() -> None:
    found = [(S3Object("b", f"data/x/{n}.zip", 1, ("x",)), UNKNOWN) for n in range(2)]
    [made] = group("s3://b/data/", found, combine=True, level=3)
    assert (made.location, made.schema) == ("s3://b/data/x/", UNKNOWN)
    unreadable = [(found, UNREADABLE) for found, _ in found]
    assert group("s3://b/data/", unreadable, combine=True, level=3) == []


def test_the_order_of_a_listing_does_not_change_the_tables() -> None:
    found = classified({"1.csv": AB, "x/2.csv.gz": ABC, "y/3.csv": AB})
    made = [
        sorted(each.location for each in group("s3://b/data/", some, combine=True, level=2))
        for some in itertools.permutations(found)
    ]
    assert all(each == made[0] for each in made)


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
