"""Report: the figures of the job as a table, and its bounds with their results."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench.control.report import Bound, machine
from tests.bench.fleet.report import MARK

from .measuring import Cost

OURS, PLAIN, OLD = "dataflowxpress", "plain Spark", "one file per object"
RESULTS = Path(__file__).parents[1] / "results"


@dataclass
class Row:
    """One measurement; None is a figure that does not exist."""

    work: str
    who: str
    cost: Cost | None
    files: int | None = None
    partitions: int | None = None
    query: float | None = None  # seconds
    load: float = field(default_factory=lambda: round(os.getloadavg()[0], 1))

    @property
    def key(self) -> tuple[str, str]:
        """What was measured."""
        return self.work, self.who

    def __str__(self) -> str:
        cost = self.cost
        figures = [
            *_maybe(cost, lambda c: (f"{c.seconds:.1f}", f"{c.cpu:.1f}"), 2),
            *_maybe(cost, lambda c: (f"{c.python} + {c.java} MB", f"{c.total:,}"), 2),
            *(f"{each:,}" if each is not None else "" for each in (self.files, self.partitions)),
            f"{self.query:.3f}" if self.query is not None else "",
            f"{self.load}" if cost else "",
        ]
        return f"| {self.work} | {self.who} | {' | '.join(figures)} |"


def _maybe(
    cost: Cost | None, figures: Callable[[Cost], tuple[str, ...]], count: int
) -> tuple[str, ...]:
    return figures(cost) if cost else ("",) * count


class Results:
    """All rows; those of a workload that is measured again take the place of the earlier ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = [*_saved(folder / "data.json")]

    def replace(self, rows: Iterable[Row]) -> None:
        """Print and save the rows of a workload as they are measured."""
        for row in rows:
            print(row, flush=True)
            self._put(row)
            self.save()

    def _put(self, row: Row) -> None:
        keys = [each.key for each in self.rows]
        at = keys.index(row.key) if row.key in keys else len(keys)
        self.rows[at : at + 1] = [row]

    def save(self) -> None:
        """Write the table and all figures."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / "data.md").write_text("\n".join(self._page()) + "\n")
        content = {
            "machine": _machine(),
            "rows": [asdict(row) for row in self.rows],
            "bounds": [bound._asdict() for bound in self.bounds()],
        }
        (self.folder / "data.json").write_text(json.dumps(content, indent=1) + "\n")

    def bounds(self) -> list[Bound]:
        """Return all bounds of which there are figures."""
        found = [
            *(self._times(work, 1.3) for work in self._works("1 object of")),
            *(self._times(f"{n:,} objects", 1.5) for n in (1_000, 10_000)),
            *(self._calls(objects) for objects in (1_000, 10_000)),
            *(self._memory(work) for work in self._works("1 object of 2,048 MB")),
            self._memory("10,000 objects"),
            self._seconds("68 tables, 2 objects each", 60),
        ]
        return [bound for bound in found if bound]

    def _works(self, start: str) -> list[str]:
        return [*dict.fromkeys(row.work for row in self.rows if row.work.startswith(start))]

    def _cost(self, work: str, who: str) -> Cost | None:
        found = [row.cost for row in self.rows if row.key == (work, who)]
        return found[0] if found else None

    def _times(self, work: str, most: float) -> Bound | None:
        ours, theirs = self._cost(work, OURS), self._cost(work, PLAIN)
        if not ours or not theirs:
            return None
        found = f"{ours.seconds / theirs.seconds:.2f} times; CPU {ours.cpu / theirs.cpu:.2f} times"
        text = f"{work}: at most {most} times the seconds of plain Spark"
        return Bound(text, found, ours.seconds / theirs.seconds <= most)

    def _calls(self, objects: int) -> Bound | None:
        if not (cost := self._cost(f"{objects:,} objects", OURS)):
            return None
        each = cost.total / objects
        return Bound(f"{objects:,} objects: at most 3 calls for each", f"{each:.2f}", each <= 3)

    def _memory(self, work: str) -> Bound | None:
        if not (cost := self._cost(work, OURS)):
            return None
        text = f"{work}: at most 1 GB of memory, with a JVM of 1 GB of heap"
        return Bound(text, f"{cost.python} MB, JVM {cost.java} MB", cost.python <= 1024)

    def _seconds(self, work: str, most: float) -> Bound | None:
        if not (cost := self._cost(work, OURS)):
            return None
        return Bound(f"{work}: at most {most} s", f"{cost.seconds:.1f} s", cost.seconds <= most)

    def _page(self) -> Iterator[str]:
        yield "# The job, beside plain Spark\n"
        yield "`make bench-data` writes this page.\n"
        yield from (f"- {name}: {value}" for name, value in _machine().items())
        yield "- memory: of all Python processes + of the JVM; of a history, the growth meanwhile"
        yield "- calls: requests to the emulator"
        yield "- load: average of the last minute, at the end of each measurement\n"
        yield (
            "| work | | seconds | CPU seconds | memory | calls | files | partitions"
            " | DuckDB, seconds | load |"
        )
        yield "|---|---|---|---|---|---|---|---|---|---|"
        yield from map(str, self.rows)
        yield "\n| bound | measured | |\n|---|---|---|"
        yield from (f"| {text} | {found} | {MARK[met]} |" for text, found, met in self.bounds())


def _machine() -> dict[str, str]:
    others = {name: version(name) for name in ("pyspark", "pyarrow", "duckdb")}
    hidden = {"Terraform", "load averages at the end"}
    return {**{k: v for k, v in machine().items() if k not in hidden}, **others}


def _saved(file: Path) -> Iterator[Row]:
    rows: list[dict[str, Any]] = json.loads(file.read_text())["rows"] if file.is_file() else []
    for row in rows:
        cost = row.pop("cost")
        yield Row(cost=cost and Cost(**cost), **row)
