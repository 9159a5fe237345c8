"""Demo: brings the sandbox up, sends files through a pipeline, checks every figure, cleans up."""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console

from dataflowxpress.api.status import Status
from dataflowxpress.blueprint import artifacts
from dataflowxpress_sandbox.aws import mail
from dataflowxpress_sandbox.sandbox import Sandbox

from . import checks
from .checks import state
from .figures import Figure, connect, fetch, show
from .files import File, files
from .kubernetes import Kubernetes
from .leftovers import leftovers
from .progress import Progress, data_lines

EXAMPLES = ("minimal", "complete", "serverless")
MAIN = "serverless"
BUCKET, PREFIX, TARGET = "serverlessgluelambdacloudwatch", "csv_data/", "parquet_data/"
READER = "data-team@example.com"
TO_READY, TO_CONFIRMED, TO_PARQUET, TO_GONE = 60, 60, 240, 120  # seconds, at most


class Demo:
    """One run of the demo, on the sandbox in *directory*."""

    def __init__(self, directory: Path, console: Console) -> None:
        self.sandbox = Sandbox(directory)
        self.console = console
        self.files = files()
        self.uploaded: Sequence[File] = ()
        self.pipelines: list[str] = []

    @cached_property
    def kubernetes(self) -> Kubernetes:
        """The sandbox's cluster, as its administrator."""
        return Kubernetes(self.sandbox.kubeconfig)

    def client(self, service: str) -> Any:
        """Return the client of a service, as the sandbox's administrator."""
        env = self.sandbox.env()
        return boto3.Session().client(
            service,
            region_name=env["AWS_REGION"],
            endpoint_url=env["AWS_ENDPOINT_URL"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        )

    def run(self, *, keep: bool) -> bool:
        """Run all parts; return whether every figure was as it should be."""
        self._title("1. Kubernetes, AWS and the operator on this machine")
        self.sandbox.up()
        self._title("2. kubectl apply: the examples become true in AWS")
        self._apply()
        self._title("3. CSV files are uploaded, and what follows")
        first = [file for file in self.files if not file.is_last]
        seconds = [self._upload(first)]
        crawled = self.kubernetes.status(MAIN)
        seconds.append(self._upload(self.files))
        self._title("4. What came out, checked")
        good = self._check(seconds, crawled)
        if keep:
            self._title(f"5. Left running in {self.sandbox.directory}: how to go on")
            self.console.print(self._next_steps(), highlight=False, soft_wrap=True)
        else:
            self._title("5. kubectl delete: what is left in AWS")
            good &= self._delete()
        result = "All figures are as expected." if good else "A figure with ✗ is not as expected."
        self.console.print(f"\n[bold]{result}[/]")
        return good

    def _next_steps(self) -> str:
        us = sys.argv[0]
        return "\n".join(
            f"  {command:72} [dim]# {purpose}[/]"
            for command, purpose in (
                (f"source {shlex.quote(str(self.sandbox.directory / 'env'))}", "points all at it"),
                ("kubectl get dp", "the pipelines at a glance"),
                (f"kubectl describe dp {MAIN}", "conditions, data, runs, resources"),
                (f"aws s3 cp more.csv s3://{BUCKET}/{PREFIX}more.csv", "upload another file"),
                (f"{us} sandbox mails", "what was mailed"),
                (f"{us} sandbox down", "ends all of it and leaves nothing"),
            )
        )

    def _title(self, text: str) -> None:
        self.console.print(f"\n[bold]{text}[/]")

    def _apply(self) -> None:
        progress = Progress(self.console)
        for example in EXAMPLES:
            self.pipelines += [self.kubernetes.apply(artifacts.path(f"examples/{example}.yaml"))]
            progress.show(f"applied examples/{example}.yaml")
        for name in self.pipelines:
            status = progress.watch(
                self._looker(name),
                lambda s: state(s, "Ready") == "True",
                TO_READY,
                lines=_readiness,
            )
            progress.show(f"{name}: Ready, {len(status.resources)} resources in AWS")
        mail.confirm(self.sandbox.directory, READER)
        progress.show(f"{READER} opened the confirmation link in the mail from AWS")
        progress.watch(
            self._looker(MAIN),
            lambda s: state(s, "SubscriptionsConfirmed") == "True",
            TO_CONFIRMED,
            lines=_subscriptions,
        )

    def _looker(self, name: str) -> Callable[[], Status]:
        return lambda: self.kubernetes.status(name) or Status()

    def _upload(self, files: Sequence[File]) -> float:
        """Upload those of *files* that are not there; return the seconds until all are Parquet."""
        s3, mails = self.client("s3"), len(self._mails())
        known = data_lines(self.kubernetes.status(MAIN) or Status())
        progress = Progress(self.console, known=known)
        for file in files:
            if file not in self.uploaded:
                s3.put_object(Bucket=BUCKET, Key=file.key(PREFIX), Body=file.body)
                progress.show(f"uploaded {file.key(PREFIX)}, {len(file.rows) - 1} rows")
        self.uploaded = files

        def converted(status: Status) -> bool:
            return bool(
                status.data
                and status.data.objects == len(files)
                and state(status, "DataCurrent") == "True"
                and status.runs[0].state == "SUCCEEDED"
            )

        progress.watch(self._looker(MAIN), converted, TO_PARQUET)
        seconds = progress.seconds
        progress.watch(self._looker(MAIN), lambda _: len(self._mails()) > mails, TO_PARQUET)
        progress.show(f"mail to {READER}: {self._mails()[-1].subject}")
        return seconds

    def _mails(self) -> list[mail.Mail]:
        found = mail.mails(self.sandbox.directory)
        return [m for m in found if READER in m.to and "SUCCEEDED" in m.text]

    def _check(self, seconds: Sequence[float], crawled: Status | None) -> bool:
        """Check every figure; *crawled* is the status before the files with known columns."""
        status = self.kubernetes.status(MAIN) or Status()
        with tempfile.TemporaryDirectory() as scratch:
            parquet = fetch(self.client("s3"), BUCKET, TARGET, Path(scratch))
            with connect(parquet) as database:
                self.console.print(str(database.sql(_QUESTION)).rstrip(), highlight=False)
                figures = [*checks.rows(database, self.files), checks.texts(database, self.files)]
        figures += [
            *checks.of_status(status, self.files),
            *checks.tables(self.client("glue")),
            Figure(
                "mails of success, at least", min(len(self._mails()), len(seconds)), len(seconds)
            ),
            Figure(
                "crawls for files with known columns", int(_crawl(status) != _crawl(crawled)), 0
            ),
        ]
        title = "{:.0f} s from the first uploads to Parquet, {:.0f} s from those with known columns"
        good = show(self.console, title.format(*seconds), figures)
        events = (f"  {event}" for event in self.kubernetes.events(MAIN))
        text = "\n".join(
            ["", "The first mail:", self._mails()[0].text, "Events of the pipeline:", *events]
        )
        self.console.print(text, highlight=False, soft_wrap=True, markup=False)
        return good

    def _delete(self) -> bool:
        progress = Progress(self.console)
        for name in self.pipelines:
            self.kubernetes.delete(name)
        for name in self.pipelines:
            progress.watch(self._looker(name), lambda s: s == Status(), TO_GONE, lines=_readiness)
            progress.show(f"{name}: gone")
        left = leftovers(self.client)
        kept = [line for line in left if line.split()[0] in {"Bucket", "Database", "Table"}]
        for line in left:
            progress.show(f"left: {line}")
        return show(
            self.console,
            "deletionPolicy RetainData keeps bucket, database and tables",
            [Figure("anything else in AWS", ", ".join({*left} - {*kept}) or "none", "none")],
        )


_QUESTION = """
    SELECT weather, count(*) AS days, round(avg(temp_max), 1) AS warm, max(wind) AS wind
    FROM csv_data WHERE weather IS NOT NULL GROUP BY weather ORDER BY days DESC
"""


def _crawl(status: Status | None) -> str:
    """Return when the last crawl began."""
    return status.last_crawl.started if status and status.last_crawl else ""


def _readiness(status: Status) -> list[str]:
    return [
        f"{c.type}={c.status} {c.reason}: {c.message}".removesuffix(": ")
        for c in status.conditions
        if c.type == "Ready" and c.status == "False"
    ]


def _subscriptions(status: Status) -> list[str]:
    found = status["SubscriptionsConfirmed"]
    return [f"SubscriptionsConfirmed={found.status} {found.reason}"] if found else []
