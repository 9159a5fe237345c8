"""ORC: batches of arrays of their own types, stripe by stripe."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from typing import IO, TYPE_CHECKING

import pyarrow as pa

from dataflow.reading.arrow_errors import readable
from dataflow.reading.columns_as_read import batch_of
from dataflow.reading.int96 import Part
from dataflow.reading.orc_footer import check_timestamps
from dataflow.reading.record_text import check_names
from dataflow.skip_reasons import Deferred

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dataflow.reading.records import Batch

MEMORY = 6 * 2**30  # bytes of the address space of the process, which holds a whole stripe
CRASHES = {-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGILL}

_WHAT = re.compile(r"what\(\): *(.*)")  # the message of an exception of C++ that nothing caught


def orc_batches(path: Path) -> Iterator[Batch]:
    """Yield the records of an ORC file; raises Unreadable for a file that is damaged or no ORC."""
    check_timestamps(path)
    first = 1
    with readable("ORC"):
        for part in _parts(path):
            yield batch_of(Part.whole(part), first)
            first += len(part)


def _parts(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the batches that a process of its own reads."""
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [sys.executable, "-m", "dataflow.reading.orc_process", os.fspath(path), str(MEMORY)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=subprocess.PIPE,
            stderr=errors,
        ) as process,
    ):
        try:
            yield from _received(process)
            _check(process.wait(), errors)
        except pa.ArrowException:  # the stream is cut, as the process ended
            _check(process.wait(), errors)
            raise
        finally:
            process.kill()


def _received(process: subprocess.Popen[bytes]) -> Iterator[pa.RecordBatch]:
    with pa.ipc.open_stream(process.stdout) as stream:
        check_names(stream.schema.names, "ORC")
        yield from stream


def _check(code: int, errors: IO[bytes]) -> None:
    """Raise OSError if the process could not read the file, or Deferred if it was ended."""
    if code == 0:
        return
    errors.seek(0)
    text = errors.read().decode(errors="replace")
    if code != 1 and code not in CRASHES:
        raise Deferred(f"the process that reads ORC ended with {code}: {text[-300:].strip()}")
    what = _WHAT.search(text)
    raise OSError(what[1] if what else text)
