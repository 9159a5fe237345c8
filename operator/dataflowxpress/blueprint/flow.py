"""Flow: the resources of a pipeline on one page, in the order of the data flow. Pure."""

from __future__ import annotations

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import Alarm, Object, Rule, Subscription
from dataflowxpress.planning.resource import Resource, Scope

from . import patterns, permissions, settings
from .code import Code
from .crawling import Crawling
from .factory import EVENTS, GLUE, S3, ResourceFactory


def blueprint(
    spec: DataPipelineSpec, scope: Scope, *, script: bytes | None = None
) -> list[Resource]:
    """Return the resources of *spec*; *script* is the content of an inline custom script."""
    factory = ResourceFactory(spec, scope)

    # Storage, catalog and notifications.
    bucket, database, topic = factory.bucket(), factory.database(), factory.topic()
    folders = [Object(scope, prefix, bucket=bucket, body=b"") for prefix in factory.prefixes]
    job_logs = factory.job_logs()
    glue_role = factory.role(
        "glue", GLUE, *permissions.of_glue(spec, scope, bucket, database, job_logs.groups)
    )

    # Upload -> queue, which buffers uploads while the crawler runs.
    dead_uploads = factory.dead_letters("uploads")
    uploads = factory.queue("uploads", dead_uploads, (S3, bucket.arn))
    uploaded = factory.notification(bucket, uploads)

    # Queue -> crawl of the source prefix only, so that Parquet output starts no crawl -> queue.
    grants = factory.principal_permissions(glue_role, database)
    crawling = (
        Crawling.of(
            spec, factory, uploads, factory.crawler(glue_role, database, bucket, grants), bucket
        )
        if spec.crawler.enabled
        else None
    )
    # Queue -> job: without a crawler, it is the queue of the uploads.
    work = crawling.queue if crawling else uploads
    window = 0 if crawling else spec.trigger.batch_window_seconds
    code = Code.of(spec, scope, bucket, script)
    arguments = settings.to_convert(spec, scope.owner, bucket, database)
    job = factory.job(glue_role, code, job_logs, arguments)
    start_job = factory.function(
        "start-job",
        spec.functions.start_job,
        source=work,
        grants=[permissions.to_start_job(job)],
        settings=settings.to_start_job(spec, job, bucket),
    )
    job_source = factory.event_source(start_job, work, window, suspended=spec.suspend)

    # Outcome -> queue -> email, with figures that Glue's events do not contain.
    unsent = factory.dead_letters("unsent", factory.rule_arn("ended"))
    outcomes = factory.queue("outcomes", unsent, (EVENTS, factory.rule_arn("ended")))
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
        source=outcomes,
        grants=permissions.to_notify(spec, bucket, topic),
        settings=settings.to_notify(spec, scope.owner, bucket, topic, job),
    )
    notify_source = factory.event_source(notify, outcomes)
    subscriptions = [
        Subscription(scope, mail, topic=topic) for mail in dict.fromkeys(spec.notifications.emails)
    ]
    alarms = [
        Alarm(scope, queue.name, queue=queue, topic=topic, description=factory.alarm_text(queue))
        for queue in (dead_uploads, *(crawling.dead_letters if crawling else ()), unsent)
    ]

    return [
        *(bucket, *folders, database, topic, glue_role),
        *(dead_uploads, uploads, uploaded, *filter(None, (grants,))),
        *(crawling.resources if crawling else ()),
        *(*code.objects, *job_logs.owned, job),
        *(start_job.log_group, start_job.role, start_job, job_source),
        *(unsent, outcomes, ended, notify.log_group, notify.role, notify, notify_source),
        *(*subscriptions, *alarms),
    ]
