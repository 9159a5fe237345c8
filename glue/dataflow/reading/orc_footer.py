"""ORC footer: whether an ORC file has timestamps outside of the years that Arrow keeps.

Arrow reads timestamps as nanoseconds since 1970 in 64 bits; those beyond become others, without an
error. The statistics in the footer have the least and the greatest value of each column.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from dataflow.reading.avro_input import Malformed, raw_snappy
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from pathlib import Path

TIMESTAMPS = {9, 18}  # kinds of types: without and with a time zone
LIMIT = 2**63 // 10**6  # milliseconds since 1970
FOOTER_BYTES = 64 * 2**20  # at most


@dataclass(slots=True)
class Message:
    """A message of Protocol Buffers: its fields by number."""

    numbers: dict[int, list[int]] = field(default_factory=dict)
    parts: dict[int, list[bytes]] = field(default_factory=dict)

    @classmethod
    def parse(cls, data: bytes) -> Message:
        """Return the fields of a message; raises IndexError or Malformed."""
        made, position = cls(), 0
        while position < len(data):
            key, position = _varint(data, position)
            if key & 7 == 0:
                value, position = _varint(data, position)
                made.numbers.setdefault(key >> 3, []).append(value)
                continue
            size = {1: 8, 5: 4}.get(key & 7, 0)
            if key & 7 == 2:  # noqa: PLR2004
                size, position = _varint(data, position)
                made.parts.setdefault(key >> 3, []).append(data[position : position + size])
            elif not size:
                raise Malformed(f"a field of the unknown kind {key & 7}")
            position += size
        return made

    def number(self, name: int, default: int = 0) -> int:
        """Return a field that is a number."""
        return self.numbers.get(name, [default])[-1]


def check_timestamps(path: Path) -> None:
    """Raise Unreadable if a timestamp of a file cannot be kept."""
    try:
        footer = _footer(path)
        types = [Message.parse(each) for each in footer.parts.get(4, [])]
        statistics = [Message.parse(each) for each in footer.parts.get(7, [])]
        far = [
            _column(types[0], number)
            for number, kind in enumerate(types)
            if kind.number(1) in TIMESTAMPS and not _fits(statistics[number])
        ]
    except (IndexError, ValueError, Malformed, OSError, zlib.error) as error:
        raise Unreadable(f"not readable as ORC: its footer is malformed: {error}") from None
    if far:
        raise Unreadable(
            f"ORC with timestamps in the column {far[0]!r} that are not between the years 1678 and"
            " 2261, or that the footer has no statistics of: write the file as Parquet"
        )


def _column(root: Message, number: int) -> str:
    """Return the name of the column that has the type with a number, within it or itself."""
    packed, position, name = b"".join(root.parts.get(2, [])), 0, ""
    for each in root.parts.get(3, []):
        first, position = _varint(packed, position)
        if first <= number:
            name = each.decode("utf-8", "replace")
    return name


def _fits(column: Message) -> bool:
    if not column.number(1):  # values
        return True
    if 9 not in column.parts:  # noqa: PLR2004
        return False
    limits = Message.parse(column.parts[9][0]).numbers
    values = [limits[name][-1] for name in (1, 2, 3, 4) if name in limits]
    return bool(values) and all(abs((each >> 1) ^ -(each & 1)) < LIMIT for each in values)


def _footer(path: Path) -> Message:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - 256, 0))
        tail = file.read()
        script = Message.parse(tail[-1 - tail[-1] : -1])
        length = script.number(1)
        if length > FOOTER_BYTES:
            raise Malformed(f"it has {length:,} bytes")
        file.seek(max(size - 1 - tail[-1] - length, 0))
        return Message.parse(_unpacked(file.read(length), script))


def _unpacked(data: bytes, script: Message) -> bytes:
    """Return the bytes of compressed chunks: each has a header of 3 bytes with its length."""
    codec, largest = script.number(2), script.number(3, 2**18)
    if codec == 0:
        return data
    pieces, position, total = [], 0, 0
    while position < len(data):
        header = int.from_bytes(data[position : position + 3], "little")
        chunk = data[position + 3 : position + 3 + (header >> 1)]
        pieces.append(chunk if header & 1 else _chunk(chunk, codec, largest))
        total += len(pieces[-1])
        if total > FOOTER_BYTES:
            raise Malformed(f"it has more than {FOOTER_BYTES:,} bytes")
        position += 3 + (header >> 1)
    return b"".join(pieces)


def _chunk(data: bytes, codec: int, largest: int) -> bytes:
    match codec:
        case 1:
            return zlib.decompressobj(-15).decompress(data, largest)
        case 2:
            return raw_snappy(data, largest)
        case 4:
            return _lz4(data, largest)
        case 5:
            return bytes(pa.CompressedInputStream(pa.BufferReader(data), "zstd").read(largest))
    raise Malformed(f"it is packed with the unknown codec {codec}")


def _lz4(data: bytes, largest: int) -> bytes:
    """Return the bytes of an LZ4 block, whose size Arrow's decoder would need to know."""
    out, position = bytearray(), 0
    while position < len(data) and len(out) <= largest:
        token = data[position]
        size, position = _lz4_size(data, position + 1, token >> 4)
        out += data[position : position + size]
        position += size
        if position >= len(data):
            break
        offset = int.from_bytes(data[position : position + 2], "little")
        size, position = _lz4_size(data, position + 2, token & 15)
        if not 0 < offset <= len(out):
            raise Malformed("a match begins before the data")
        for _ in range(min(size + 4, largest)):
            out.append(out[-offset])
    return bytes(out)


def _lz4_size(data: bytes, position: int, size: int) -> tuple[int, int]:
    more = 255 if size == 15 else 0  # noqa: PLR2004
    while more == 255:  # noqa: PLR2004
        more = data[position]
        position += 1
        size += more
    return size, position


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:  # noqa: PLR2004
            return value, position
        shift += 7
        if shift > 63:  # noqa: PLR2004
            raise Malformed("an integer has more than ten bytes")
