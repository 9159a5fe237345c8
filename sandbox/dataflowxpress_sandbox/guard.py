"""Guard: ends a sandbox with the process that uses it, even if that process is killed.

It waits for the end of a pipe whose other end only that process has open. The kernel closes the
pipe whenever the process ends.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def guarded(directory: Path) -> Iterator[None]:
    """Within, no process of the sandbox in *directory* outlives this process."""
    command = [sys.executable, "-m", __name__, str(directory)]
    # In a session of its own, no signal of a terminal reaches it.
    guard = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    with guard:  # which closes the pipe, and waits
        yield


def main() -> None:
    """Stop the processes of a sandbox once standard input ends."""
    sys.stdin.buffer.read()
    from dataflowxpress_sandbox import processes

    processes.stop(Path(sys.argv[1]), timeout=0)


if __name__ == "__main__":
    main()
