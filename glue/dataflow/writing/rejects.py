"""Rejects: the rejected records of one object, as JSON lines with gzip."""

from __future__ import annotations

import gzip
import json
import tempfile
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dataflow.reading.records import Reject

FILE = "part-00000.json.gz"
MEMORY = 1024 * 1024  # bytes; more are on disk


class Rejects:
    """The rejected records of an object, compressed on disk until they are written."""

    def __init__(self, key: str, run: str) -> None:
        self._key, self._run = key, run
        self._file = tempfile.SpooledTemporaryFile(MEMORY)  # noqa: SIM115 - finish returns it
        self._lines = gzip.GzipFile(fileobj=self._file, mode="wb", mtime=0)
        self.count = 0
        self.example: str | None = None  # the first reason

    def add(self, rejects: Iterable[Reject]) -> None:
        """Add rejected records."""
        for reject in rejects:
            self.count += 1
            self.example = self.example or reject.reason
            line = _Line(
                self._key, reject.record, reject.column, reject.reason, reject.raw, self._run
            )
            text = json.dumps(line._asdict(), ensure_ascii=False)
            self._lines.write(text.encode(errors="backslashreplace") + b"\n")

    def finish(self) -> IO[bytes]:
        """Return the file, to be read from its beginning."""
        self._lines.close()
        self._file.seek(0)
        return self._file


class _Line(NamedTuple):
    object: str
    record: int
    column: str | None
    reason: str
    raw: str
    run: str
