"""Weather: all that can go wrong with one pipeline, as faults that strike it and no other."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

Fault = dict[str, Any]

JOB, CRAWL = "*/GlueJobRunnerSession", "*/AWS-Crawler"
ONCE = {"times": 1}


@dataclass(frozen=True)
class Weather:
    """The faults of a pipeline whose bucket, crawler, job and functions have the same name.

    A Lambda that is killed leaves its messages hidden for the whole visibility timeout; only a
    patient suite waits for that.
    """

    name: str
    patient: bool = True
    table_format: str = "Parquet"

    def drawn(self, chance: random.Random, number: int) -> list[Fault]:
        """Return so many of them, any of which may come true."""
        return chance.sample(self.all, number)

    @property
    def all(self) -> list[Fault]:
        """Everything that can go wrong."""
        return [
            *self._messages(),
            *self._jobs(),
            *(self._iceberg() if self.table_format == "Iceberg" else []),
            *self._crawls(),
            *self._control(),
            *(self._lambdas() if self.patient else []),
        ]

    def _messages(self) -> list[Fault]:
        name = self.name
        uploads = {"on": "notification:*", "resource": f"arn:aws:s3:::{name}/*", "rate": 0.4}
        crawls = {"on": "event:Glue Crawler *", "resource": f"*:crawler/{name}", "rate": 0.5}
        runs = {"on": "event:Glue Job *", "resource": f"*:job/{name}", "rate": 0.5}
        batches = {"on": f"delivery:{name}-*", "rate": 0.3}
        kinds = ("drop", "double", "delay", "reorder")
        return [
            {"kind": kind, **way, "seconds": 6}
            for way in (uploads, crawls, runs, batches)
            for kind in kinds
        ]

    def _jobs(self) -> list[Fault]:
        bucket = f"arn:aws:s3:::{self.name}"
        source = {"on": "s3:GetObject", "resource": f"{bucket}/csv_data/*", "caller": JOB}
        staged = {"on": "s3:PutObject", "resource": f"{bucket}/dataflowxpress/staged/*"}
        parquet = {"on": "s3:PutObject", "resource": f"{bucket}/parquet_data/csv_data/dfx_batch=*"}
        manifest = {"on": "s3:PutObject", "resource": f"{bucket}/dataflowxpress/manifests/*"}
        store = {"on": "s3:*", "resource": f"{bucket}*", "caller": JOB}
        catalog = {"on": "glue:*", "resource": f"*/{self.name}*", "caller": JOB}
        requests = {"on": "sqs:SendMessage", "resource": f"*-{self.name}-crawl-requests"}
        return [
            {"kind": "kill", **source, **ONCE},  # before reading
            {"kind": "kill", **staged, **ONCE},  # before the first rows are written
            {"kind": "kill", **parquet, **ONCE},  # before a file is in its batch
            {"kind": "kill-after", **parquet, **ONCE},  # between two files of a batch
            {"kind": "kill", **manifest, **ONCE},  # between the write and the manifest
            {"kind": "kill-after", **manifest, **ONCE},  # before anybody hears of the manifest
            {"kind": "lose", **manifest, **ONCE},
            {"kind": "fail", **store, "rate": 0.03},
            {"kind": "lose", **staged, "rate": 0.1},
            {"kind": "lose", **parquet, "rate": 0.1},
            {"kind": "delay", **store, "rate": 0.05, "seconds": 1},
            {"kind": "lag", "on": "s3:ListBucket", "resource": bucket, "caller": JOB, "seconds": 3},
            {"kind": "throttle", **catalog, "rate": 0.2},
            {"kind": "fail", **catalog, "error": "AccessDeniedException", "after": 2, **ONCE},
            {"kind": "fail", **requests, "error": "AccessDenied", **ONCE},
            {"kind": "lose", **requests, "times": 2},
        ]

    def _iceberg(self) -> list[Fault]:
        table = f"arn:aws:glue:*:table/{self.name}/csv_data_iceberg"
        change = {"on": "glue:UpdateTable", "resource": table}
        files = {"on": "s3:PutObject", "resource": f"arn:aws:s3:::{self.name}/parquet_data/*"}
        return [
            *({"kind": "kill", **change, "after": after, **ONCE} for after in range(5)),
            *({"kind": "kill-after", **change, "after": after, **ONCE} for after in range(5)),
            {"kind": "lose", **change, "rate": 0.2, "error": "InternalServiceException"},
            {"kind": "kill", **files, **ONCE},
            {"kind": "lose", **files, "rate": 0.1},
        ]

    def _crawls(self) -> list[Fault]:
        about = {"resource": f"*{self.name}*", "caller": CRAWL}
        return [
            {"kind": "delay", "on": "glue:GetTables", **about, "seconds": 8, "times": 2},
            {"kind": "fail", "on": "s3:ListBucket", **about, "error": "AccessDenied", **ONCE},
        ]

    def _control(self) -> list[Fault]:
        crawler, job = f"*:crawler/{self.name}", f"*:job/{self.name}"
        ours = {"resource": f"*{self.name}*", "caller": "*:user/*"}
        return [
            {"kind": "throttle", "on": "glue:StartCrawler", "resource": crawler, "rate": 0.5},
            {"kind": "throttle", "on": "glue:StartJobRun", "resource": job, "rate": 0.5},
            {"kind": "lose", "on": "glue:StartCrawler", "resource": crawler, "times": 2},
            {"kind": "lose", "on": "glue:StartJobRun", "resource": job, "times": 2},
            {"kind": "lag", "on": "iam:*", **ours, "rate": 0.3, "seconds": 6},
            {"kind": "lag", "on": "glue:*", **ours, "rate": 0.3, "seconds": 6},
            {"kind": "throttle", "on": "sqs:*", **ours, "rate": 0.2},
            {"kind": "fail", "on": "s3:*", **ours, "rate": 0.1},
        ]

    def _lambdas(self) -> list[Fault]:
        crawler, job = f"*:crawler/{self.name}", f"*:job/{self.name}"
        return [
            {"kind": "kill", "on": "glue:StartCrawler", "resource": crawler, **ONCE},
            {"kind": "kill-after", "on": "glue:StartCrawler", "resource": crawler, **ONCE},
            {"kind": "kill", "on": "glue:StartJobRun", "resource": job, **ONCE},
            {"kind": "kill-after", "on": "glue:StartJobRun", "resource": job, **ONCE},
        ]
