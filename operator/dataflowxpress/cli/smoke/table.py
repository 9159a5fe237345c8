"""Table: measures each hop, its seconds and its AWS calls, and shows the measurements."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from dataflowxpress.telemetry.metrics import AWS_REQUESTS

Calls = Counter[tuple[str, str]]
ROW = "{:24}  {:>8}  {:>6}  {}"


class Row(NamedTuple):
    """A hop with its duration, its AWS calls, and its error if it failed."""

    hop: str
    seconds: float
    calls: Calls
    error: str = ""

    def __str__(self) -> str:
        result = "FAILED" if self.error else "ok"
        return ROW.format(self.hop, f"{self.seconds:.1f}", self.calls.total(), result)


def aws_calls() -> Calls:
    """Return the calls of this process to AWS so far, by service and operation."""
    found: Calls = Counter()
    for metric in AWS_REQUESTS.collect():
        for each in metric.samples:
            found[each.labels["service"], each.labels["operation"]] += int(each.value)
    return found


@dataclass
class Table:
    """The hops so far; each is printed when it ends."""

    console: Console
    clock: Callable[[], float] = time.monotonic
    rows: list[Row] = field(default_factory=list)

    @contextlib.contextmanager
    def hop(self, name: str) -> Iterator[None]:
        """Measure the block as the hop *name*; an exception marks it as failed, and passes."""
        started, before, error = self.clock(), aws_calls(), ""
        try:
            yield
        except BaseException as failure:
            error = str(failure) or type(failure).__name__
            raise
        finally:
            row = Row(name, self.clock() - started, aws_calls() - before, error)
            self.rows.append(row)
            self.console.print(Text(str(row), style="red" if error else ""))

    @property
    def calls(self) -> Calls:
        """All calls of the hops."""
        return sum((row.calls for row in self.rows), Counter())

    @property
    def failed(self) -> Row | None:
        """The first hop that failed."""
        return next((row for row in self.rows if row.error), None)

    def text(self) -> Iterator[str]:
        """Yield the lines of the table, with the sum."""
        yield ROW.format("hop", "seconds", "calls", "result")
        yield from map(str, self.rows)
        seconds = sum(row.seconds for row in self.rows)
        yield ROW.format("all", f"{seconds:.1f}", self.calls.total(), "").rstrip()
