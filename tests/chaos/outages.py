"""Outages: the operator killed now and then, and started again."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from dataflowxpress_sandbox import processes
from dataflowxpress_sandbox.progress import Progress
from dataflowxpress_sandbox.sandbox import Sandbox

APART = (30.0, 120.0)  # seconds between two outages
DOWN = (0.0, 15.0)  # seconds that one lasts


@contextmanager
def outages(sandbox: Sandbox, seed: int) -> Iterator[list[float]]:
    """Kill the operator now and then for the length of a block; it gets how long each lasted."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated
    over, lasted = threading.Event(), list[float]()
    silently = Sandbox(sandbox.directory, progress=Progress(Console(quiet=True)))

    def strike() -> None:
        while not over.wait(chance.uniform(*APART)):
            seconds = chance.uniform(*DOWN)
            processes.stop(sandbox.directory, {"operator"}, timeout=0)
            over.wait(seconds)
            silently.up()
            lasted.append(seconds)

    thread = threading.Thread(target=strike, name="outages")
    thread.start()
    try:
        yield lasted
    finally:
        over.set()
        thread.join()
