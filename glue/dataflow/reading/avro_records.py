"""Avro: the records of an object container file, as Arrow arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa

from dataflow.reading.avro_input import Container, Cursor, Malformed
from dataflow.reading.avro_types import Types
from dataflow.reading.record_text import check_names, record_text
from dataflow.reading.records import Batch, Reject
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataflow.reading.avro_values import AvroType

RECORDS = 16_384  # of a batch at most
BYTES = 8 * 2**20  # ... after which it ends, too


def avro_batches(stream: BinaryIO) -> Iterator[Batch]:
    """Yield the records of an Avro object; columns are arrays of their own types."""
    container = Container(stream)
    schema = container.schema
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise Unreadable("Avro whose values are no records: the schema's type must be `record`")
    record = Types().of(schema)
    names = [field.name for field in record.arrow]
    check_names(names, "Avro")
    yield from _batches(container, record)


@dataclass(slots=True)
class _Gathered:
    """Records of the next batch."""

    first: int
    rows: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    size: int = 0

    def full(self) -> bool:
        return len(self.rows) + len(self.rejects) >= RECORDS or self.size >= BYTES

    def next(self) -> _Gathered:
        return _Gathered(self.first + len(self.rows) + len(self.rejects))

    def add(self, row: dict[str, Any], faults: list[str], size: int) -> None:
        number = self.first + len(self.rows) + len(self.rejects)
        self.size += size
        if faults:
            self.rejects.append(Reject(number, faults[0], repr(row)))
        else:
            self.rows.append(row)
            self.numbers.append(number)

    def batch(self, record: AvroType) -> Batch:
        try:
            columns = {
                each.name: pa.array([row[each.name] for row in self.rows], each.type)
                for each in record.arrow
            }
        except pa.ArrowException as error:
            raise Unreadable(f"Avro with values that are too large: {error}") from None
        return Batch(
            columns,
            pa.array(self.numbers, pa.int64()),
            lambda position: record_text(columns, position),
            self.rejects,
        )


def _batches(container: Container, record: AvroType) -> Iterator[Batch]:
    gathered = _Gathered(1)
    for count, data in container.blocks():
        cursor = Cursor(data)
        try:
            for _ in range(cursor.items(count)):
                start = cursor.position
                row = record.read(cursor)
                gathered.add(row, cursor.faults, cursor.position - start)
                cursor.faults = []
                if gathered.full():
                    yield gathered.batch(record)
                    gathered = gathered.next()
        except (Malformed, IndexError) as error:
            problem = "it is cut" if isinstance(error, IndexError) else str(error)
            raise container.unreadable(f"a block is malformed: {problem}") from None
        if cursor.left():
            raise container.unreadable(f"a block has {cursor.left():,} bytes behind its records")
    yield gathered.batch(record)
