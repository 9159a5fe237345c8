"""Permissions: what each of a pipeline's three roles may do, and nothing else."""

from __future__ import annotations

from typing import Any

from dataflowxpress.api.spec import RESERVED_PREFIX, DataPipelineSpec
from dataflowxpress.aws.resources import Bucket, Crawler, Database, Job, LogGroup, Queue, Topic
from dataflowxpress.aws.resources.policy import Statement
from dataflowxpress.planning.resource import Scope


def allow(*actions: str, on: str | list[str], **condition: Any) -> Statement:
    """Return a statement that allows *actions* on the ARNs *on*."""
    only_if = {"Condition": condition["when"]} if "when" in condition else {}
    listed: str | list[str] = actions[0] if len(actions) == 1 else list(actions)
    return {"Effect": "Allow", "Action": listed, "Resource": on, **only_if}


def of_function(queue: Queue, logs: LogGroup) -> tuple[Statement, ...]:
    """Return what a function needs to take messages from *queue* and to write *logs*."""
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
    """Return what starts *crawler*."""
    return allow("glue:StartCrawler", on=crawler.arn)


def to_start_job(job: Job) -> Statement:
    """Return what starts *job*."""
    return allow("glue:StartJobRun", on=job.arn)


def to_notify(spec: DataPipelineSpec, bucket: Bucket, topic: Topic) -> tuple[Statement, ...]:
    """Return what reads a pipeline's books, remembers what was told, and tells it."""
    books = f"{bucket.arn}/{RESERVED_PREFIX}"
    statements = [
        allow("sns:Publish", on=topic.arn),
        allow("s3:ListBucket", on=bucket.arn),
        allow(
            "s3:GetObject", on=[f"{books}{part}/*" for part in ("manifests", "runs", "snapshots")]
        ),
        allow("s3:PutObject", on=f"{books}told/*"),
    ]
    if spec.bucket.kms_key_arn:
        statements.append(allow("kms:Decrypt", "kms:GenerateDataKey", on=spec.bucket.kms_key_arn))
    return tuple(statements)


def of_glue(
    spec: DataPipelineSpec, scope: Scope, bucket: Bucket, database: Database
) -> tuple[Statement, ...]:
    """Return what the crawler and the job need: the bucket, the database, logs."""
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
    if uri := spec.job.script.s3_uri:
        place = f"arn:{scope.partition}:s3:::{uri.removeprefix('s3://')}"
        statements.append(allow("s3:GetObject", on=place))
    return tuple(statements)


def _folder(bucket: Bucket, prefix: str) -> list[str]:
    """Return a prefix as Spark's file systems know it: what is in it, itself, and its marker."""
    itself = f"{bucket.arn}/{prefix.rstrip('/')}"
    return [f"{itself}/*", itself, f"{itself}_$folder$"]
