"""Records: what each reader returns: batches of an object's successive records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

RAW_CHARACTERS = 10_000  # of a record, in a reject


class Number(str):
    """A number of JSON, as it was written: `1.10` stays `1.10`."""

    __slots__ = ()


# A value of JSON. A text is a `str` that is no Number.
JsonValue: TypeAlias = "bool | str | Number | list[JsonValue] | dict[str, JsonValue] | None"


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that is no row of the table, with the reason."""

    record: int  # its number in the object, from 1
    reason: str
    raw: str = ""  # what was uploaded, up to RAW_CHARACTERS
    column: str | None = None  # the table's column with the value that does not fit


@dataclass(frozen=True, slots=True)
class Batch:
    """Successive records of one object.

    The values of a column are an Arrow array, or a list of JSON values. Text formats have arrays of
    strings, in which null is a missing value. Parquet, ORC and Avro have arrays of their own types.
    """

    columns: Mapping[str, pa.Array | list[JsonValue]]  # by name as uploaded, of one length
    numbers: pa.Array  # int64: the number of each record in the object, from 1
    raw: Callable[[int], str]  # the text of the record at a position of this batch
    rejects: Sequence[Reject] = ()  # records between those of this batch that are no rows
