"""Samples: one described resource of each kind, what can change in it, and how others meddle."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dataflowxpress.aws.resources import (
    AccessLogs,
    Alarm,
    Bucket,
    Classifier,
    Crawler,
    Database,
    EventSource,
    Function,
    Job,
    LogGroup,
    Notification,
    Object,
    PrincipalPermissions,
    Queue,
    Role,
    Rule,
    Schedule,
    SecurityConfiguration,
    Subscription,
    Topic,
)
from dataflowxpress.aws.resources.grant import Grant
from dataflowxpress.planning.naming import Names
from dataflowxpress.planning.resource import Resource, Scope
from dataflowxpress.planning.short_names import digest

S3, EVENTS, GLUE, LAMBDA, SCHEDULER = (
    f"{who}.amazonaws.com" for who in ("s3", "events", "glue", "lambda", "scheduler")
)
READ, WRITE = Grant(("s3:GetObject",), ("*",)), Grant(("s3:PutObject",), ("*",))
LOG_BUCKET, OTHER_LOG_BUCKET = "access-logs", "other-access-logs"
KEY = "arn:aws:kms:eu-west-1:000000000000:key/11111111-2222-3333-4444-555555555555"
CSV = {
    "Delimiter": ",",
    "QuoteSymbol": '"',
    "ContainsHeader": "PRESENT",
    "DisableValueTrimming": False,
    "AllowSingleColumn": True,
}
BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"

Make = Callable[[Scope, str], Any]


@dataclass(frozen=True)
class Sample:
    """A described resource, made from a scope and a unique name."""

    make: Callable[[Scope, str], Resource]
    meddle: Callable[[Any, Any], object]  # client, resource: changes it behind our back
    changes: Mapping[str, Any] = field(default_factory=dict)  # new values, or how to make them
    fixed: frozenset[str] = frozenset()  # what it is known by


def with_all_it_needs(*resources: Resource) -> list[Resource]:
    """Return the resources after all that they hold, in order of need."""

    def walk(resource: Resource) -> Iterator[Resource]:
        for need in resource.needs:
            yield from walk(need)
        yield resource

    return list({each.id: each for one in resources for each in walk(one)}.values())


def archive(code: str, name: str = "handler.py") -> bytes:
    """Return a zip file with a handler."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as zipped:
        zipped.writestr(zipfile.ZipInfo(name), code)
    return package.getvalue()


def queue(here: Scope, name: str) -> Queue:
    return Queue(here, name, visibility_seconds=60)


def role(here: Scope, name: str) -> Role:
    return Role(here, name, trusted=GLUE, grants=(READ,))


def function_role(here: Scope, name: str) -> Role:
    take = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    return Role(here, name, trusted=LAMBDA, grants=(Grant(take, ("*",)),))


def function(here: Scope, name: str) -> Function:
    return Function(
        here,
        name,
        role=function_role(here, name),
        log_group=LogGroup(here, f"/dataflowxpress/{name}"),
        handler="handler.handler",
        code=archive("def handler(event, context): return event"),
        timeout=30,
    )


def classifier(here: Scope, name: str) -> Classifier:
    derived = Classifier.name_of(here, digest(name))  # another name proves no owner
    return Classifier(here, derived, form="CsvClassifier", settings=CSV)


def crawler(here: Scope, name: str) -> Crawler:
    return Crawler(
        here,
        name,
        role=role(here, name),
        database=database(here, name),
        classifier=classifier(here, name),
        path=f"s3://{name}/csv_data/",
        configuration={"Version": 1.0, "CrawlerOutput": {"Tables": {"A": "B"}}},
        log_group=LogGroup(here, f"/dataflowxpress/{name}-crawls"),
    )


def database(here: Scope, name: str) -> Database:
    return Database(here, name.replace("-", "_"), description="Tables")


def job(here: Scope, name: str) -> Job:
    script = Object(here, "scripts/convert.py", bucket=Bucket(here, name), body=b"print()")
    arguments = {"--database": "demo", "--partition_by": "year"}
    return Job(here, name, role=role(here, name), script=script, arguments=arguments)


