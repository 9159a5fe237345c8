"""Private: files with credentials, which no other user of the machine can read at any time."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Replace *path* by a file with *text* that only its owner can read.

    The file is created with mode 0600 under another name. A file that existed before keeps neither
    its mode nor its readers.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # mode 0600
    created = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        created.replace(path)
    finally:
        created.unlink(missing_ok=True)  # if the write failed
