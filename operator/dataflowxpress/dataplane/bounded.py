"""Bounded reads: objects of a pipeline's bucket, whose size and content the operator cannot trust.

Whoever can write to one bucket must not exhaust the memory of the operator, which all pipelines
share. Why these bounds: docs/adr/0072-bounded-reads.md.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import sys
import threading
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, Any, NamedTuple

from dataflowxpress.api.errors import Refused

MIB = 2**20
DOCUMENT = 16 * MIB  # a manifest, or the first line of a snapshot
VALUES = 500_000  # in a document; an empty list of two bytes takes 64 bytes in memory
LINE = MIB  # a later line of a snapshot, which is the entry of one object
LINES = 1_000_000
UNPACKED = 1024 * MIB  # a snapshot
COUNT = 2**42  # rows of an object; the sum over LINES objects is an integer of 64 bits
OBJECT_BYTES = 200  # of an entry of the log in memory, without its texts
TEXT_BYTES = sys.getsizeof("")  # in a text without characters
SMALL = MIB // 4  # documents of this size can be in memory in any number of threads

# Only one large content of this process is in memory at a time. Open its stream before: a service
# that does not answer must not delay the reads of other accounts.
large_reads = threading.Lock()

_FIX = "find out who wrote it, and restore an earlier version of the object or delete it"
_MALFORMED = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
    EOFError,
    gzip.BadGzipFile,
    zlib.error,
)


class Stored(NamedTuple):
    """The location of an object; as text, its URL."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def open(self, s3: Any) -> IO[bytes]:
        """Return the content as a stream that nothing has read yet."""
        stream: IO[bytes] = s3.get_object(Bucket=self.bucket, Key=self.key)["Body"]
        return stream

    def too_large(self, limit: str) -> Refused:
        """Return the error for an object beyond *limit*."""
        return Refused(f"{self} has more than {limit}, which DataFlowXpress never writes: {_FIX}")

    def foreign(self, kind: str) -> Refused:
        """Return the error for an object that is not of the *kind* that its prefix holds."""
        return Refused(f"{self} is no {kind}, and only the job writes to its prefix: delete it")

    @contextlib.contextmanager
    def parsing(self) -> Iterator[None]:
        """Raise Refused if the content is malformed."""
        try:
            yield
        except _MALFORMED as error:
            raise Refused(f"{self} is not readable ({type(error).__name__}): {_FIX}") from error


def read(stored: Stored, stream: IO[bytes], limit: int = DOCUMENT) -> bytes:
    """Return the content of an object; raises Refused if it has more than *limit* bytes."""
    with contextlib.closing(stream):
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise stored.too_large(f"{limit:,} bytes")
    return content


def parse(stored: Stored, content: bytes) -> Any:
    """Return the JSON *content* of an object; raises Refused if it has more than `VALUES`."""
    if sum(map(content.count, (b",", b"[", b"{"))) > VALUES:  # at least as many as there are values
        raise stored.too_large(f"{VALUES:,} values")
    with stored.parsing():
        return json.loads(content)


def count(value: Any) -> int:
    """Return a number of a document; raises ValueError unless it is one that the job can write.

    JSON has no bound for integers: a number of 4,300 digits takes 1,900 bytes in memory.
    """
    if not 0 <= (number := int(value)) <= COUNT:
        raise ValueError("the number is larger than an object can be")
    return number


def size_of(entries: Iterable[Iterable[str]]) -> int:
    """Return about how many bytes of memory entries with these texts take.

    One character outside of Latin-1 makes each character of its text take two or four bytes.
    """
    return sum(
        OBJECT_BYTES + sum(sys.getsizeof(text) - TEXT_BYTES for text in texts) for texts in entries
    )


def lines(
    stored: Stored,
    stream: IO[bytes],
    most: float | None = None,
    unpacked: float = UNPACKED,
) -> Iterator[Any]:
    """Yield the JSON lines of a compressed object, without the complete content in memory.

    Raises Refused after *most* lines (by default LINES), or *unpacked* bytes.
    """
    most = LINES if most is None else most
    left, limit = unpacked, DOCUMENT
    with contextlib.closing(stream), gzip.GzipFile(fileobj=stream) as content:
        for number in itertools.count():
            if number > most:
                raise stored.too_large(f"{most:,} lines")
            with stored.parsing():
                line = content.readline(limit + 1)
            left -= len(line)
            if not line:
                return
            if len(line) > limit:
                raise stored.too_large(f"{limit:,} bytes in one line")
            if left < 0:
                raise stored.too_large(f"{unpacked:,} bytes")
            yield parse(stored, line)
            limit = LINE