def notification(here: Scope, name: str) -> Notification:
    bucket = Bucket(here, name)
    return Notification(
        here, name, bucket=bucket, queue=told_by(bucket, name), prefix="csv_data/", suffix=".csv"
    )


def access_logs(here: Scope, name: str) -> AccessLogs:
    bucket = Bucket(here, name)
    return AccessLogs(here, name, bucket=bucket, target=LOG_BUCKET, prefix="logs/")


def make_log_buckets(s3: Any, region: str) -> None:
    """Make the buckets for access logs, which an administrator owns and which admit S3."""
    for bucket in (LOG_BUCKET, OTHER_LOG_BUCKET):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        s3.put_bucket_policy(Bucket=bucket, Policy=document)


def told_by(bucket: Bucket, name: str) -> Queue:
    return Queue(bucket.scope, name, senders=((S3, bucket.arn),))


def rule(here: Scope, name: str) -> Rule:
    sender = (EVENTS, Rule.arn_of(here, (name,)))
    return Rule(
        here,
        name,
        pattern={"source": ["aws.glue"], "detail": {"state": ["Succeeded"]}},
        target=Queue(here, name, senders=(sender,)),
        dead_letters=Queue(here, f"{name}-dead", senders=(sender,)),
    )


def schedule_role(here: Scope, name: str) -> Role:
    return Role(here, name, trusted=SCHEDULER, grants=(Grant(("sqs:SendMessage",), ("*",)),))


def schedule(here: Scope, name: str) -> Schedule:
    return Schedule(
        here,
        Names(here.owner, here.account).of(),  # another name proves no owner
        description=f"Starts {name}",
        expression="cron(0 6 1 1 ? *)",  # a message would change the queue
        time_zone="UTC",
        role=schedule_role(here, name),
        queue=queue(here, name),
        message='{"reason": "schedule"}',
        dead_letters=queue(here, f"{name}-dead"),
    )


def security_configuration(here: Scope, name: str) -> SecurityConfiguration:  # noqa: ARG001
    derived = SecurityConfiguration.name_of(here)  # another name proves no owner
    return SecurityConfiguration(here, derived, kms_key_arn=KEY, bucket_key_arn=KEY)


def encrypt_with_another_key(glue: Any, its: SecurityConfiguration) -> None:
    """Delete a configuration and create another one: Glue has no call to change it."""
    glue.delete_security_configuration(Name=its.name)
    other = replace(its, kms_key_arn=f"{KEY}6")
    other.create(glue, other.desired(), {})


def alarm(here: Scope, name: str) -> Alarm:
    return Alarm(here, name, queue=queue(here, name), topic=Topic(here, name), description="Dead")


def event_source(here: Scope, name: str) -> EventSource:
    return EventSource(
        here, name, function=function(here, name), queue=queue(here, name), maximum_concurrency=2
    )


def principal_permissions(here: Scope, name: str) -> PrincipalPermissions:
    owner, tables = role(here, name), database(here, name)
    return PrincipalPermissions(here, tables.name, role=owner, database=tables)


def subscription(here: Scope, name: str) -> Subscription:
    """Subscribe a queue: it needs nobody to confirm."""
    return Subscription(here, queue(here, name).arn, topic=Topic(here, name), protocol="sqs")


def _given(state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if value is not None}


