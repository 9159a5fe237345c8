"""Leftovers: all that there is in an AWS account, of the kinds that pipelines are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dataflowxpress.aws.paging import pages

Client = Callable[[str], Any]


def leftovers(client: Client) -> list[str]:
    """Return kind and name of all that is there, whoever made it."""
    return sorted(_all(client))


def _all(client: Client) -> Iterator[str]:
    glue = client("glue")
    for database in _each(glue, "get_databases", "DatabaseList"):
        yield f"Database {database['Name']}"
        for table in _each(glue, "get_tables", "TableList", DatabaseName=database["Name"]):
            yield f"Table {database['Name']}.{table['Name']}"
    for kind, service, call, answer, name in _LISTED:
        for item in _each(client(service), call, answer):
            which = item[name] if name else item
            if which not in _GLUES_OWN:
                yield f"{kind} {which}"
    for classifier in _each(glue, "get_classifiers", "Classifiers"):
        yield from (f"Classifier {one['Name']}" for one in classifier.values())


def _each(client: Any, call: str, answer: str, **about: Any) -> Iterator[Any]:
    """Yield what a list call returns, from all pages."""
    for page in pages(client, call, **about):
        yield from page.get(answer, ())


# Log groups that Glue makes at the first crawl or run of an account, and shares among all.
_GLUES_OWN = {"/aws-glue/crawlers", "/aws-glue/jobs/output", "/aws-glue/jobs/error"}
_LISTED = [
    ("Alarm", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("Bucket", "s3", "list_buckets", "Buckets", "Name"),
    ("Crawler", "glue", "get_crawlers", "Crawlers", "Name"),
    ("EventSource", "lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    ("Function", "lambda", "list_functions", "Functions", "FunctionName"),
    ("Job", "glue", "get_jobs", "Jobs", "Name"),
    ("LogGroup", "logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("Queue", "sqs", "list_queues", "QueueUrls", ""),
    ("Role", "iam", "list_roles", "Roles", "RoleName"),
    ("Rule", "events", "list_rules", "Rules", "Name"),
    ("Schedule", "scheduler", "list_schedules", "Schedules", "Name"),
    (
        *("SecurityConfiguration", "glue", "get_security_configurations"),
        *("SecurityConfigurations", "Name"),
    ),
    ("Subscription", "sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    ("Topic", "sns", "list_topics", "Topics", "TopicArn"),
]
