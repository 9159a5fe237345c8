"""Types of Iceberg: how the catalog's types are written, read back, and changed."""

from __future__ import annotations

import pytest

from dataflow.iceberg.types import cast, is_promotion, kind_of, quoted, spark_type, stored_kind


def field(name: str, kind: object) -> dict[str, object]:
    return {"id": 1, "name": name, "required": False, "type": kind}


@pytest.mark.parametrize(
    ("iceberg", "kind"),
    [
        ("long", "bigint"),
        ("int", "int"),
        ("decimal(9, 2)", "decimal(9,2)"),
        ("timestamp", "timestamp"),
        ({"type": "list", "element-id": 2, "element": "long"}, "array<bigint>"),
        (
            {"type": "map", "key-id": 2, "key": "string", "value-id": 3, "value": "double"},
            "map<string,double>",
        ),
        (
            {"type": "struct", "fields": [field("a", "long"), field("b-c", "string")]},
            "struct<a:bigint,b-c:string>",
        ),
    ],
)
def test_a_type_in_the_metadata_is_the_type_of_the_catalog(iceberg: object, kind: str) -> None:
    assert kind_of(iceberg) == stored_kind(kind) == kind


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("smallint", "int"),
        ("timestamp", "timestamp_ntz"),
        ("varchar(10)", "string"),
        ("struct<b-c:array<tinyint>>", "struct<`b-c`: array<int>>"),
    ],
)
def test_spark_gets_types_that_an_iceberg_table_can_have(kind: str, sql: str) -> None:
    assert spark_type(kind) == sql


def test_only_changes_that_keep_all_files_are_made_in_the_metadata() -> None:
    kept = [("int", "bigint"), ("float", "double"), ("decimal(9,2)", "decimal(12,2)")]
    assert all(is_promotion(*each) for each in kept)
    rewritten = [
        ("bigint", "int"),
        ("int", "double"),
        ("bigint", "string"),
        ("decimal(9,2)", "decimal(12,3)"),
        ("date", "timestamp"),
        ("struct<a:int>", "struct<a:bigint>"),
    ]
    assert not any(is_promotion(*each) for each in rewritten)


def test_values_are_converted_as_their_type_allows() -> None:
    column = quoted("a`b")
    assert cast(column, "bigint", "string") == "CAST(`a``b` AS string)"
    assert cast(column, "struct<a:int>", "string") == "to_json(`a``b`)"
    wider = cast(column, "struct<a:int>", "struct<a:int,b:string>")
    assert wider == "from_json(to_json(`a``b`), 'struct<`a`: int, `b`: string>')"
