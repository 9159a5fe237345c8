"""Configuration: the resources of a pipeline for the Terraform AWS provider.

It follows from the description that the operator applies, so that both create the same. Each
Terraform resource depends on the Terraform resources of what its own resource refers to.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from functools import singledispatchmethod
from pathlib import Path
from typing import Any, NamedTuple

from dataflowxpress.api.resource_id import Id
from dataflowxpress.aws.resources import (
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
    Queue,
    Role,
    Rule,
    Topic,
)
from dataflowxpress.aws.resources.facets import FACETS
from dataflowxpress.planning.resource import Resource

PROVIDER = {"source": "hashicorp/aws", "version": "~> 5.100"}
FILE = "main.tf.json"


class Block(NamedTuple):
    """One Terraform resource; *after* is true if it configures the first one of its resource."""

    type: str
    arguments: dict[str, Any]
    after: bool = False


def write(directory: Path, resources: list[Resource], region: str) -> int:
    """Write the configuration of *resources*; return its number of Terraform resources."""
    blocks = Blocks(directory)
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    addresses: dict[Id, str] = {}
    for number, resource in enumerate(resources):
        name = f"r{number}"
        needed = [addresses[each.id] for each in resource.needs]
        for block in blocks.of(resource):
            address = f"{block.type}.{name}"
            first = addresses.setdefault(resource.id, address)
            depends = [*needed, first] if block.after else needed
            found[block.type][name] = {**block.arguments, "depends_on": depends}
    document = {
        "terraform": {"required_providers": {"aws": PROVIDER}},
        "provider": {"aws": {"region": region, "s3_use_path_style": True}},
        "resource": found,
    }
    (directory / FILE).write_text(json.dumps(document, indent=1))
    return sum(map(len, found.values()))


class Blocks:
    """Translates resources; files with their contents go to *directory*."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def _file(self, content: bytes, name: str) -> str:
        path = self._directory / name.strip("/").replace("/", "-")
        path.write_bytes(content)
        return str(path)

    @singledispatchmethod
    def of(self, resource: Resource) -> Iterator[Block]:
        """Yield the Terraform resources of a resource."""
        raise NotImplementedError(
            f"{resource.id}: Terraform's part of the benchmark lacks the kind"
        )

    @of.register
    def _(self, bucket: Bucket) -> Iterator[Block]:
        want = bucket.desired()
        if set(want) != set(FACETS) or want["Versioning"]:
            raise NotImplementedError(
                f"{bucket.id}: another configuration than that of a new bucket"
            )
        about = {"bucket": bucket.name}
        yield Block("aws_s3_bucket", {**about, "force_destroy": True, "tags": _tags(bucket)})
        ownership = {"rule": {"object_ownership": want["Ownership"]}}
        yield Block("aws_s3_bucket_ownership_controls", {**about, **ownership}, after=True)
        yield Block(
            "aws_s3_bucket_policy", {**about, "policy": json.dumps(want["Policy"])}, after=True
        )
        blocks = {_snake(name): value for name, value in want["PublicAccessBlock"].items()}
        yield Block("aws_s3_bucket_public_access_block", {**about, **blocks}, after=True)
        rule = {
            "apply_server_side_encryption_by_default": {
                "sse_algorithm": want["Encryption"]["SSEAlgorithm"]
            }
        }
        kind = "aws_s3_bucket_server_side_encryption_configuration"
        yield Block(kind, {**about, "rule": rule}, after=True)

    @of.register
    def _(self, item: Object) -> Iterator[Block]:
        source = self._file(item.body, f"object-{item.name}")
        yield Block(
            "aws_s3_object", {"bucket": item.bucket.name, "key": item.name, "source": source}
        )

    @of.register
    def _(self, database: Database) -> Iterator[Block]:
        about = {"name": database.name, "description": database.description}
        yield Block("aws_glue_catalog_database", {**about, "tags": _tags(database)})

    @of.register
    def _(self, topic: Topic) -> Iterator[Block]:
        want = topic.desired()
        about = {"name": topic.name, "display_name": want["DisplayName"], "tags": _tags(topic)}
        yield Block("aws_sns_topic", {**about, "policy": json.dumps(want["Policy"])})

    @of.register
    def _(self, role: Role) -> Iterator[Block]:
        want = role.desired()
        trust = json.dumps(want["AssumeRolePolicyDocument"])
        about = {"name": role.name, "assume_role_policy": trust, "tags": _tags(role)}
        yield Block("aws_iam_role", about)
        granted = {"name": "pipeline", "role": role.name, "policy": json.dumps(want["Policy"])}
        yield Block("aws_iam_role_policy", granted, after=True)

    @of.register
    def _(self, queue: Queue) -> Iterator[Block]:
        want = queue.desired()
        redrive = want["RedrivePolicy"]
        yield Block(
            "aws_sqs_queue",
            {
                "name": queue.name,
                "visibility_timeout_seconds": queue.visibility_seconds,
                "message_retention_seconds": queue.retention_seconds,
                "sqs_managed_sse_enabled": True,
                "policy": json.dumps(want["Policy"]),
                **({"redrive_policy": _compact(redrive)} if redrive else {}),
                "tags": _tags(queue),
            },
        )

    @of.register
    def _(self, rule: Notification) -> Iterator[Block]:
        queue = {
            "id": rule.name,
            "queue_arn": rule.queue.arn,
            "events": list(rule.events),
            "filter_prefix": rule.prefix,
        }
        yield Block("aws_s3_bucket_notification", {"bucket": rule.bucket.name, "queue": [queue]})

    @of.register
    def _(self, classifier: Classifier) -> Iterator[Block]:
        settings = {_snake(name): value for name, value in classifier.settings.items()}
        about = {"name": classifier.name, "csv_classifier": settings}
        yield Block("aws_glue_classifier", about)

    @of.register
    def _(self, crawler: Crawler) -> Iterator[Block]:
        want = crawler.desired()
        yield Block(
            "aws_glue_crawler",
            {
                "name": crawler.name,
                "role": crawler.role.arn,
                "database_name": crawler.database.name,
                "classifiers": want["Classifiers"],
                "s3_target": [{"path": crawler.path}],
                "configuration": json.dumps(want["Configuration"]),
                "recrawl_policy": {"recrawl_behavior": crawler.recrawl},
                "schema_change_policy": _snaked(want["SchemaChangePolicy"]),
                "tags": _tags(crawler),
            },
        )

    @of.register
    def _(self, group: LogGroup) -> Iterator[Block]:
        about = {"name": group.name, "retention_in_days": group.retention_days}
        yield Block("aws_cloudwatch_log_group", {**about, "tags": _tags(group)})

    @of.register
    def _(self, function: Function) -> Iterator[Block]:
        want = function.desired()
        yield Block(
            "aws_lambda_function",
            {
                "function_name": function.name,
                "role": function.role.arn,
                "handler": function.handler,
                "runtime": function.runtime,
                "timeout": function.timeout,
                "memory_size": function.memory,
                "filename": self._file(function.code, f"{function.name}.zip"),
                "source_code_hash": want["CodeSha256"],
                "logging_config": {"log_format": "JSON", "log_group": function.log_group.name},
                "tags": _tags(function),
            },
        )

    @of.register
    def _(self, source: EventSource) -> Iterator[Block]:
        want = source.desired()
        scaling = want["ScalingConfig"]
        yield Block(
            "aws_lambda_event_source_mapping",
            {
                "function_name": source.function.name,
                "event_source_arn": source.queue.arn,
                "batch_size": want["BatchSize"],
                "maximum_batching_window_in_seconds": want["MaximumBatchingWindowInSeconds"],
                "function_response_types": want["FunctionResponseTypes"],
                "enabled": source.enabled,
                **({"scaling_config": _snaked(scaling)} if scaling else {}),
            },
        )

    @of.register
    def _(self, rule: Rule) -> Iterator[Block]:
        want = rule.desired()
        pattern = json.dumps(want["EventPattern"])
        about = {"name": rule.name, "event_pattern": pattern, "state": want["State"]}
        yield Block("aws_cloudwatch_event_rule", {**about, "tags": _tags(rule)})
        target = {"rule": rule.name, "target_id": "target", "arn": rule.target.arn}
        dead = {"dead_letter_config": {"arn": rule.dead_letters.arn}} if rule.dead_letters else {}
        yield Block("aws_cloudwatch_event_target", {**target, **dead}, after=True)

    @of.register
    def _(self, job: Job) -> Iterator[Block]:
        want = job.desired()
        yield Block(
            "aws_glue_job",
            {
                "name": job.name,
                "role_arn": job.role.arn,
                "command": {
                    "name": "glueetl",
                    "script_location": want["Command"]["ScriptLocation"],
                    "python_version": "3",
                },
                "default_arguments": dict(want["DefaultArguments"]),
                "glue_version": job.glue_version,
                "worker_type": job.worker_type,
                "number_of_workers": job.workers,
                "timeout": job.timeout_minutes,
                "max_retries": job.max_retries,
                "execution_class": job.execution_class,
                "execution_property": {"max_concurrent_runs": job.max_concurrent_runs},
                "tags": _tags(job),
            },
        )

    @of.register
    def _(self, alarm: Alarm) -> Iterator[Block]:
        want = alarm.desired()
        yield Block(
            "aws_cloudwatch_metric_alarm",
            {
                "alarm_name": alarm.name,
                "alarm_description": want["AlarmDescription"],
                "alarm_actions": want["AlarmActions"],
                "namespace": want["Namespace"],
                "metric_name": want["MetricName"],
                "dimensions": {"QueueName": alarm.queue.name},
                "statistic": want["Statistic"],
                "period": want["Period"],
                "evaluation_periods": want["EvaluationPeriods"],
                "comparison_operator": want["ComparisonOperator"],
                "threshold": want["Threshold"],
                "treat_missing_data": want["TreatMissingData"],
                "tags": _tags(alarm),
            },
        )


def _compact(value: Any) -> str:
    """Return JSON as Terraform writes it; otherwise, each plan shows a change of white space."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _tags(resource: Resource) -> dict[str, str]:
    return resource.scope.all_tags


def _snaked(value: dict[str, Any]) -> dict[str, Any]:
    return {_snake(name): inner for name, inner in value.items()}


def _snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name).lstrip("_")
