"""Flow: the architecture on one page, in the order in which data flows. Pure."""

from __future__ import annotations

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import Alarm, Object, Rule, Subscription
from dataflowxpress.planning.resource import Resource, Scope

from . import patterns, permissions, settings
from .code import Code
from .parts import EVENTS, GLUE, S3, Parts


def blueprint(
    spec: DataPipelineSpec, here: Scope, *, script: bytes | None = None
) -> list[Resource]:
    """Return the resources of *spec*; *script* is the user's own, where it comes with the spec."""
    its = Parts(spec, here)

    # What holds the data, and who tells of it.
    bucket, database, topic = its.bucket(), its.database(), its.topic()
    folders = [Object(here, prefix, bucket=bucket, body=b"") for prefix in its.prefixes]
    worker = its.role("glue", GLUE, *permissions.of_glue(spec, here, bucket, database))

    # Upload -> queue: it keeps what arrives while the crawler runs.
    dead_uploads = its.dead_letters("uploads")
    uploads = its.queue("uploads", dead_uploads, (S3, bucket.arn))
    uploaded = its.notification(bucket, uploads)

    # Queue -> crawl: only the source prefix is looked at, so Parquet never feeds itself.
    classifier = its.classifier()
    crawler = its.crawler(worker, database, classifier, bucket)
    start_crawler = its.function(
        "start-crawler",
        spec.functions.start_crawler,
        takes_from=uploads,
        may=[permissions.to_start_crawler(crawler)],
        environment=settings.to_start_crawler(spec, crawler, bucket),
    )
    feed_crawler = its.feed(
        start_crawler, uploads, spec.trigger.batch_window_seconds, held=spec.suspend
    )

    # Crawl succeeded -> queue -> job: it keeps the news while the job runs.
    dead_crawls = its.dead_letters("crawls", its.rule_arn("crawled"))
    crawls = its.queue("crawls", dead_crawls, (EVENTS, its.rule_arn("crawled")))
    crawled = Rule(
        here,
        its.names.of("crawled"),
        pattern=patterns.crawl_ended(crawler, "Succeeded"),
        target=crawls,
        dead_letters=dead_crawls,
    )
    code = Code.of(spec, here, bucket, script)
    job_logs = its.job_logs()
    arguments = settings.to_convert(spec, here.owner, bucket, database, job_logs)
    job = its.job(worker, code, arguments)
    start_job = its.function(
        "start-job",
        spec.functions.start_job,
        takes_from=crawls,
        may=[permissions.to_start_job(job)],
        environment={"JOB": job.name},
    )
    feed_job = its.feed(start_job, crawls, held=spec.suspend)

    # What ended -> queue -> mail, with the figures that Glue's events do not carry.
    unsent = its.dead_letters("unsent", its.rule_arn("ended"))
    outcomes = its.queue("outcomes", unsent, (EVENTS, its.rule_arn("ended")))
    asked = spec.notifications.outcomes
    ended = Rule(
        here,
        its.names.of("ended"),
        pattern=patterns.told(crawler, job, asked or ("Succeeded", "Failed")),
        target=outcomes,
        dead_letters=unsent,
        enabled=bool(asked),
    )
    tell = its.function(
        "tell",
        spec.functions.tell,
        takes_from=outcomes,
        may=permissions.to_tell(spec, bucket, topic),
        environment=settings.to_tell(spec, here.owner, bucket, topic, job_logs),
    )
    feed_tell = its.feed(tell, outcomes)
    readers = [
        Subscription(here, mail, topic=topic) for mail in dict.fromkeys(spec.notifications.emails)
    ]
    alarms = [
        Alarm(here, queue.name, queue=queue, topic=topic, description=its.alarm_text(queue))
        for queue in (dead_uploads, dead_crawls, unsent)
    ]

    return [
        *(bucket, *folders, database, topic, worker),
        *(dead_uploads, uploads, uploaded, *([classifier] if classifier else []), crawler),
        *(start_crawler.log_group, start_crawler.role, start_crawler, feed_crawler),
        *(dead_crawls, crawls, crawled, *code.objects, job_logs, job),
        *(start_job.log_group, start_job.role, start_job, feed_job),
        *(unsent, outcomes, ended, tell.log_group, tell.role, tell, feed_tell),
        *(*readers, *alarms),
    ]
