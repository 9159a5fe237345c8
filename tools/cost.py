"""Cost: writes the tables of docs/cost.md, which `make cost` computes from the prices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws import prices
from dataflowxpress.aws.dpus import CRAWL_DPUS
from dataflowxpress.aws.resources import Job
from dataflowxpress.blueprint import blueprint
from dataflowxpress.cli.cost import estimate
from dataflowxpress.cli.cost.estimate import Workload
from dataflowxpress.planning.resource import Resource, Scope, only

PAGE = Path(__file__).parents[1] / "docs/cost.md"
BLOCK = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
INTERVALS = {"an upload an hour": 3600, "an upload a minute": 60, "an upload a second": 1}
WINDOWS = (0, 20, 60, 120, 300)
STARTS = (60, 300, 900, 3600, 86_400)  # seconds between two runs
SCOPE = Scope("default/orders", "123456789012", prices.REGION)


def _pipeline(window: int = 20, when: str = "NewColumns") -> list[Resource]:
    spec = {"trigger": {"batchWindowSeconds": window}, "crawler": {"when": when}}
    return blueprint(DataPipelineSpec.model_validate(spec), SCOPE)


def _table(head: Iterable[object], *rows: Iterable[object]) -> Iterator[str]:
    columns = [*head]
    lines: list[Iterable[object]] = [columns, ["---"] * len(columns), *rows]
    for row in lines:
        yield f"| {' | '.join(str(cell) for cell in row)} |\n"


def _usd(amount: float) -> str:
    return f"${amount:,.2f}" if amount < 100 else f"${amount:,.0f}"  # noqa: PLR2004 - cents matter


def _units() -> Iterator[str]:
    sources = ((price, price.source) for price in prices.ALL)
    yield from _table(["price", "source"], *sources)


def _single() -> Iterator[str]:
    job = only(_pipeline(), Job)
    yield from _table(
        ["event", "billed", "cost"],
        ["a crawl of up to ten minutes", f"{CRAWL_DPUS} DPUs", _usd(estimate.crawl())],
        [
            "a run of up to one minute",
            f"{job.workers} workers {job.worker_type}",
            f"${estimate.run(job):.3f}",
        ],
        [
            "a run of ten minutes",
            f"{job.workers} workers {job.worker_type}",
            _usd(estimate.run(job, 600)),
        ],
    )


def _windows() -> Iterator[str]:
    rows = (
        [
            name,
            *(
                _usd(estimate.total(estimate.monthly(_pipeline(window), Workload(interval))))
                for window in WINDOWS
            ),
        ]
        for name, interval in INTERVALS.items()
    )
    yield from _table(["uploads", *(f"{window} s" for window in WINDOWS)], *rows)


def _modes() -> Iterator[str]:
    modes = {
        "`Always`: a crawl for each batch": _pipeline(when="Always"),
        f"`NewColumns`: {Workload(1).new_columns:.0f} crawls a month": _pipeline(),
    }
    rows = [
        [
            name,
            *(
                _usd(estimate.total(estimate.monthly(wanted, Workload(interval))))
                for interval in INTERVALS.values()
            ),
        ]
        for name, wanted in modes.items()
    ]
    yield from _table(["`crawler.when`", *INTERVALS], *rows)


def _intervals() -> Iterator[str]:
    job = only(_pipeline(), Job)
    rows = (
        [f"{seconds:,} s", f"{estimate.MONTH / seconds:,.0f}", _usd(_runs(job, seconds))]
        for seconds in STARTS
    )
    yield from _table(["a run every", "runs a month", "cost of runs at most"], *rows)


def _runs(job: Job, seconds: float) -> float:
    return estimate.MONTH / seconds * estimate.run(job)


def _parts() -> Iterator[str]:
    months = [estimate.monthly(_pipeline(), Workload(each)) for each in INTERVALS.values()]
    rows = zip(*months, strict=True)
    yield from _table(
        ["part", *INTERVALS],
        *([row[0].name, *(_usd(item.usd) for item in row)] for row in rows),
        ["all", *(_usd(estimate.total(month)) for month in months)],
    )


def _idle() -> Iterator[str]:
    items = estimate.idle(_pipeline())
    rows = ([item.name, _usd(item.usd)] for item in items)
    yield from _table(["part", "cost a month"], *rows, ["all", _usd(estimate.total(items))])


TABLES = {
    "units": _units,
    "single": _single,
    "modes": _modes,
    "windows": _windows,
    "intervals": _intervals,
    "parts": _parts,
    "idle": _idle,
}


def filled(page: str) -> str:
    """Return *page* with the content of each block computed anew."""

    def block(found: re.Match[str]) -> str:
        start, name, end = found.groups()
        return f"{start}\n{''.join(TABLES[name]())}\n{end}"

    return BLOCK.sub(block, page)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
