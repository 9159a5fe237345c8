"""Deployed: the smoke test's pipeline in AWS, as its hops and its report see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.aws.queue_urls import queue_url
from dataflowxpress.aws.resources import Alarm, Bucket, Database, LogGroup
from dataflowxpress.cli.target import Target
from dataflowxpress.controller.connector import Connection
from dataflowxpress.dataplane.manifest_logs import ManifestLogs
from dataflowxpress.dataplane.manifest_reads import listing
from dataflowxpress.dataplane.observation import Observation, observe
from dataflowxpress.dataplane.queues import Queues
from dataflowxpress.planning.resource import Resource, only
from dataflowxpress.standalone.manifest import Manifest

from .sample import FILES


class Deployed(NamedTuple):
    """A pipeline with its connection, its resources, and the start of each observed crawl."""

    pipeline: Pipeline
    connection: Connection
    wanted: list[Resource]
    crawls: set[str]

    @classmethod
    def of(cls, manifest: Manifest) -> Deployed:
        """Connect to AWS; reads the identity only."""
        chosen = Target(*manifest.key, manifest)
        pipeline = chosen.pipeline
        return cls(pipeline, *chosen.reconciler().describe(pipeline), set())

    @property
    def bucket(self) -> str:
        """The name of the bucket."""
        return only(self.wanted, Bucket).name

    @property
    def target(self) -> str:
        """The prefix of the Parquet."""
        return self.pipeline.spec.target.prefix

    def upload(self) -> None:
        """Upload the sample files."""
        for name, content in FILES.items():
            key = f"{self.pipeline.spec.source.prefix}{name}"
            self.connection.client("s3").put_object(
                Bucket=self.bucket, Key=key, Body=content.encode()
            )

    def observe(self) -> Observation:
        """Return queues, crawl, runs and data."""
        seen = observe(self.connection.client, self.pipeline.spec, self.wanted, ManifestLogs())
        if seen.crawl:
            self.crawls.add(seen.crawl.started)
        return seen

    def objects(self, prefix: str) -> list[str]:
        """Return the keys under a prefix, without the prefix itself."""
        found = listing(self.connection.client("s3"), self.bucket, prefix)
        return [each["Key"] for each in found if each["Key"] != prefix]

    def head(self, key: str) -> bytes:
        """Return the first four bytes of an object."""
        s3 = self.connection.client("s3")
        answer = s3.get_object(Bucket=self.bucket, Key=key, Range="bytes=0-3")
        head: bytes = answer["Body"].read()
        return head

    def tables(self) -> dict[str, Mapping[str, Any]]:
        """Return the storage descriptor of each table in the catalog."""
        name = only(self.wanted, Database).name
        pages = self.connection.client("glue").get_paginator("get_tables")
        found = (table for page in pages.paginate(DatabaseName=name) for table in page["TableList"])
        return {table["Name"]: table["StorageDescriptor"] for table in found}

    def damage(self) -> set[str]:
        """Delete an alarm, and change a queue and a log group; return the three."""
        client = self.connection.client
        alarm = next(each for each in self.wanted if isinstance(each, Alarm))
        logs_of = next(each for each in self.wanted if isinstance(each, LogGroup))
        queue = Queues.of(self.wanted).crawls
        client("cloudwatch").delete_alarms(AlarmNames=[alarm.name])
        client("logs").put_retention_policy(logGroupName=logs_of.name, retentionInDays=1)
        client("sqs").set_queue_attributes(
            QueueUrl=queue_url(client("sqs"), queue.name),
            Attributes={"VisibilityTimeout": str(queue.visibility_seconds + 1)},
        )
        return {str(each.id) for each in (alarm, logs_of, queue)}
