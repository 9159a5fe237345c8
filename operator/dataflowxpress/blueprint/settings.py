"""Settings: the settings of the functions and the arguments of the job. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from dataflowxpress.api.spec import RESERVED_PREFIX, DataPipelineSpec
from dataflowxpress.aws.resources import Bucket, Crawler, Database, Job, LogGroup, Queue, Topic

from .source_argument import source_argument


def to_start_crawler(spec: DataPipelineSpec, crawler: Crawler, bucket: Bucket) -> dict[str, str]:
    """Return the settings of the function that starts *crawler*."""
    return {"CRAWLER": crawler.name, **_interval(spec), **_uploads(spec, bucket)}


def to_start_job(spec: DataPipelineSpec, job: Job, bucket: Bucket) -> dict[str, str]:
    """Return the settings of the function that starts *job*."""
    return {"JOB": job.name, **_keeps_manifests(spec), **_interval(spec), **_uploads(spec, bucket)}


def to_request_first_crawl(crawler: Crawler, requests: Queue) -> dict[str, str]:
    """Return the settings of the function to request a crawl before the first run."""
    return {"CRAWLER": crawler.name, "CRAWL_QUEUE": requests.arn}


def to_convert(
    spec: DataPipelineSpec,
    owner: str,
    bucket: Bucket,
    database: Database,
    requests: Mapping[str, str],
) -> dict[str, str]:
    """Return the arguments of the script, without empty ones; *requests* locates the crawler."""
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
        **_iceberg(spec),
        "--compression": target.compression,
        "--partition_by": ",".join(target.partition_by),
        "--replaced_file_retention_minutes": str(target.replaced_file_retention_minutes),
        "--metadata_columns": ",".join(target.metadata_columns),
        "--crawls": spec.crawls,
        **requests,
        "--TempDir": f"s3://{bucket.name}/{RESERVED_PREFIX}temp/",
        "--job-bookmark-option": f"job-bookmark-{'disable' if packaged else 'enable'}",
    }
    return {name: value for name, value in arguments.items() if value}


def _iceberg(spec: DataPipelineSpec) -> dict[str, str]:
    """Return the arguments for Iceberg tables; none for Parquet."""
    target = spec.target
    if target.format != "Iceberg":
        return {}
    write = target.write if target.write.mode == "Upsert" else None
    modes = {"CopyOnWrite": "copy-on-write", "MergeOnRead": "merge-on-read"}
    return {
        "--datalake-formats": "iceberg",
        "--table_format": target.format,
        "--row_changes": modes[target.iceberg.mode],
        "--snapshot_retention_hours": str(target.iceberg.snapshot_retention_hours),
        "--maintenance_runs": str(target.iceberg.maintenance_runs),
        "--upsert_keys": ",".join(write.keys) if write else "",
        "--latest_by": (write and write.latest_by) or "",
    }


def to_notify(
    spec: DataPipelineSpec, bucket: Bucket, topic: Topic, job: Job, crawler_logs: LogGroup | None
) -> dict[str, str]:
    """Return the settings of the function that sends notifications."""
    crawls = {"CRAWLER_LOGS": crawler_logs.name} if crawler_logs else {}
    return {
        "PIPELINE": bucket.scope.owner,
        "TOPIC": topic.arn,
        **_keeps_manifests(spec),
        "JOB_LOGS": ",".join(job.log_group_names),
        **crawls,
        **_uploads(spec, bucket),
    }


def _keeps_manifests(spec: DataPipelineSpec) -> dict[str, str]:
    """Return whether the job records what it has converted."""
    return {"KEEPS_MANIFESTS": str(spec.job.script.packaged).lower()}


def _interval(spec: DataPipelineSpec) -> dict[str, str]:
    """Return the shortest time between two starts."""
    seconds = spec.trigger.min_interval_seconds
    return {"MIN_INTERVAL_SECONDS": str(seconds)} if seconds else {}


def _uploads(spec: DataPipelineSpec, bucket: Bucket) -> dict[str, str]:
    """Return the location of the uploads."""
    suffix = {"SUFFIX": spec.source.suffix} if spec.source.suffix else {}
    place = {"BUCKET": bucket.name, "BUCKET_OWNER": bucket.scope.account}
    return {**place, "PREFIX": spec.source.prefix, **suffix}
