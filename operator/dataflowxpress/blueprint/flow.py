"""Flow: the resources of a pipeline on one page, in the order of the data flow. Pure."""

from __future__ import annotations

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import Alarm, Object, Rule, Subscription
from dataflowxpress.aws.resources.log_group import OF_CRAWLERS
from dataflowxpress.planning.resource import Resource, Scope

from . import (
    encryption_permissions,
    network_permissions,
    patterns,
    permissions,
    settings,
    trigger_permissions,
)
from .code import Code
from .crawling import Crawling, CrawlRequests
from .factory import GLUE, S3, ResourceFactory
from .queue_factory import EVENTS


def blueprint(
    spec: DataPipelineSpec, scope: Scope, *, script: bytes | None = None
) -> list[Resource]:
    """Return the resources of *spec*; *script* is the content of an inline custom script."""
    factory = ResourceFactory(spec, scope)

    # Storage, catalog and notifications.
    bucket, database, topic = factory.bucket(), factory.database(), factory.topic()
    folders = [Object(scope, prefix, bucket=bucket, body=b"") for prefix in factory.prefixes]
    job_logs, crawler_logs = factory.job_logs(), factory.crawler_logs()
    log_groups = (crawler_logs or OF_CRAWLERS, *job_logs.groups)
    requests = CrawlRequests.of(spec, factory, database, bucket)
    glue_role = factory.role(
        "glue",
        GLUE,
        *permissions.of_glue(spec, scope, bucket, database, log_groups),
        *network_permissions.of_glue(spec, scope),
        *encryption_permissions.of_glue(spec, job_logs, crawler_logs),
        *(requests.grants if requests else ()),
    )

    # Upload or schedule -> queue, which buffers uploads while the crawler or the job runs.
    dead_uploads = factory.queues.dead_letters("uploads")
    on_upload = spec.trigger.on_upload
    uploads = factory.queues.of("uploads", dead_uploads, *([(S3, bucket.arn)] if on_upload else []))
    uploaded = [factory.notification(bucket, uploads)] if on_upload else []
    schedules = [factory.schedule(uploads, dead_uploads)] if spec.trigger.schedule else []

    # Queue -> crawl of the source prefix only, so that Parquet output starts no crawl -> queue.
    grants = factory.principal_permissions(glue_role, database)
    crawling = (
        Crawling.of(
            spec,
            factory,
            uploads,
            requests,
            factory.crawler(glue_role, database, bucket, grants),
            bucket,
        )
        if spec.crawls != "Never"
        else None
    )
    # Queues -> job: that of the uploads, and that of the crawls that ended.
    code = Code.of(spec, scope, bucket, script)
    arguments = settings.to_convert(
        spec, scope.owner, bucket, database, requests.arguments if requests else {}
    )
    job = factory.job(glue_role, code, job_logs, arguments)
    windows = [(uploads, spec.trigger.batch_window_seconds)] if spec.crawls != "Always" else []
    windows += [(crawling.queue, 0)] if crawling else []
    first = crawling.before_the_first_run(spec) if crawling else ((), {})
    start_job = factory.function(
        "start-job",
        spec.functions.start_job,
        sources=[queue for queue, _ in windows],
        grants=[*trigger_permissions.to_start_job(spec, job, bucket), *first[0]],
        settings={**settings.to_start_job(spec, job, bucket), **first[1]},
    )
    job_sources = [
        factory.queues.event_source(start_job, queue, window, suspended=spec.suspend)
        for queue, window in windows
    ]

    # Outcome -> queue -> email, with figures that Glue's events do not contain.
    unsent = factory.queues.dead_letters("unsent", factory.rule_arn("ended"))
    outcomes = factory.queues.of("outcomes", unsent, (EVENTS, factory.rule_arn("ended")))
    notified = spec.notifications.outcomes
    ended = Rule(
        scope,
        factory.names.of("ended"),
        pattern=patterns.notified(
            crawling.crawler if crawling else None, job, notified or ("Succeeded", "Failed")
        ),
        target=outcomes,
        dead_letters=unsent,
        enabled=bool(notified),
    )
    notify = factory.function(
        "notify",
        spec.functions.notify,
        sources=[outcomes],
        grants=permissions.to_notify(spec, bucket, topic, job),
        settings=settings.to_notify(spec, bucket, topic, job, crawler_logs),
    )
    notify_source = factory.queues.event_source(notify, outcomes)
    subscriptions = [
        Subscription(scope, mail, topic=topic) for mail in dict.fromkeys(spec.notifications.emails)
    ]
    alarms = [
        Alarm(
            scope,
            queue.name,
            queue=queue,
            topic=topic,
            description=factory.queues.alarm_text(queue),
        )
        for queue in (dead_uploads, *(crawling.dead_letters if crawling else ()), unsent)
    ]

    return [
        *(
            bucket,
            *filter(None, (factory.access_logs(bucket),)),
            *folders,
            database,
            topic,
            glue_role,
        ),
        *(dead_uploads, uploads, *uploaded, *filter(None, (grants,))),
        *(each for schedule in schedules for each in (schedule.role, schedule)),
        *(crawling.resources if crawling else ()),
        *filter(None, (factory.security_configuration(),)),
        *(*code.objects, *job_logs.owned, job),
        *(start_job.log_group, start_job.role, start_job, *job_sources),
        *(unsent, outcomes, ended, notify.log_group, notify.role, notify, notify_source),
        *(*subscriptions, *alarms),
    ]
