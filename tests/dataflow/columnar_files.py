"""Columnar files: written by Arrow, and what their readers make of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.orc as po
import pyarrow.parquet as pq
import pytest

from dataflow.reading.columnar import orc_batches, parquet_batches
from tests.dataflow.document_outcomes import Outcome, outcome


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("columnar") / "file"


def parquet(file: Path, table: pa.Table, **options: Any) -> Outcome:
    pq.write_table(table, file, **options)
    return outcome(parquet_batches(file))


def orc(file: Path, table: pa.Table, **options: Any) -> Outcome:
    po.write_table(table, str(file), **options)
    return outcome(orc_batches(file))
