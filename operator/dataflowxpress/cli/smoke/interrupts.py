"""Interrupts: turn ctrl-C and SIGTERM into an exception, so that the smoke test cleans up."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """A signal ended the work; no handler of ordinary errors catches it."""

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.exit_code = 128 + number


class Interrupts:
    """Raises Interrupted for SIGINT and SIGTERM in a `with` block.

    While `deleting` is set, the first signal calls *warn* instead, and only the second one raises.
    """

    def __init__(self, warn: Callable[[], None]) -> None:
        self._warn, self._warned = warn, False
        self.deleting = False

    def __enter__(self) -> Self:
        self._before = {each: signal.signal(each, self._handle) for each in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for each, previous in self._before.items():
            signal.signal(each, previous)

    def _handle(self, number: int, _: FrameType | None) -> None:
        if not self.deleting or self._warned:
            raise Interrupted(number)
        self._warned = True
        self._warn()
