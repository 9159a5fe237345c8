"""`python -m tests.unit.simulation WHAT FIRST COUNT`: run seeds; print the trace of a failure.

WHAT is `loop` (work queue, worker, reconciler) or `lease` (Lease, election).

PYTHONHASHSEED must be set: the order of sets is part of what a seed determines.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from concurrent.futures import Future
from typing import Any, Self

from dataflowxpress.aws import engine, observer
from dataflowxpress.aws.tags import TAGGERS
from dataflowxpress.dataplane import observation
from tests.unit.conftest import memory_tagger

from .candidates import Candidates
from .world import World

SHOWN = 60  # last lines of the trace of a failure


class Inline:
    """A pool whose calls run at once in the caller's thread, which is a task of the scheduler."""

    def __init__(self, *_: Any) -> None:
        """Start no thread."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End no thread."""

    def submit(self, function: Any, *args: Any) -> Future[Any]:
        """Run *function* now."""
        future = Numbered()
        future.set_result(function(*args))
        return future

    def map(self, function: Any, *arguments: Any) -> Any:
        """Run *function* now, for all arguments."""
        return iter([function(*each) for each in zip(*arguments, strict=True)])


class Numbered(Future[Any]):
    """A future whose place in a set does not depend on its address in memory."""

    count = 0

    def __init__(self) -> None:
        super().__init__()
        Numbered.count += 1
        self._number = Numbered.count

    def __hash__(self) -> int:
        return self._number


def run(what: str, seed: int) -> tuple[int, str]:
    """Run a seed; return the number of steps and a digest of them."""
    Numbered.count = 0
    world: World | Candidates = World(seed) if what == "loop" else Candidates(seed)
    try:
        world.run()
    except BaseException:
        shown = [line for line in world.scheduler.trace if ": sleeps" not in line][-SHOWN:]
        sys.stdout.write("\n".join([*shown, f"seed {seed} fails:\n"]))
        raise
    return world.scheduler.steps, hashlib.sha256(
        "\n".join(world.scheduler.trace).encode()
    ).hexdigest()


def main() -> None:
    """Run the seeds in the arguments."""
    if "PYTHONHASHSEED" not in os.environ:
        sys.exit("set PYTHONHASHSEED=0")
    what, (first, count) = sys.argv[1], map(int, sys.argv[2:])
    TAGGERS["memory"] = memory_tagger()
    for module in (engine, observer, observation):
        setattr(module, "Pool", Inline)  # noqa: B010 - not for mypy
    began, steps, digest = time.monotonic(), 0, ""
    for seed in range(first, first + count):
        more, digest = run(what, seed)
        steps += more
    seconds = time.monotonic() - began
    sys.stdout.write(f"{count} seeds, {steps} steps, {steps / seconds:.0f} steps/s, {digest}\n")


if __name__ == "__main__":
    main()
