"""INT96: Parquet's old timestamps, of which Arrow reads either all years or all nanoseconds.

As microseconds a value loses its nanoseconds. As nanoseconds a value outside of 64 bits becomes
another one, without an error. Each value is read in both ways, and one of them is exact.

Arrow itself writes values before 1970 with a negative time of the day, and reads the time as a
number without a sign. Its files say the unit that they had before.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow.parquet as pq
    from numpy.typing import NDArray

FURTHEST = 2**63 // 1000  # microseconds since 1970 that are nanoseconds of 64 bits
# What a time of the day with a sign, read without one, has too much: 2**64 nanoseconds.
TOO_MUCH, TOO_MUCH_NANOSECONDS = divmod(2**64, 1000)
REASON = "a timestamp has nanoseconds and is not between the years 1678 and 2261"


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the records of a batch; those with a reason are no rows."""

    columns: dict[str, pa.Array]
    positions: pa.Array  # of the records in the batch
    reason: str | None = None
    column: str | None = None

    @classmethod
    def whole(cls, batch: pa.RecordBatch) -> Part:
        """Return all records of a batch as they are."""
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        return cls(columns, pa.array(np.arange(len(batch), dtype=np.int64)))


def units_of_arrow(metadata: pq.FileMetaData) -> dict[str, str]:
    """Return the units of the timestamps that Arrow has written, by column."""
    stored = (metadata.metadata or {}).get(b"ARROW:schema")
    if not stored or not metadata.created_by.startswith("parquet-cpp-arrow"):
        return {}
    schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(stored)))
    return {field.name: field.type.unit for field in schema if types.is_timestamp(field.type)}


def exact_parts(
    micros: pa.RecordBatch, nanos: pa.RecordBatch, units: Mapping[str, str]
) -> Iterator[Part]:
    """Yield the records of a batch, read in both ways, with the exact type for each column."""
    columns = zip(micros.schema.names, micros.columns, nanos.columns, strict=True)
    exact = {
        name: (_of_arrow(coarse, fine, units[name]), None)
        if name in units
        else _exact(coarse, fine)
        for name, coarse, fine in columns
    }
    far = {name: flags for name, (_, flags) in exact.items() if flags is not None}
    kinds = np.zeros(len(micros), np.int64)
    for flags in far.values():  # as a number per combination
        _, kinds = np.unique(kinds * 3 + flags, return_inverse=True)
    for kind in np.unique(kinds):
        positions = np.flatnonzero(kinds == kind)
        one, at = int(positions[0]), pa.array(positions, pa.int64())
        lost = next((name for name, flags in far.items() if flags[one] == _BOTH), None)
        yield Part(
            {
                name: (micros[name] if name in far and far[name][one] else column).take(at)
                for name, (column, _) in exact.items()
            },
            at,
            REASON if lost else None,
            lost,
        )


_FAR, _BOTH = 1, 2


def _exact(micros: pa.Array, nanos: pa.Array) -> tuple[pa.Array, NDArray[np.int64] | None]:
    """Return a column; and flags of records if some need microseconds, but not all can."""
    if micros.type == nanos.type:
        return micros, None
    has_nanos, is_far = _flags(micros, nanos)
    if not has_nanos:
        return micros, None
    if not is_far:
        return nanos, None
    flags = [_flags(micros.slice(at, 1), nanos.slice(at, 1)) for at in range(len(micros))]
    return nanos, np.array([far * (_BOTH if fine else _FAR) for fine, far in flags], np.int64)


def _of_arrow(micros: pa.Array, nanos: pa.Array, unit: str) -> pa.Array:
    """Return a column of timestamps that had this unit when Arrow wrote them."""
    if micros.type == nanos.type or unit == "ns":
        return nanos
    whole = micros.cast(pa.int64())
    rest = pc.subtract(nanos.cast(pa.int64()), pc.multiply(whole, 1000))
    signed = pc.subtract(whole, TOO_MUCH)
    is_signed = pc.equal(rest, TOO_MUCH_NANOSECONDS)
    return pc.if_else(is_signed, signed, whole).cast(micros.type)


def _flags(micros: pa.Array, nanos: pa.Array) -> tuple[bool, bool]:
    """Return whether values have nanoseconds, and whether some are beyond 64 bits of them."""
    has_nanos = is_far = False
    for coarse, fine in _leaves(micros, nanos):
        whole = coarse.cast(pa.int64())
        rest = pc.subtract(fine.cast(pa.int64()), pc.multiply(whole, 1000))  # modulo 2**64
        has_nanos |= bool(pc.any(pc.not_equal(rest, 0)).as_py())
        beyond = pc.or_(pc.greater_equal(whole, FURTHEST), pc.less_equal(whole, -FURTHEST))
        is_far |= bool(pc.any(beyond).as_py())
    return has_nanos, is_far


def _leaves(micros: pa.Array, nanos: pa.Array) -> Iterator[tuple[pa.Array, pa.Array]]:
    """Yield the arrays of timestamps within a column, read in both ways."""
    kind = micros.type
    if types.is_timestamp(kind) and kind != nanos.type:
        yield micros, nanos
    elif types.is_struct(kind):
        for inner in zip(micros.flatten(), nanos.flatten(), strict=True):
            yield from _leaves(*inner)
    elif types.is_map(kind):
        yield from _leaves(_used(micros, "keys"), _used(nanos, "keys"))
        yield from _leaves(_used(micros, "items"), _used(nanos, "items"))
    elif types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        yield from _leaves(micros.flatten(), nanos.flatten())


def _used(column: pa.MapArray, part: str) -> pa.Array:
    """Return the keys or items of a map's records; those of a slice are the whole array's."""
    values = getattr(column, part)
    if not len(column):
        return values.slice(0, 0)
    start, end = column.offsets[0].as_py(), column.offsets[len(column)].as_py()
    return values.slice(start, end - start)
