"""What the script decides without Spark or AWS."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def table(dataflow: Any) -> Any:
    return dataflow.sources.Table("t", "in/t", {"a": "int", "b c": "string", "größe": "string"})


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("in/a.csv", "all"),
        ("in/sales/a.csv", "sales"),
        ("in/sales/eu/a.csv", "sales"),
        ("in/sales2/a.csv", "all"),
        ("in/one.csv", "one"),
        ("in/one.csv.bak", "all"),
    ],
)
def test_an_object_belongs_to_the_table_that_covers_it_most_closely(
    dataflow: Any, key: str, name: str
) -> None:
    places = {"all": "in", "sales": "in/sales", "one": "in/one.csv"}
    tables = [dataflow.sources.Table(name, place, {}) for name, place in places.items()]

    assert dataflow.sources.table_of(key, tables).name == name


@pytest.mark.parametrize(
    ("head", "record"),
    [
        (b"a,b\n1", ["a", "b"]),
        (b"\xef\xbb\xbfa,b\r\n1", ["a", "b"]),
        (b'"a\nb",c\n1', ["a\nb", "c"]),
        (b"\n\r\na\n1", ["a"]),
        (b"a,b", None),
        (b'"a\n', None),
        (b"", None),
    ],
)
def test_a_header_is_found_or_more_bytes_are_asked_for(
    dataflow: Any, head: bytes, record: list[str] | None
) -> None:
    found = dataflow.sources.first_record(head, is_all=False, delimiter=",", quote='"')

    assert found == record


def test_the_last_bytes_end_the_header(dataflow: Any) -> None:
    found = dataflow.sources.first_record(b"a,b", is_all=True, delimiter=",", quote='"')

    assert found == ["a", "b"]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (["B C", "A"], ("b c", "a")),
        (["b_c", " a "], ("b c", "a")),
        (["GRÖSSE".replace("SS", "ß")], ("größe",)),
    ],
)
def test_a_header_means_the_columns_that_a_crawler_made_of_it(
    dataflow: Any, table: Any, header: list[str], columns: tuple[str, ...]
) -> None:
    assert dataflow.sources.columns_of(header, table.columns) == columns


@pytest.mark.parametrize("deprecated", [False, True])
def test_only_a_table_that_gets_no_more_columns_is_to_be_deleted(
    dataflow: Any, deprecated: bool
) -> None:
    table = dataflow.sources.Table("orders", "in", {"a;b": "string"}, is_deprecated=deprecated)
    reason = str(table.explain(dataflow.skip_reasons.Deferred("the catalog table lacks a, b")))
    assert reason.startswith("the catalog table lacks a, b")
    assert ("table orders" in reason and "delete it from the catalog" in reason) is deprecated


def test_a_column_without_a_name_is_called_by_its_position(dataflow: Any) -> None:
    assert dataflow.sources.columns_of(["a", ""], ["a", "col1"]) == ("a", "col1")


def test_rows_stay_when_a_column_is_added_and_go_when_a_type_changes(dataflow: Any) -> None:
    written = {"target": "out/t/", "partition_by": [], "types": {"a": "int", "b": "string"}}
    is_current = dataflow.layout.is_current

    assert is_current(written, {**written, "types": {"a": "int", "b": "string", "c": "int"}})
    assert is_current(written, {**written, "types": {"a": "int"}})
    assert not is_current(written, {**written, "types": {"a": "bigint", "b": "string"}})
    assert not is_current(written, {**written, "partition_by": ["b"]})
    assert not is_current(written, {**written, "target": "other/t/"})


def test_the_catalog_calls_an_object_the_same_whatever_its_content(dataflow: Any) -> None:
    layout, sources = dataflow.layout, dataflow.sources
    old = sources.Object("in/a.csv", "etag-1", 1, "")
    new = sources.Object("in/a.csv", "etag-2", 1, "")
    first = f"out/t/dfx_object={layout.directory_name('0000000001-ab', old)}/day=a%2Fb/"
    second = f"out/t/dfx_object={layout.directory_name('0000000002-cd', new)}/day=a%2Fb/"

    assert first != second
    assert layout.partition_values(first) == layout.partition_values(second)
    assert layout.partition_values(first) == (sources.digest("in/a.csv"), "a/b")


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("in/t/day=1/shop=a%20b/x.csv", ["1", "a b"]),
        ("in/t/1/b/x.csv", ["1", "b"]),
        ("in/t/1/x.csv", ["1", None]),
        ("in/t/x.csv", [None, None]),
        ("in/t/1/2/3/x.csv", ["1", "2"]),
    ],
)
def test_columns_of_the_path_are_read_from_folders(
    dataflow: Any, key: str, values: list[str | None]
) -> None:
    table = dataflow.sources.Table("t", "in/t", {}, ("day", "shop"))

    assert dataflow.sources.path_values(key, table) == values
