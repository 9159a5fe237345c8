"""Bytecode: compiles the modules of an archive once for all runs.

Python imports from an archive without a cache: each run would compile all modules again. A run
notices two differences: `__file__` ends with `.pyc`, and tracebacks have no folder of the archive.
"""

from __future__ import annotations

import io
import marshal
import zipfile
import zlib
from functools import lru_cache
from importlib.util import MAGIC_NUMBER, source_hash
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_UNCHECKED = (1).to_bytes(4, "little")  # https://peps.python.org/pep-0552: trust it as it is
_ARCHIVES = 8  # that are kept in memory
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
)  # damaged, encrypted, unknown
_INVALID = (SyntaxError, ValueError, RecursionError, MemoryError)


def add(archive: Path) -> None:
    """Add bytecode to an archive; leave alone what cannot be read, and modules that do not compile.

    The run that imports these reports them.
    """
    archive.write_bytes(_with_bytecode(archive.read_bytes(), archive.name))


@lru_cache(maxsize=_ARCHIVES)
def _with_bytecode(content: bytes, place: str) -> bytes:
    stream = io.BytesIO(content)
    try:
        with zipfile.ZipFile(stream, "r") as archive:
            names = archive.namelist()
            sources = {
                name: archive.read(name)
                for name in names
                if name.endswith(".py") and f"{name}c" not in names
            }
    except _UNREADABLE:
        return content
    with zipfile.ZipFile(stream, "a") as archive:
        for name, source in sources.items():
            if compiled := _compiled(source, f"{place}/{name}"):
                archive.writestr(f"{name}c", compiled)
    return stream.getvalue()


def _compiled(source: bytes, place: str) -> bytes | None:
    try:
        code = compile(source, place, "exec", dont_inherit=True)
    except _INVALID:
        return None
    return MAGIC_NUMBER + _UNCHECKED + source_hash(source) + marshal.dumps(code)
