"""Cache: files that are built or fetched once and shared by all sandboxes of a user."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dataflowxpress_sandbox import lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event


def directory() -> Path:
    """Return the folder of the cache: `dataflowxpress` under XDG_CACHE_HOME or `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dataflowxpress"


@contextlib.contextmanager
def filling(
    entry: Path, cancelled: Event | None = None, waiting: Callable[[], None] | None = None
) -> Iterator[Path | None]:
    """Give one process at a time a folder that becomes `entry` when the block succeeds.

    Gives None if `entry` exists, also if another process has just filled it: while that one works,
    this call waits as `lock.held` does. A block that fails, or a process that is killed, leaves no
    half-filled entry.
    """
    entry.parent.mkdir(parents=True, exist_ok=True)
    with lock.held(entry.with_name(f"{entry.name}.lock"), cancelled, waiting):
        if entry.is_dir():
            yield None
            return
        for abandoned in entry.parent.glob(f"{entry.name}.partial-*"):
            shutil.rmtree(abandoned)
        partial = Path(tempfile.mkdtemp(prefix=f"{entry.name}.partial-", dir=entry.parent))
        try:
            yield partial
            partial.rename(entry)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
