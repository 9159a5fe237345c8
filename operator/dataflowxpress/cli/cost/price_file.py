"""Price file: a user's prices in YAML, by region, in place of the list prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from dataflowxpress.api.errors import Failure, listed
from dataflowxpress.aws.prices import LISTED, PriceList
from dataflowxpress.standalone.documents import mappings

NAMES = {"crawl": "crawl", "run": "run", "flexRun": "flex_run", "write": "write"}
NAMES |= {"read": "read", "queue": "queue", "invocation": "invocation", "compute": "compute"}
NAMES |= {"alarm": "alarm", "email": "email"}
HEAD = ("date", "source", "regions")


def price_list(file: Path | None, region: str) -> PriceList:
    """Return the prices of *region* in *file*; prices that the file omits are the list prices.

    Without a file, or without the region in it, the result has the list prices and their region.
    Raises Failure for a file that has another form; the message names the field.
    """
    if file is None:
        return LISTED
    documents = mappings(file)
    content = documents[0] if documents else {}
    if problems := [*_problems(content)]:
        raise Failure(listed(problems, f"{file}: "), page="docs/cost.md")
    if region not in content["regions"]:
        return LISTED
    given = content["regions"][region]
    prices = {
        NAMES[name]: getattr(LISTED, NAMES[name])._replace(usd=float(usd))
        for name, usd in given.items()
    }
    source = f"{content['source']} ({file})"
    return LISTED._replace(region=region, date=str(content["date"]), source=source, **prices)


def _problems(content: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{name} is missing: add it" for name in HEAD if name not in content)
    yield from (f"{name} is unknown: use {', '.join(HEAD)}" for name in content if name not in HEAD)
    if not isinstance(content.get("date", date.min), date):
        yield "date: not a date; use for example 2026-11-26"
    regions = content.get("regions", {})
    if not isinstance(regions, dict):
        yield "regions: not a map; use the name of a region, and its prices below"
        return
    for region, prices in regions.items():
        yield from _of_region(f"regions.{region}", prices)


def _of_region(where: str, prices: object) -> Iterator[str]:
    if not isinstance(prices, dict):
        yield f"{where}: not a map; use names of prices, each with US dollars"
        return
    for name, usd in prices.items():
        if name not in NAMES:
            yield f"{where}.{name} is unknown: use {', '.join(NAMES)}"
        elif isinstance(usd, bool) or not isinstance(usd, int | float) or not usd >= 0:
            yield f"{where}.{name}: {usd!r} is no price; use US dollars, for example 0.44"
