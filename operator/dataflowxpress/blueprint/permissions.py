"""Permissions: the least privileges of each role of a pipeline."""

from __future__ import annotations

from typing import Any

from dataflowxpress.api.spec import RESERVED_PREFIX, DataPipelineSpec
from dataflowxpress.aws.resources import Bucket, Crawler, Database, Job, LogGroup, Queue, Topic
from dataflowxpress.aws.resources.policy import Statement
from dataflowxpress.planning.resource import Scope


def allow(*actions: str, on: str | list[str], **condition: Any) -> Statement:
    """Return a statement that allows *actions* on the ARNs *on*."""
    conditions = {"Condition": condition["when"]} if "when" in condition else {}
    listed: str | list[str] = actions[0] if len(actions) == 1 else list(actions)
    return {"Effect": "Allow", "Action": listed, "Resource": on, **conditions}


def of_function(queue: Queue, logs: LogGroup) -> tuple[Statement, ...]:
    """Return the permissions to consume *queue* and to write to *logs*."""
    return (
        allow(
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            on=queue.arn,
        ),
        allow("logs:CreateLogStream", "logs:PutLogEvents", on=f"{logs.arn}:*"),
    )


def to_start_crawler(crawler: Crawler) -> Statement:
    """Return the permission to start *crawler*."""
    return allow("glue:StartCrawler", on=crawler.arn)


def to_start_job(job: Job) -> Statement:
    """Return the permission to start *job*."""
    return allow("glue:StartJobRun", on=job.arn)


def to_notify(spec: DataPipelineSpec, bucket: Bucket, topic: Topic) -> tuple[Statement, ...]:
    """Return the permissions to read manifests, to publish, and to record notified events."""
    reserved = f"{bucket.arn}/{RESERVED_PREFIX}"
    statements = [
        allow("sns:Publish", on=topic.arn),
        allow("s3:ListBucket", on=bucket.arn),
        allow(
            "s3:GetObject",
            on=[f"{reserved}{part}/*" for part in ("manifests", "runs", "snapshots")],
        ),
        allow("s3:PutObject", on=f"{reserved}notified/*"),
    ]
    if spec.bucket.kms_key_arn:
        statements.append(allow("kms:Decrypt", "kms:GenerateDataKey", on=spec.bucket.kms_key_arn))
    return tuple(statements)


def of_glue(
    spec: DataPipelineSpec, scope: Scope, bucket: Bucket, database: Database
) -> tuple[Statement, ...]:
    """Return the permissions of crawler and job: bucket, database and logs."""
    glue = f"arn:{scope.partition}:glue:{scope.region}:{scope.account}"
    logs = f"arn:{scope.partition}:logs:{scope.region}:{scope.account}"
    written = [*_folder(bucket, spec.target.prefix), *_folder(bucket, RESERVED_PREFIX)]
    statements = [
        allow(
            "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation", on=bucket.arn
        ),
        allow("s3:GetObject", on=[*_folder(bucket, spec.source.prefix), *written]),
        allow("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", on=written),
        allow(
            "glue:GetDatabase",
            "glue:GetTable",
            "glue:GetTables",
            "glue:CreateTable",
            "glue:UpdateTable",
            "glue:DeleteTable",
            "glue:GetPartition",
            "glue:GetPartitions",
            "glue:BatchGetPartition",
            "glue:BatchCreatePartition",
            "glue:BatchUpdatePartition",
            "glue:BatchDeletePartition",
            "glue:DeletePartition",
            on=[f"{glue}:catalog", database.arn, f"{glue}:table/{database.name}/*"],
        ),
        allow(
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            on=f"{logs}:log-group:/aws-glue/*",
        ),
    ]
    if spec.bucket.kms_key_arn:
        statements.append(allow("kms:Decrypt", "kms:GenerateDataKey", on=spec.bucket.kms_key_arn))
    if spec.catalog.lake_formation:  # credentials for locations that Lake Formation manages
        statements.append(allow("lakeformation:GetDataAccess", on="*"))
    if uri := spec.job.script.s3_uri:
        script = f"arn:{scope.partition}:s3:::{uri.removeprefix('s3://')}"
        statements.append(allow("s3:GetObject", on=script))
    return tuple(statements)


def _folder(bucket: Bucket, prefix: str) -> list[str]:
    """Return the ARNs that Spark uses for a prefix: its objects, the prefix itself, its marker."""
    folder = f"{bucket.arn}/{prefix.rstrip('/')}"
    return [f"{folder}/*", folder, f"{folder}_$folder$"]
