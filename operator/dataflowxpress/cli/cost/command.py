"""Cost: the command that shows what a pipeline has cost, or what it would cost in a month."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from dataflowxpress.cli.failures import Failure, reported_errors
from dataflowxpress.cli.target import Context, File, Name, Namespace, target
from dataflowxpress.cli.terminal import Output, document, show, write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dataflowxpress.aws.prices import PriceList
    from dataflowxpress.planning.resource import Resource

    from .spent import Spent

DAYS, MOST_DAYS = 30, 90  # AWS Glue keeps runs for 90 days

Uploads = Annotated[
    int | None,
    typer.Option(
        "--uploads-per-month", min=1, help="Estimate a month with this number of uploads."
    ),
]
Prices = Annotated[
    Path | None,
    typer.Option("--prices", help="Your own prices by region, in YAML, over the list prices."),
]


def cost(  # noqa: PLR0913, PLR0917 - options of a command
    name: Name = "",
    file: File = None,
    namespace: Namespace = "",
    context: Context = "",
    days: Annotated[
        int, typer.Option(min=1, max=MOST_DAYS, help="Runs and crawls of this number of days.")
    ] = DAYS,
    uploads: Uploads = None,
    prices: Prices = None,
    output: Annotated[
        Output, typer.Option("--output", "-o", help="For people or programs.")
    ] = Output.text,
) -> None:
    """Show the cost of a pipeline's runs and crawls, or estimate a month.

    Runs and crawls: the DPU-hours that AWS Glue reports, with the minimum that AWS bills, times a
    price. `--uploads-per-month` estimates all parts of the cost for a month of evenly spread
    uploads, also for a pipeline that does not exist yet.

    The prices are list prices; `--prices` replaces them.

    Examples:
    - `dataflowxpress cost orders -n data`
    - `dataflowxpress cost orders -n data --days 7 -o json`
    - `dataflowxpress cost -f pipeline.yaml --uploads-per-month 3000 --prices prices.yaml`

    """
    from . import view
    from .price_file import price_list

    with reported_errors():
        chosen = target(name, file, namespace, context)
        pipeline = chosen.pipeline
        connection, wanted = chosen.reconciler().describe(pipeline)
        region = connection.scope.region
        at = price_list(prices, region)
        if uploads:
            items = estimated(wanted, uploads, at)
            found = view.estimate(pipeline.owner, items, uploads, at, region)
        else:
            start = datetime.now(UTC) - timedelta(days=days)
            with _explaining_missing(pipeline.owner):
                parts = _spent(connection.client, wanted, start, at)
            found = view.spent(pipeline.owner, parts, start, at, region)
        if output is Output.text:
            show(Console(highlight=False), view.lines(found))
        else:
            write([document(found, output)])


@contextlib.contextmanager
def _explaining_missing(owner: str) -> Iterator[None]:
    from dataflowxpress.api.errors import Missing

    try:
        yield
    except Missing as error:
        fix = "apply the pipeline first, or estimate a month with --uploads-per-month"
        what = f"{owner} has no cost that AWS reports"
        raise Failure(what, fix, why=str(error).partition(";")[0], page="docs/cost.md") from error


def estimated(wanted: Sequence[Resource], uploads: int, at: PriceList) -> list[Any]:
    """Return the parts of the monthly cost of evenly spread *uploads*."""
    from .estimate import MONTH, Workload, monthly

    return monthly(wanted, Workload(MONTH / uploads), at)


def _spent(
    client: Callable[[str], Any], wanted: Sequence[Resource], start: datetime, at: PriceList
) -> list[Spent]:
    from dataflowxpress.aws.resources import Crawler, Job
    from dataflowxpress.dataplane.missing import naming

    from .spent import crawls_since, of_crawls, of_runs, runs_since

    glue, found = client("glue"), []
    for job in (each for each in wanted if isinstance(each, Job)):
        with naming(job):
            found.append(of_runs(runs_since(glue, job.name, start), at))
    for crawler in (each for each in wanted if isinstance(each, Crawler)):
        with naming(crawler):
            found.append(of_crawls(crawls_since(glue, crawler.name, start), at))
    return found
