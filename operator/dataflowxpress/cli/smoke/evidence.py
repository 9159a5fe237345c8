"""Evidence: what AWS shows of a pipeline before its deletion: runs, tables and log lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dataflowxpress.aws.errors import describe
from dataflowxpress.cli import log_sources as logs
from dataflowxpress.controller.reconciler import Expected

from .deployed import Deployed

LINES = 15  # of each log


@dataclass
class Evidence:
    """The lines for a report, the number of crawls, and the seconds of each run.

    A line names each part that AWS does not return.
    """

    lines: list[str] = field(default_factory=list)
    crawls: int = 0
    run_seconds: list[float] = field(default_factory=list)

    def collect(self, deployed: Deployed) -> None:
        """Read runs, tables and logs."""
        for part in (_runs, _columns, _logs):
            try:
                self.lines.extend(part(deployed))
            except Expected as error:
                self.lines.append(f"not readable: {describe(error)}")
        self.run_seconds = [run.seconds for run in deployed.observe().runs]
        self.crawls = len(deployed.crawls)


def _runs(deployed: Deployed) -> Iterator[str]:
    seen = deployed.observe()
    yield f"crawl: {seen.crawl.state} {seen.crawl.error}".rstrip() if seen.crawl else "no crawl"
    for run in seen.runs:
        yield f"run {run.id}: {run.state}, {run.seconds} s {run.error}".rstrip()
    yield f"data: {seen.data.model_dump(exclude_none=True)}"


def _columns(deployed: Deployed) -> Iterator[str]:
    """Yield the columns of each table, as the crawler or the job has written their names."""
    for name, table in deployed.tables().items():
        columns = (f"{each['Name']!r} {each['Type']}" for each in table["Columns"])
        yield f"table {name} in {table['Location']}: {', '.join(columns)}"


def _logs(deployed: Deployed) -> Iterator[str]:
    runs, client = deployed.observe().runs, deployed.connection.client("logs")
    for source in logs.sources(deployed.wanted, runs[0].id if runs else ""):
        yield f"log group {source.group}, {source.of} {source.name}:"
        for line in logs.lines(client, source, logs.Window(LINES)):
            yield f"  {line}"
