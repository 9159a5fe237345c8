"""Permissions: the least privileges of each role of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dataflowxpress.api.spec import RESERVED_PREFIX, DataPipelineSpec
from dataflowxpress.aws.resources import Bucket, Database, Job, LogGroup, Queue, Topic
from dataflowxpress.aws.resources.grant import Grant, Part, part
from dataflowxpress.planning.resource import Scope


def allow(*actions: str, on: Sequence[Part | str], when: Mapping[str, Any] | None = None) -> Grant:
    """Return a grant of *actions* on parts of the pipeline's resources, or on other ARNs."""
    return Grant(actions, tuple(on), when or {})


def owned(scope: Scope) -> Mapping[str, Any]:
    """Return the condition that the pipeline's account owns the bucket.

    The names of buckets are global, and Spark cannot send the expected owner of a bucket.
    """
    return {"StringEquals": {"aws:ResourceAccount": scope.account}}


def through(service: str, scope: Scope, key_arn: str) -> tuple[Grant, ...]:
    """Return the permissions on a KMS key that only *service* can use for the role.

    Without a key, the role needs none.
    """
    if not key_arn:
        return ()
    via = f"{service}.{scope.region}.amazonaws.com*"  # the domain in China ends in .cn
    when = {"StringLike": {"kms:ViaService": via}}
    return (allow("kms:Decrypt", "kms:GenerateDataKey", on=[key_arn], when=when),)


def to_read_secrets(scope: Scope, arns: Sequence[str]) -> tuple[Grant, ...]:
    """Return the permissions to read secrets, and to decrypt these with any key of the account."""
    keys = f"arn:{scope.partition}:kms:{scope.region}:{scope.account}:key/*"
    when = {
        "StringEquals": {"kms:EncryptionContext:SecretARN": [*arns]},
        "StringLike": {"kms:ViaService": f"secretsmanager.{scope.region}.amazonaws.com*"},
    }
    return (
        allow("secretsmanager:GetSecretValue", on=arns),
        allow("kms:Decrypt", on=[keys], when=when),
    )


def of_function(queues: Sequence[Queue], logs: LogGroup) -> tuple[Grant, ...]:
    """Return the permissions to consume *queues* and to write to *logs*."""
    return (
        allow(
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            on=[part(queue) for queue in queues],
        ),
        allow("logs:CreateLogStream", "logs:PutLogEvents", on=[part(logs, ":*")]),
    )


def to_notify(spec: DataPipelineSpec, bucket: Bucket, topic: Topic, job: Job) -> tuple[Grant, ...]:
    """Return the permissions to read manifests and runs, to publish, and to record events."""
    when = owned(bucket.scope)
    statements = [
        allow("sns:Publish", on=[part(topic)]),
        allow("glue:GetJobRun", on=[part(job)]),  # for the DPU-seconds in the mail
        allow("s3:ListBucket", on=[part(bucket)], when=when),
        allow(
            "s3:GetObject",
            on=[_reserved(bucket, folder) for folder in ("manifests", "runs", "snapshots")],
            when=when,
        ),
        allow("s3:PutObject", on=[_reserved(bucket, "notified")], when=when),
        *through("s3", bucket.scope, spec.bucket_key),
        *through("sns", bucket.scope, spec.encryption.kms_key_arn or ""),
    ]
    return tuple(statements)


def of_glue(
    spec: DataPipelineSpec,
    scope: Scope,
    bucket: Bucket,
    database: Database,
    log_groups: Sequence[LogGroup | str],
) -> tuple[Grant, ...]:
    """Return the permissions of crawler and job: bucket, database and log groups."""
    glue = f"arn:{scope.partition}:glue:{scope.region}:{scope.account}"
    when = owned(scope)
    written = [*_folder(bucket, spec.target.prefix), *_folder(bucket, RESERVED_PREFIX)]
    statements = [
        allow(
            "s3:ListBucket",
            "s3:ListBucketMultipartUploads",
            "s3:GetBucketLocation",
            on=[part(bucket)],
            when=when,
        ),
        allow("s3:GetObject", on=[*_folder(bucket, spec.source.prefix), *written], when=when),
        allow("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", on=written, when=when),
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
            on=[
                f"{glue}:catalog",
                part(database),
                Part(database, f"{glue}:table/{database.name}/*"),
            ],
        ),
        allow(
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            on=[arn for group in log_groups for arn in log_group_arns(scope, group)],
        ),
        *through("s3", scope, spec.bucket_key),
    ]
    if spec.catalog.lake_formation:  # credentials for locations that Lake Formation manages
        statements.append(allow("lakeformation:GetDataAccess", on=["*"]))
    if uri := spec.job.script.s3_uri:
        script = f"arn:{scope.partition}:s3:::{uri.removeprefix('s3://')}"
        statements.append(allow("s3:GetObject", on=[script], when=when))
    if secrets := sorted(set(spec.job.secret_arguments.values())):
        statements += to_read_secrets(scope, secrets)
    return tuple(statements)


def log_group_arns(scope: Scope, group: LogGroup | str) -> tuple[Part | str, ...]:
    """Return the ARNs of a log group and of its streams."""
    if isinstance(group, LogGroup):
        return part(group), part(group, ":*")
    arn = LogGroup.arn_of(scope, (group,))
    return arn, f"{arn}:*"


def _reserved(bucket: Bucket, folder: str) -> Part:
    """Return the objects in a folder of the operator's own prefix."""
    return part(bucket, f"/{RESERVED_PREFIX}{folder}/*")


def _folder(bucket: Bucket, prefix: str) -> list[Part]:
    """Return the ARNs that Spark uses for a prefix: its objects, the prefix itself, its marker."""
    folder = f"/{prefix.rstrip('/')}"
    return [part(bucket, f"{folder}{end}") for end in ("/*", "", "_$folder$")]
