"""Columns view: users see for each column who decided its name and its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from rich.cells import cell_len

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.cli import columns_view as view
from dataflowxpress.dataplane.catalog_tables import CatalogTable

DECLARED = {"source": {"columns": [{"name": "price", "from": "Price", "type": "decimal(9,2)"}]}}


def definition(columns: dict[str, str], *folders: str) -> dict[str, Any]:
    listed = [{"Name": name, "Type": kind} for name, kind in columns.items()]
    keys = [{"Name": name, "Type": "string"} for name in folders]
    return {"Name": "t", "StorageDescriptor": {"Columns": listed}, "PartitionKeys": keys}


def table(crawled: dict[str, str], written: dict[str, str]) -> CatalogTable:
    parts: list[Mapping[str, Any]] = [definition(crawled, "year")]
    return CatalogTable("t", "in/", definition({**written, "year": "string"}), parts)


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("id", "crawled"),
        ("price", "declared"),
        ("year", "from the folders of the keys"),
        ("_file", "added by the job"),
        ("later", "crawled; no converted object has it"),
        ("a;b", "forgotten: the job refuses objects that have it"),
    ],
)
def test_the_origin_of_a_column_is_named(name: str, origin: str) -> None:
    found = table(
        {"id": "bigint", "price": "double", "later": "string"},
        {"id": "bigint", "price": "decimal(9,2)", "_file": "string"},
    )
    spec = DataPipelineSpec.model_validate(DECLARED)
    columns = {each.name: each for each in view.columns_of(found, spec, {"a;b"}, {})}
    assert columns[name].origin == origin


def test_another_type_in_the_crawled_table_is_shown() -> None:
    found = table({"price": "double"}, {"price": "decimal(9,2)"})
    spec = DataPipelineSpec.model_validate(DECLARED)
    lines = [each.plain for each in view.shown(found, view.columns_of(found, spec, set(), {}))]
    assert lines[1].split(maxsplit=2) == [
        *("price", "decimal(9,2)", "declared; double in the crawled table")
    ]


def test_a_name_cannot_send_commands_to_a_terminal() -> None:
    found = table({"\x1b[2J\u202e": "string"}, {})
    spec = DataPipelineSpec()
    for line in view.shown(found, view.columns_of(found, spec, {"\x07"}, {})):
        assert line.plain.isprintable()


def test_wide_characters_take_two_columns_of_the_table() -> None:
    found = table({}, {"合計金額": "bigint", "id": "string"})
    spec = DataPipelineSpec()
    shown = view.shown(found, view.columns_of(found, spec, set(), {}))
    lines = [line.plain for line in shown if "written by the job" in line.plain]
    assert len(lines) == 2
    assert len({cell_len(line.partition("written by")[0]) for line in lines}) == 1
