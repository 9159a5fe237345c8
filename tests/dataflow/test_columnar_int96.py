"""Old timestamps of Parquet: each year and each nanosecond is kept."""

from __future__ import annotations

import struct
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow.reading.columnar import parquet_batches
from tests.dataflow.columnar_files import file
from tests.dataflow.document_outcomes import EXAMPLES

__all__ = ["file"]  # a fixture

FIRST, LAST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)  # noqa: DTZ001


def int96(moment: datetime, nanoseconds: int = 0) -> bytes:
    """Return a timestamp as Parquet's INT96: nanoseconds of the day, and the Julian day."""
    day = (moment - FIRST).days + 1_721_426
    time_of_day = (moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)).seconds
    return struct.pack("<qi", (time_of_day * 10**6 + moment.microsecond) * 1000 + nanoseconds, day)


def with_int96(file: Path, columns: dict[str, list[bytes]], *, lists: bool = False) -> None:
    """Write columns of timestamps, or of lists of one each, with values as bytes of INT96."""
    table: dict[str, list[Any]] = {}
    replaced: dict[bytes, bytes] = {}
    for at, (name, values) in enumerate(columns.items()):
        moments = [datetime(2000 + at, 1, 1, 0, n // 60, n % 60) for n in range(len(values))]  # noqa: DTZ001
        replaced.update(zip(map(int96, moments), values, strict=True))
        table[name] = [[moment] for moment in moments] if lists else moments
    options = {"use_deprecated_int96_timestamps": True, "use_dictionary": False}
    pq.write_table(pa.table(table), file, compression="none", write_statistics=False, **options)
    data = file.read_bytes()
    for old, new in replaced.items():
        assert data.count(old) == 1
        data = data.replace(old, new)
    file.write_bytes(data.replace(b"parquet-cpp-arrow", b"parquet-mr-hadoop"))


def in_nanoseconds(file: Path) -> tuple[dict[int, tuple[int, ...]], dict[int, str]]:
    """Return the rows as nanoseconds since 1970 by record number, and the rejects."""
    rows: dict[int, tuple[int, ...]] = {}
    rejects: dict[int, str] = {}
    for batch in parquet_batches(file):
        columns = [_nanoseconds(column) for column in batch.columns.values()]
        rows.update(zip(batch.numbers.to_pylist(), zip(*columns, strict=True), strict=True))
        rejects.update({reject.record: reject.reason for reject in batch.rejects})
    return rows, rejects


def _nanoseconds(column: Any) -> list[int]:
    flat = column.flatten() if pa.types.is_list(column.type) else column
    factor = {"us": 1000, "ns": 1}[flat.type.unit]
    return [value * factor for value in flat.cast(pa.int64()).to_pylist()]


MOMENTS = st.tuples(
    st.datetimes() | st.sampled_from([FIRST, LAST, datetime(2024, 5, 1)]),  # noqa: DTZ001
    st.sampled_from([0, 0, 0, 1, 789, 999]),
)


@given(st.lists(st.tuples(MOMENTS, MOMENTS), min_size=1, max_size=5), st.booleans())
@settings(max_examples=2 * EXAMPLES)
def test_old_timestamps_keep_every_year_and_every_nanosecond(
    file: Path, rows: list[tuple[tuple[datetime, int], ...]], lists: bool
) -> None:
    columns = list(zip(*rows, strict=True))
    with_int96(file, {f"c{n}": [int96(*v) for v in c] for n, c in enumerate(columns)}, lists=lists)
    found, rejects = in_nanoseconds(file)

    for number, row in enumerate(rows, 1):
        exact = [_since_1970(moment) * 1000 + nanoseconds for moment, nanoseconds in row]
        if number in found:
            assert list(found[number]) == exact
        else:
            assert any(n and abs(_since_1970(moment)) > 9 * 10**15 for moment, n in row)
            assert "between the years 1678 and 2261" in rejects[number]


@given(st.lists(st.datetimes() | st.none(), min_size=1), st.sampled_from(["s", "ms", "us", "ns"]))
@settings(max_examples=EXAMPLES)
def test_old_timestamps_that_arrow_has_written_are_what_they_were(
    file: Path, moments: list[datetime | None], unit: str
) -> None:
    given = [m if m and (unit != "ns" or 1700 < m.year < 2200) else None for m in moments]
    written = pa.array(given, pa.timestamp("us")).cast(pa.timestamp(unit), safe=False)
    pq.write_table(pa.table({"t": written}), file, use_deprecated_int96_timestamps=True)
    [batch] = parquet_batches(file)

    assert not batch.rejects
    assert pa.array(batch.columns["t"]).cast(written.type) == written


def _since_1970(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)  # noqa: DTZ001
