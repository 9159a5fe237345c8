"""What the script decides without Spark or AWS."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def table(dataflow: Any) -> Any:
    return dataflow.tables.Table("t", "in/t/", {"a": "int", "b c": "string", "größe": "string"})


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("in/a.csv", "all"),
        ("in/sales/a.csv", "sales"),
        ("in/sales/eu/a.csv", "sales"),
        ("in/sales2/a.csv", "all"),
    ],
)
def test_an_object_belongs_to_the_table_of_its_folder(dataflow: Any, key: str, name: str) -> None:
    places = {"sales": "in/sales/", "all": "in/"}
    tables = [dataflow.tables.Table(name, place, {}) for name, place in places.items()]

    assert dataflow.tables.table_of(key, tables).name == name


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
    assert tuple(dataflow.tables.names_of(header, table).columns.values()) == columns


@pytest.mark.parametrize("deprecated", [False, True])
def test_only_a_table_that_gets_no_more_columns_is_to_be_deleted(
    dataflow: Any, deprecated: bool
) -> None:
    table = dataflow.tables.Table("orders", "in/", {"a;b": "string"}, is_deprecated=deprecated)
    reason = table.explain("the catalog table lacks a, b")
    assert reason.startswith("the catalog table lacks a, b")
    assert ("table orders" in reason and "delete it from the catalog" in reason) is deprecated


def test_a_column_without_a_name_is_called_by_its_position(dataflow: Any) -> None:
    table = dataflow.tables.Table("t", "in/t/", {"a": "int", "col1": "string"})
    assert dataflow.tables.names_of(["a", ""], table).columns == {"a": "a", "": "col1"}


def test_rows_stay_when_a_column_is_added_and_go_when_a_type_changes(dataflow: Any) -> None:
    written = {"target": "out/t/", "partition_by": [], "types": {"a": "int", "b": "string"}}
    written["reading"] = dataflow.layout.DEFAULT_READING
    is_current = dataflow.layout.is_current

    assert is_current(written, {**written, "types": {"a": "int", "b": "string", "c": "int"}})
    assert not is_current(written, {**written, "reading": "other"})
    assert is_current(written, {**written, "types": {"a": "int"}})
    assert not is_current(written, {**written, "types": {"a": "bigint", "b": "string"}})
    assert not is_current(written, {**written, "partition_by": ["b"]})
    assert not is_current(written, {**written, "target": "other/t/"})


def test_the_catalog_calls_an_object_the_same_whatever_its_content(dataflow: Any) -> None:
    layout, objects = dataflow.layout, dataflow.objects
    old = objects.Object("in/a.csv", "etag-1", 1, "")
    new = objects.Object("in/a.csv", "etag-2", 1, "")
    first = f"out/t/dfx_object={layout.directory_name('0000000001-ab', old)}/day=a%2Fb/"
    second = f"out/t/dfx_object={layout.directory_name('0000000002-cd', new)}/day=a%2Fb/"

    assert first != second
    assert layout.partition_values(first) == layout.partition_values(second)
    assert layout.partition_values(first) == (objects.digest("in/a.csv"), "a/b")


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("in/t/day=1/shop=a%20b/x.csv", ["1", "a b"]),
        ("in/t/shop=__HIVE_DEFAULT_PARTITION__/day=2/x.csv", ["2", None]),
        ("in/t/1/b/x.csv", ["1", "b"]),
        ("in/t/1/x.csv", ["1", None]),
        ("in/t/x.csv", [None, None]),
        ("in/t/1/2/3/x.csv", ["1", "2"]),
    ],
)
def test_columns_of_the_path_are_read_from_folders(
    dataflow: Any, key: str, values: list[str | None]
) -> None:
    table = dataflow.tables.Table("t", "in/t/", {}, ("day", "shop"))

    assert dataflow.tables.path_values(key, table) == values
