"""View: the cost of a pipeline as a document, and the same document as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from rich.text import Text

from dataflowxpress.api.timestamps import format_time
from dataflowxpress.aws.prices import PriceList

from .estimate import Item, Workload, total
from .spent import Spent

NAME = 34  # columns of a part's name
DIGITS = 6  # of US dollars in a document


def spent(
    owner: str, parts: Sequence[Spent], start: datetime, at: PriceList, region: str
) -> dict[str, Any]:
    """Return the cost of the runs and crawls since *start*."""
    return {
        "pipeline": owner,
        "since": format_time(start),
        **_prices(at, region),
        "parts": [
            {
                "name": each.name,
                "number": each.number,
                "dpuHours": round(each.dpu_hours, DIGITS),
                "usd": round(each.usd, DIGITS),
            }
            for each in parts
        ],
        "usd": round(sum(each.usd for each in parts), DIGITS),
    }


def estimate(
    owner: str, items: Sequence[Item], uploads: int, at: PriceList, region: str
) -> dict[str, Any]:
    """Return the estimated cost of a month with *uploads*."""
    return {
        "pipeline": owner,
        "uploadsPerMonth": uploads,
        **_prices(at, region),
        "parts": [{"name": each.name, "usd": round(each.usd, DIGITS)} for each in items],
        "usd": round(total(items), DIGITS),
    }


def lines(found: Mapping[str, Any]) -> Iterator[Text]:
    """Yield a table of the parts, the sum, and what the figures include."""
    is_estimate = "uploadsPerMonth" in found
    yield Text(found["pipeline"], style="bold")
    head = "" if is_estimate else f"{'number':>8}  {'DPU-hours':>10}"
    yield Text(f"{'':{NAME}}{head}{'USD':>12}".rstrip(), style="bold")
    for part in found["parts"]:
        figures = "" if is_estimate else f"{part['number']:>8}  {part['dpuHours']:>10.2f}"
        yield Text(f"{part['name']:{NAME}}{figures}{part['usd']:>12,.2f}")
    gap = "" if is_estimate else " " * 20
    yield Text(f"{'all':{NAME}}{gap}{found['usd']:>12,.2f}", style="bold")
    yield from map(Text, _basis(found))


def in_plan(found: Mapping[str, Any]) -> Iterator[Text]:
    """Yield the estimate as `plan` shows it: the sum, and the assumptions."""
    largest = max(found["parts"], key=itemgetter("usd"))
    yield Text(
        f"Cost: about ${found['usd']:,.2f} a month with {found['uploadsPerMonth']:,} uploads;"
        f" the largest part: {largest['name']}, ${largest['usd']:,.2f}.",
        style="bold",
    )
    yield from map(Text, _basis(found))


def _basis(found: Mapping[str, Any]) -> Iterator[str]:
    of, region = found["prices"], found["region"]
    if "uploadsPerMonth" in found:
        work = Workload(1)
        yield (
            f"For a crawl of {work.crawl_seconds:.0f} s and a run of {work.run_seconds:.0f} s."
            " Without storage, logs and queries."
        )
    else:
        yield (
            f"Runs and crawls since {found['since']}, as AWS Glue reports them."
            " Other parts: --uploads-per-month."
        )
    yield f"Prices of {of['region']}, {of['date']}: {of['source']}."
    if of["region"] != region:
        yield f"No prices of {region} are given, which can differ: add them with --prices."


def _prices(at: PriceList, region: str) -> dict[str, Any]:
    prices = {"region": at.region, "date": at.date, "source": at.source}
    return {"region": region, "prices": prices}
