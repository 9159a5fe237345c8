"""Crawling: the resources between the upload queue and the queue that starts the job. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import Bucket, Crawler, Queue, Rule
from dataflowxpress.planning.resource import Resource

from . import patterns, permissions, settings
from .factory import EVENTS, ResourceFactory


@dataclass(frozen=True)
class Crawling:
    """A crawl after uploads, and the queue of the events that end it."""

    crawler: Crawler
    queue: Queue
    dead_letters: tuple[Queue, ...]
    resources: tuple[Resource, ...]  # in the order of the data flow

    @classmethod
    def of(
        cls,
        spec: DataPipelineSpec,
        factory: ResourceFactory,
        uploads: Queue,
        crawler: Crawler,
        bucket: Bucket,
    ) -> Crawling:
        """Return the crawl that messages in *uploads* start."""
        start = factory.function(
            "start-crawler",
            spec.functions.start_crawler,
            source=uploads,
            grants=[permissions.to_start_crawler(crawler)],
            settings=settings.to_start_crawler(spec, crawler, bucket),
        )
        source = factory.event_source(
            start, uploads, spec.trigger.batch_window_seconds, suspended=spec.suspend
        )
        # Crawl succeeded or failed -> queue; it buffers events while the job runs.
        dead = factory.dead_letters("crawls", factory.rule_arn("crawled"))
        queue = factory.queue("crawls", dead, (EVENTS, factory.rule_arn("crawled")))
        ended = Rule(
            factory.scope,
            factory.names.of("crawled"),
            pattern=patterns.crawl_ended(crawler),
            target=queue,
            dead_letters=dead,
        )
        classifier = (crawler.classifier,) if crawler.classifier else ()
        starts = (*classifier, crawler, start.log_group, start.role, start, source)
        return cls(crawler, queue, (dead,), (*starts, dead, queue, ended))