SAMPLES = {
    "Alarm": Sample(
        alarm,
        lambda cloudwatch, its: cloudwatch.put_metric_alarm(
            **{"AlarmName": its.name, **its.desired(), "Threshold": 99.0}
        ),
        {
            "queue": lambda here, name: queue(here, f"{name}-2"),
            "topic": lambda here, name: Topic(here, f"{name}-2"),
            "description": "Dead letters",
            "threshold": 5,
            "period_seconds": 300,
        },
    ),
    "Bucket": Sample(
        Bucket,
        lambda s3, its: s3.delete_bucket_policy(Bucket=its.name),
        {"versioning": True, "kms_key_arn": KEY},
    ),
    "Classifier": Sample(
        classifier,
        lambda glue, its: glue.update_classifier(
            CsvClassifier={"Name": its.name, **its.desired(), "Delimiter": "#"}
        ),
        {"settings": {**CSV, "Delimiter": ";", "QuoteSymbol": "'", "ContainsHeader": "ABSENT"}},
        frozenset({"form"}),
    ),
    "Crawler": Sample(
        crawler,
        lambda glue, its: glue.update_crawler(Name=its.name, TablePrefix="theirs_"),
        {
            "role": lambda here, name: role(here, f"{name}-2"),
            "database": lambda here, name: database(here, f"{name}-2"),
            "classifier": lambda here, name: None,  # noqa: ARG005 - None is no value to call
            "path": "s3://elsewhere/csv_data/",
            "table_prefix": "raw_",
            "configuration": {"Version": 1.0},
            "recrawl": "CRAWL_NEW_FOLDERS_ONLY",
            "exclusions": ("**/_*",),
            "updates_tables": False,
            "connection": "vpc",
            "security_configuration": security_configuration,
        },
        fixed=frozenset({"permissions", "log_group"}),
    ),
    "Database": Sample(
        database,
        lambda glue, its: glue.update_database(
            Name=its.name, DatabaseInput={"Name": its.name, "Description": "theirs"}
        ),
        {"description": "More tables", "location": "s3://elsewhere/"},
    ),
    "EventSource": Sample(
        event_source,
        lambda lambda_, its: lambda_.update_event_source_mapping(
            UUID=its.read(lambda_, *its.key)["UUID"], FunctionResponseTypes=[]
        ),
        {
            "batch_size": 100,
            "window_seconds": 20,
            "maximum_concurrency": lambda here, name: None,  # noqa: ARG005
            "enabled": False,
        },
        frozenset({"function", "queue"}),
    ),
    "Function": Sample(
        function,
        lambda lambda_, its: lambda_.update_function_configuration(
            FunctionName=its.name, Environment={"Variables": {"MORE": "1"}}
        ),
        {
            "role": lambda here, name: function_role(here, f"{name}-2"),
            "log_group": lambda here, name: LogGroup(here, f"/dataflowxpress/{name}-2"),
            "handler": "handler.other",
            "code": archive("def handler(event, context): return None"),
            "runtime": "python3.12",
            "timeout": 40,
            "memory": 512,
        },
        frozenset({"subnet_ids", "security_group_ids"}),  # see tests/walks/test_network.py
    ),
    "Job": Sample(
        job,
        lambda glue, its: its.update(
            glue, {**its.desired(), "NumberOfWorkers": 9}, frozenset({"NumberOfWorkers"})
        ),
        {
            "role": lambda here, name: role(here, f"{name}-2"),
            "script": "s3://elsewhere/script.py",
            "modules": lambda here, name: Object(
                here, "scripts/dataflow.zip", bucket=Bucket(here, name), body=b"PK"
            ),
            "arguments": {"--database": "demo"},
            "glue_version": "4.0",
            "worker_type": "G.2X",
            "workers": 3,
            "timeout_minutes": 30,
            "max_retries": 1,
            "execution_class": "FLEX",
            "max_concurrent_runs": 2,
            "connection": "vpc",
            "security_configuration": security_configuration,
        },
        frozenset({"log_groups"}),
    ),
    "LogGroup": Sample(
        lambda here, name: LogGroup(here, f"/dataflowxpress/{name}"),
        lambda logs, its: logs.delete_retention_policy(logGroupName=its.name),
        {"retention_days": 7},
        frozenset({"kms_key_arn"}),  # needs a key: see tests/walks/test_encryption.py
    ),
    "AccessLogs": Sample(
        access_logs,
        lambda s3, its: s3.put_bucket_logging(Bucket=its.bucket.name, BucketLoggingStatus={}),
        {"prefix": "other/"},
        frozenset({"bucket", "target"}),  # target: see tests/walks/test_access_logs.py
    ),
    "Notification": Sample(
        notification,
        lambda s3, its: s3.put_bucket_notification_configuration(
            Bucket=its.bucket.name,
            NotificationConfiguration={
                "QueueConfigurations": [
                    {"Id": its.name, "QueueArn": its.queue.arn, "Events": ["s3:ObjectRemoved:*"]}
                ]
            },
        ),
        {
            "queue": lambda here, name: told_by(Bucket(here, name), f"{name}-2"),
            "prefix": "other_data/",
            "suffix": ".tsv",
            "events": ("s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"),
        },
        frozenset({"bucket", "instead_of"}),
    ),
    "Object": Sample(
        lambda here, name: Object(here, "csv_data/", bucket=Bucket(here, name), body=b""),
        lambda s3, its: s3.put_object(Bucket=its.bucket.name, Key=its.name, Body=b"theirs"),
        {"body": b"other", "content_type": "text/x-python"},
        frozenset({"bucket"}),
    ),
    "Queue": Sample(
        lambda here, name: Queue(
            here,
            name,
            visibility_seconds=60,
            dead_letters=queue(here, f"{name}-dead"),
            attempts=3,
            senders=((S3, f"arn:aws:s3:::{name}"),),
        ),
        lambda sqs, its: sqs.set_queue_attributes(
            QueueUrl=sqs.get_queue_url(QueueName=its.name)["QueueUrl"], Attributes={"Policy": ""}
        ),
        {
            "visibility_seconds": 90,
            "retention_seconds": 3600,
            "dead_letters": lambda here, name: None,  # noqa: ARG005
            "attempts": 5,
            "senders": (),
            "kms_key_arn": KEY,
        },
    ),
    "Role": Sample(
        role,
        lambda iam, its: iam.put_role_policy(
            RoleName=its.name,
            PolicyName="pipeline",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [WRITE.statement]}),
        ),
        {"trusted": LAMBDA, "grants": (READ, WRITE), "permissions_boundary": BOUNDARY},
    ),
    "Rule": Sample(
        rule,
        lambda events, its: events.remove_targets(Rule=its.name, Ids=["target"]),
        {
            "pattern": {"source": ["aws.glue"]},
            "target": Topic,
            "dead_letters": lambda here, name: None,  # noqa: ARG005
            "enabled": False,
        },
    ),
    "Schedule": Sample(
        schedule,
        lambda scheduler, its: scheduler.update_schedule(
            **{"Name": its.name, **_given(its.desired()), "ScheduleExpression": "cron(0 7 1 1 ? *)"}
        ),
        {
            "description": "Starts another pipeline",
            "expression": "cron(0 8 1 1 ? *)",
            "time_zone": "Europe/Berlin",
            "role": lambda here, name: schedule_role(here, f"{name}-2"),
            "queue": lambda here, name: queue(here, f"{name}-2"),
            "message": "{}",
            "dead_letters": lambda here, name: queue(here, f"{name}-2"),
            "enabled": False,
        },
    ),
    "SecurityConfiguration": Sample(
        security_configuration,
        encrypt_with_another_key,
        {"kms_key_arn": f"{KEY}6", "bucket_key_arn": f"{KEY}6"},
    ),
    "PrincipalPermissions": Sample(
        principal_permissions,
        lambda lakeformation, its: lakeformation.revoke_permissions(
            Principal={"DataLakePrincipalIdentifier": its.role.arn},
            Resource={"Database": {"Name": its.database.name}},
            Permissions=["CREATE_TABLE"],
        ),
        fixed=frozenset({"role", "database"}),
    ),
    "Subscription": Sample(
        subscription,
        lambda sns, its: sns.unsubscribe(
            SubscriptionArn=its.read(sns, *its.key)["SubscriptionArn"]
        ),
        fixed=frozenset({"topic", "protocol", "requested_at"}),
    ),
    "Topic": Sample(
        lambda here, name: Topic(here, name, display_name="Pipeline"),
        lambda sns, its: sns.set_topic_attributes(
            TopicArn=its.arn, AttributeName="DisplayName", AttributeValue="theirs"
        ),
        {"display_name": "Orders", "publishers": (EVENTS,), "kms_key_arn": KEY},
    ),
}
