"""Crawling: the resources between what requests a crawl and the queue that starts the job. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import Bucket, Crawler, Database, Queue, Rule
from dataflowxpress.aws.resources.grant import Grant
from dataflowxpress.planning.resource import Resource

from . import patterns, settings, trigger_permissions
from .factory import GLUE, ResourceFactory
from .queue_factory import EVENTS


@dataclass(frozen=True)
class CrawlRequests:
    """The queue through which the job requests crawls of columns that the catalog does not have."""

    queue: Queue
    dead_letters: Queue
    crawler: Crawler

    @classmethod
    def of(
        cls, spec: DataPipelineSpec, factory: ResourceFactory, database: Database, bucket: Bucket
    ) -> CrawlRequests | None:
        """Return the queue, or None if the job requests no crawls.

        The role of the job names the crawler, and the crawler has this role. So the crawler here
        has a role without permissions.
        """
        if spec.crawls != "NewColumns":
            return None
        dead = factory.queues.dead_letters("crawl-requests")
        crawler = factory.crawler(factory.role("glue", GLUE), database, bucket, None)
        return cls(factory.queues.of("crawl-requests", dead), dead, crawler)

    @property
    def arguments(self) -> dict[str, str]:
        """The arguments of the job."""
        return {"--crawler": self.crawler.name, "--crawl_queue": self.queue.name}

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The permissions of the job."""
        return trigger_permissions.to_request_crawls(self.crawler, self.queue)


@dataclass(frozen=True)
class Crawling:
    """A crawl after uploads or requests, and the queue of the events that end it."""

    crawler: Crawler
    requests: CrawlRequests | None
    queue: Queue
    dead_letters: tuple[Queue, ...]
    resources: tuple[Resource, ...]  # in the order of the data flow

    @classmethod
    def of(  # noqa: PLR0913, PLR0917 - the resources that a crawl needs
        cls,
        spec: DataPipelineSpec,
        factory: ResourceFactory,
        uploads: Queue,
        requests: CrawlRequests | None,
        crawler: Crawler,
        bucket: Bucket,
    ) -> Crawling:
        """Return the crawl that messages in *uploads* start, or in *requests* if there are any."""
        source = requests.queue if requests else uploads
        start = factory.function(
            "start-crawler",
            spec.functions.start_crawler,
            sources=[source],
            grants=trigger_permissions.to_start_crawler(spec, crawler, bucket),
            settings=settings.to_start_crawler(spec, crawler, bucket),
        )
        window = 0 if requests else spec.trigger.batch_window_seconds
        mapping = factory.queues.event_source(start, source, window, suspended=spec.suspend)
        # Crawl succeeded or failed -> queue; it buffers events while the job runs.
        dead = factory.queues.dead_letters("crawls", factory.rule_arn("crawled"))
        queue = factory.queues.of("crawls", dead, (EVENTS, factory.rule_arn("crawled")))
        ended = Rule(
            factory.scope,
            factory.names.of("crawled"),
            pattern=patterns.crawl_ended(crawler),
            target=queue,
            dead_letters=dead,
        )
        parts = filter(None, (crawler.classifier, crawler.log_group))
        requested = (requests.dead_letters, requests.queue) if requests else ()
        starts = (*parts, crawler, start.log_group, start.role, start, mapping)
        return cls(
            crawler,
            requests,
            queue,
            (*requested[:1], dead),
            (*requested, *starts, dead, queue, ended),
        )

    def before_the_first_run(
        self, spec: DataPipelineSpec
    ) -> tuple[tuple[Grant, ...], dict[str, str]]:
        """Return the permissions and settings to request a crawl in place of the first run.

        Declared columns need no crawl, so that the first run can convert objects with them.
        """
        if self.requests is None or spec.source.columns:
            return (), {}
        queue = self.requests.queue
        return (
            trigger_permissions.to_request_crawls(self.crawler, queue),
            settings.to_request_first_crawl(self.crawler, queue),
        )
