"""ORC process: reads an ORC file for another process, as Arrow's reader can abort its process.

`python -m dataflow.reading.orc_process FILE BYTES` writes the batches to its standard output as an
Arrow stream, with an address space of at most so many bytes. On damaged files the reader can call
`abort()` or exhaust the memory, which would end the task with all its work.
"""

from __future__ import annotations

import os
import resource
import sys

import pyarrow as pa
import pyarrow.orc as po

CELLS = 4_000_000  # of a batch at most
BYTES = 64 * 2**20  # ... of which it has about as many at most


def write_batches(path: str, sink: pa.NativeFile) -> None:
    """Write the stripes of a file as batches; raises OSError or ArrowException if it cannot."""
    file = po.ORCFile(path)
    found = 0
    with pa.ipc.new_stream(sink, file.schema) as stream:
        for position in range(file.nstripes):
            stripe = file.read_stripe(position)
            found += len(stripe)
            by_size = BYTES * len(stripe) // max(stripe.nbytes, 1)
            size = max(min(CELLS // max(stripe.num_columns, 1), by_size), 1)
            for start in range(0, len(stripe), size):
                stream.write_batch(stripe.slice(start, size))
    if found != file.nrows:
        raise OSError(f"its footer counts {file.nrows:,} rows, its stripes have {found:,}")


if __name__ == "__main__":
    memory = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    try:
        with pa.PythonFile(sys.stdout.buffer, mode="w") as output:
            write_batches(sys.argv[1], output)
    except (OSError, ValueError, MemoryError, pa.ArrowException) as error:
        sys.stderr.write(str(error) or type(error).__name__)
        sys.stderr.flush()
        os._exit(1)  # Arrow's threads can abort a regular exit
