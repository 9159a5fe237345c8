"""Partitions: the names of folders for values, as Hive, Spark and DuckDB read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow.partitions import MAX_BYTES, NULL, folder, problem, value_of
from tests.dataflow.objects import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

VALUES = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1)


@settings(max_examples=EXAMPLES)
@given(VALUES)
def test_each_value_is_read_back_from_its_folder(value: str) -> None:
    name = folder("country", value)
    assert name.count("/") == 1
    if problem(value) is None:
        assert value_of(name.removesuffix("/")) == value


@settings(max_examples=EXAMPLES)
@given(VALUES, VALUES)
def test_different_values_have_different_folders(first: str, second: str) -> None:
    if problem(first) is None and problem(second) is None:
        assert (folder("c", first) == folder("c", second)) == (first == second)


@pytest.mark.parametrize(
    "value", ["DE", "a/b", "100 %", "x=y", "Größe", "A b", "a:b?*", "{1}[2]\\"]
)
def test_duckdb_reads_the_value_from_the_folder(tmp_path: Path, value: str) -> None:
    place = tmp_path / folder("country", value)
    place.mkdir()
    duckdb.sql(f"COPY (SELECT 1 AS n) TO '{place}/a.parquet' (FORMAT parquet)")
    found = duckdb.read_parquet(f"{tmp_path}/*/a.parquet", hive_partitioning=True)
    assert found.project("country::varchar").fetchall() == [(value,)]


@pytest.mark.parametrize("value", [None, ""])
def test_null_and_an_empty_text_are_the_folder_that_readers_take_for_null(
    value: str | None,
) -> None:
    assert folder("country", value) == f"country={NULL}/"
    assert value_of(f"country={NULL}") is None
    assert value_of(NULL) is None


def test_a_value_that_no_folder_can_have_has_a_reason() -> None:
    assert "null" in str(problem(NULL))
    assert "NUL" in str(problem("a\0b"))
    assert "255 bytes" in str(problem("x" * (MAX_BYTES + 1)))
    assert problem("x" * MAX_BYTES) is None
