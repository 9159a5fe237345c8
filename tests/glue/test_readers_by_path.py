"""Readers by path: replaced files stay for running queries, and a list has the current ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataflowxpress.dataplane.batches import Batches

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.glue.conftest import Pipeline

pytestmark = pytest.mark.long

OLD, NEW = [(1,), (2,)], [(3,)]


@pytest.mark.parametrize(
    ("minutes", "under_the_prefix"), [("10", [*OLD, *NEW]), ("0", NEW)], ids=["10 min", "none"]
)
def test_current_files_have_each_row_once_whatever_else_is_under_the_prefix(
    make: Callable[..., Pipeline], minutes: str, under_the_prefix: list[tuple[int]]
) -> None:
    pipeline = make(replaced_file_retention_minutes=minutes)
    pipeline.table("csv_data", "csv_data/", "n bigint, name string")
    pipeline.put("csv_data/a.csv", "n,name\n1,one\n2,two\n")
    pipeline.converts()
    pipeline.put("csv_data/a.csv", "n,name\n3,three\n")
    pipeline.converts()

    by_path = pipeline.query("n", pipeline.keys("parquet_data/"))
    listed = [file.key for file in Batches.load(pipeline.s3, pipeline.name).files()]
    assert sorted(by_path) == under_the_prefix
    assert pipeline.query("n", listed) == NEW
    assert pipeline.rows("csv_data_parquet", "n") == NEW
