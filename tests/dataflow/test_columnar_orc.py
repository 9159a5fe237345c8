"""ORC: values come in their own types, exactly, from a process of its own."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.orc as po
import pytest

from dataflow.reading import orc_records
from dataflow.reading.columnar import orc_batches
from dataflow.skip_reasons import Deferred, Unreadable
from tests.dataflow.columnar_files import file, orc

__all__ = ["file"]  # a fixture

FIRST, LAST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)  # noqa: DTZ001


def test_orc_keeps_values_of_each_type(file: Path) -> None:
    table = pa.table(
        {
            "i": [1, None],
            "s": ["é", None],
            "d": pa.array([Decimal("1.10"), None], pa.decimal128(10, 2)),
            "t": pa.array([1714557600123456789, None], pa.timestamp("ns")),
            "z": pa.array([datetime(1700, 1, 1, tzinfo=UTC), None], pa.timestamp("ns", "UTC")),
            "b": [b"\xff", None],
            "day": [date(1, 1, 1), None],
            "l": [["a"], None],
            "m": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
            "r": [{"a": 1}, None],
        }
    )
    for compression in ("uncompressed", "zstd"):
        po.write_table(table, str(file), compression=compression)
        (batch,) = orc_batches(file)

        assert pa.table(dict(batch.columns)).equals(po.read_table(str(file)).combine_chunks())
        assert pa.table(dict(batch.columns)).cast(table.schema).equals(table)


def test_orc_that_needs_too_much_memory_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orc_records, "MEMORY", 2**28)

    with pytest.raises(Unreadable, match=r"not readable as ORC: .*(alloc|memory)"):
        orc(file, pa.table({"text": ["x" * 10**6] * 40}), compression="zlib")


@pytest.mark.parametrize("moment", [FIRST, datetime(2263, 1, 1)])  # noqa: DTZ001
@pytest.mark.parametrize("compression", ["uncompressed", "zlib", "snappy", "lz4", "zstd"])
def test_orc_with_timestamps_that_arrow_would_change_is_refused(
    file: Path, moment: datetime, compression: str
) -> None:
    for name, values in (("at", [None, moment]), ("in", [{"at": moment}, None])):
        kind = pa.timestamp("us") if name == "at" else pa.struct([("at", pa.timestamp("us"))])
        table = pa.table({"id": [1, 2], name: pa.array(values, kind), "z": [1, 2]})
        with pytest.raises(Unreadable, match=f"timestamps in the column '{name}'"):
            orc(file, table, compression=compression)


def test_orc_waits_if_its_process_is_killed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    script = file.with_name("killed.sh")
    script.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{killed}'\n")
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))

    with pytest.raises(Deferred, match="ended with -9"):
        orc(file, pa.table({"id": [1]}))
