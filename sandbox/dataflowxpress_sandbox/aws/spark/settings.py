"""Settings: those of Spark for one run, which acts with a role's permissions on S3."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dataflowxpress_sandbox.aws import REGION
from dataflowxpress_sandbox.processes import child_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dataflowxpress_sandbox.aws.credentials import Credentials

_FILESYSTEM = "org.apache.hadoop.fs.s3a.S3AFileSystem"
_COMMITTERS = "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory"
_CLOUD = "org.apache.spark.internal.io.cloud"
# Hadoop's own provider for such credentials fails now and then when threads ask it at once.
_PROVIDER = "com.amazonaws.auth.SystemPropertiesCredentialsProvider"
_SETTINGS = {
    "spark.master": "local[2]",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "4",
    "spark.hadoop.fs.s3.impl": _FILESYSTEM,
    "spark.hadoop.fs.s3a.impl": _FILESYSTEM,
    "spark.hadoop.fs.s3a.aws.credentials.provider": _PROVIDER,
    "spark.hadoop.fs.s3a.endpoint.region": REGION,
    "spark.hadoop.fs.s3a.path.style.access": "true",
    "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
    "spark.hadoop.fs.s3a.attempts.maximum": "3",
    "spark.hadoop.fs.s3a.retry.limit": "3",
    # Deleting the markers of parent folders would ask for permissions that Glue does not need.
    "spark.hadoop.fs.s3a.directory.marker.retention": "keep",
    # As Glue's own committer does, Parquet is uploaded to where it belongs and appears when the job
    # commits: the usual one would rename each file twice, which S3 can only copy.
    "spark.sql.parquet.output.committer.class": f"{_CLOUD}.BindingParquetOutputCommitter",
    "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3": _COMMITTERS,
    "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a": _COMMITTERS,
    "spark.hadoop.fs.s3a.committer.name": "magic",
    "spark.hadoop.fs.s3a.committer.magic.enabled": "true",
    # That would ask for permissions, too, and end the uploads of others.
    "spark.hadoop.fs.s3a.committer.abort.pending.uploads": "false",
}


def inherited_environment() -> dict[str, str]:
    """Return the environment for children, without this process' settings of AWS and Spark."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SPARK_"))}
    return {**kept, **child_environment()}


def of_run(
    credentials: Credentials, scratch: Path, environment: Mapping[str, str]
) -> dict[str, str]:
    """Return the Java properties of a run, its credentials included.

    Python workers, which the JVM starts, get *environment*.
    """
    workers = {f"spark.executorEnv.{name}": value for name, value in environment.items()}
    return {
        **_SETTINGS,
        **workers,
        "aws.accessKeyId": credentials.access_key,
        "aws.secretKey": credentials.secret,
        # The same for the second version of the SDK, which Iceberg uses.
        "aws.secretAccessKey": credentials.secret,
        "aws.region": REGION,
        "aws.endpointUrl": credentials.aws.endpoint,
        "aws.sessionToken": credentials.token,
        "spark.hadoop.fs.s3a.buffer.dir": str(scratch),
        "spark.hadoop.fs.s3a.endpoint": credentials.aws.endpoint,
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
    }
