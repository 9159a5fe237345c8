"""Program: a command in the background that is followed, line by line, to its end."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import psutil

from dataflowxpress_sandbox import processes
from dataflowxpress_sandbox.parallel import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from threading import Event

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Program:
    """A command line; `processes.start` says what it inherits and where its log is."""

    name: str
    argv: list[str]
    directory: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def run(self, cancelled: Event, on_line: Callable[[str], object] = len) -> bool:
        """Run it to its end; pass each line of its output to `on_line`.

        Returns whether it succeeded. Raises `Cancelled` when that event is set. In every case, no
        process that it has started remains.
        """
        self._process.log.unlink(missing_ok=True)  # `tail` must be this run's
        process = processes.start(self.name, self.argv, directory=self.directory, env=self.env)
        try:
            with process.log.open(errors="replace") as output:
                lines = _Lines(output, on_line)
                return _follow(psutil.Process(process.pid), lines, cancelled) == 0
        finally:
            process.stop(timeout=0)

    def tail(self) -> str:
        """Return the last lines of its output, to end a message with."""
        return self._process.tail()

    @property
    def _process(self) -> processes.Process:
        return processes.Process(self.name, 0, self.directory.resolve())


def _follow(process: psutil.Process, output: _Lines, cancelled: Event) -> int | None:
    code: int | None = None
    ended = False
    while not ended and not cancelled.is_set():
        with contextlib.suppress(psutil.TimeoutExpired):
            code, ended = process.wait(_POLL_SECONDS), True
        output.read()
    if cancelled.is_set():  # also where the last lines have set it
        raise Cancelled
    return code


class _Lines:
    """The whole lines of a file that grows."""

    def __init__(self, output: IO[str], on_line: Callable[[str], object]) -> None:
        self._output, self._on_line, self._begun = output, on_line, ""

    def read(self) -> None:
        *lines, self._begun = (self._begun + self._output.read()).split("\n")
        for line in lines:
            self._on_line(line)
