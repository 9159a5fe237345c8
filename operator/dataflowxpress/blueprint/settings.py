"""Settings: the settings of the functions and the arguments of the job. Pure."""

from __future__ import annotations

from dataflowxpress.api.spec import RESERVED_PREFIX, DataPipelineSpec
from dataflowxpress.aws.resources import Bucket, Crawler, Database, Job, Topic

from .source_argument import source_argument


def to_start_crawler(spec: DataPipelineSpec, crawler: Crawler, bucket: Bucket) -> dict[str, str]:
    """Return the settings of the function that starts *crawler*."""
    return {"CRAWLER": crawler.name, **_uploads(spec, bucket)}


def to_start_job(spec: DataPipelineSpec, job: Job, bucket: Bucket) -> dict[str, str]:
    """Return the settings of the function that starts *job*; without a crawler, after uploads."""
    return {"JOB": job.name, **({} if spec.crawler.enabled else _uploads(spec, bucket))}


def to_convert(
    spec: DataPipelineSpec, owner: str, bucket: Bucket, database: Database
) -> dict[str, str]:
    """Return the arguments of the script, without empty ones."""
    source, target = spec.source, spec.target
    packaged = spec.job.script.packaged  # its manifests replace Glue's bookmarks
    arguments = {
        "--pipeline": owner,
        "--bucket": bucket.name,
        "--bucket_owner": bucket.scope.account,
        "--database": database.name,
        "--table_prefix": spec.catalog.table_prefix,
        "--tables": spec.catalog.tables,
        "--source_prefix": source.prefix,
        "--source_suffix": source.suffix,
        "--source": source_argument(spec),
        "--target_prefix": target.prefix,
        "--compression": target.compression,
        "--partition_by": ",".join(target.partition_by),
        "--metadata_columns": ",".join(target.metadata_columns),
        "--has_crawler": "" if spec.crawler.enabled else "false",
        "--TempDir": f"s3://{bucket.name}/{RESERVED_PREFIX}temp/",
        "--job-bookmark-option": f"job-bookmark-{'disable' if packaged else 'enable'}",
    }
    return {name: value for name, value in arguments.items() if value}


def to_notify(
    spec: DataPipelineSpec, owner: str, bucket: Bucket, topic: Topic, job: Job
) -> dict[str, str]:
    """Return the settings of the function that sends notifications."""
    return {
        "PIPELINE": owner,
        "TOPIC": topic.arn,
        "BUCKET_OWNER": bucket.scope.account,
        "KEEPS_MANIFESTS": str(spec.job.script.packaged).lower(),
        "JOB_LOGS": ",".join(job.log_group_names),
        **_uploads(spec, bucket),
    }


def _uploads(spec: DataPipelineSpec, bucket: Bucket) -> dict[str, str]:
    """Return the location of the uploads."""
    suffix = {"SUFFIX": spec.source.suffix} if spec.source.suffix else {}
    return {"BUCKET": bucket.name, "PREFIX": spec.source.prefix, **suffix}
