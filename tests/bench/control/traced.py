"""Traced: runs the command line, and records for each call of AWS which part of the work made it.

`python -m tests.bench.control.traced FILE ARGUMENTS...` appends a line of JSON for each call.
"""

from __future__ import annotations

import functools
import json
import sys
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from botocore.client import BaseClient

from dataflowxpress.aws.engine import Engine
from dataflowxpress.aws.observer import Observer

Part = tuple[str, str, list[str]]  # step, read or "", the resource, and what it needs
_part: ContextVar[Part] = ContextVar("part", default=("", "", []))


def _within(owner: Any, method: str, part: Callable[..., Part]) -> None:
    """Let the calls within a method belong to a part, unless they already belong to a step."""
    original = getattr(owner, method)

    @functools.wraps(original)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        token = None if _part.get()[0] == "step" else _part.set(part(*arguments))
        try:
            return original(*arguments, **named)
        finally:
            if token:
                _part.reset(token)

    setattr(owner, method, wrapped)


def _record_calls(file: Path) -> None:
    original, lock = BaseClient._make_api_call, threading.Lock()  # type: ignore[attr-defined]  # noqa: SLF001

    def call(self: Any, operation: str, parameters: Any) -> Any:
        kind, which, needs = _part.get()
        start = time.monotonic()
        try:
            return original(self, operation, parameters)
        finally:
            entry = {"operation": operation, "kind": kind, "resource": which, "needs": needs}
            line = json.dumps({**entry, "start": start, "end": time.monotonic()})
            with lock, file.open("a", encoding="utf-8") as trace:
                trace.write(f"{line}\n")

    BaseClient._make_api_call = call  # type: ignore[attr-defined]  # noqa: SLF001


def main() -> None:
    """Run the command line in this process."""
    _record_calls(Path(sys.argv.pop(1)))
    _within(Engine, "_run", lambda _, step, *__: ("step", str(step.id), [*map(str, step.needs)]))
    _within(Observer, "_read", lambda _, ids: ("read", str(ids[0]), []))
    _within(Observer, "_with_tags", lambda _, __, which, *___: ("read", str(which), []))
    _within(Observer, "_owned_tags", lambda *_: ("read", "tags", []))
    from dataflowxpress.__main__ import main as command

    command()


if __name__ == "__main__":
    main()
