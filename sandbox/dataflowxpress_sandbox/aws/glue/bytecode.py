"""Bytecode: compiles the modules of an archive once for all runs.

Python imports from an archive without a cache: each run would compile all modules again. A run
notices two differences: `__file__` ends with `.pyc`, and tracebacks have no folder of the archive.
"""

from __future__ import annotations

import io
import marshal
import zipfile
from functools import lru_cache
from importlib.util import MAGIC_NUMBER, source_hash
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_UNCHECKED = (1).to_bytes(4, "little")  # https://peps.python.org/pep-0552: trust it as it is
_ARCHIVES = 8  # that are kept in memory


def add(archive: Path) -> None:
    """Add bytecode to an archive; leave alone what is none, and modules that do not compile."""
    archive.write_bytes(_with_bytecode(archive.read_bytes(), archive.name))


@lru_cache(maxsize=_ARCHIVES)
def _with_bytecode(content: bytes, place: str) -> bytes:
    stream = io.BytesIO(content)
    if not zipfile.is_zipfile(stream):
        return content
    with zipfile.ZipFile(stream, "a") as archive:
        names = {*archive.namelist()}
        for name in names:
            if name.endswith(".py") and f"{name}c" not in names:
                _compile(archive, name, f"{place}/{name}")
    return stream.getvalue()


def _compile(archive: zipfile.ZipFile, name: str, place: str) -> None:
    source = archive.read(name)
    try:
        code = compile(source, place, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):  # the run that imports it reports it
        return
    content = MAGIC_NUMBER + _UNCHECKED + source_hash(source) + marshal.dumps(code)
    archive.writestr(f"{name}c", content)
