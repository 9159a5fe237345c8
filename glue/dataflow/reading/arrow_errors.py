"""Arrow errors: those that mean that an object cannot be read."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa

from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

CHARACTERS = 300  # of Arrow's message at most


@contextmanager
def readable(kind: str) -> Iterator[None]:
    """Turn the errors of Arrow's readers into the reason why an object is refused."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:  # of the operating system; those of Arrow have none
            raise
        raise Unreadable(_reason(kind, error)) from None
    except (pa.ArrowException, ValueError, LookupError, OverflowError, MemoryError) as error:
        raise Unreadable(_reason(kind, error)) from None


def _reason(kind: str, error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"not readable as {kind}: {lines[0][:CHARACTERS]}"
