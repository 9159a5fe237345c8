"""Iceberg: jobs that write tables through Glue's catalog, as AWS documents the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.aws.test_jobs import Job

if TYPE_CHECKING:
    from tests.sandbox.aws.conftest import Place

    Eventually = Callable[..., Any]

WRITES = """
import sys
from awsglue.utils import getResolvedOptions
from pyspark.sql import SparkSession

args = getResolvedOptions(sys.argv, ["name", "archive"])
catalog = "spark.sql.catalog.glue_catalog"
spark = (
    SparkSession.builder.config(catalog, "org.apache.iceberg.spark.SparkCatalog")
    .config(f"{catalog}.catalog-impl", "org.apache.iceberg.aws.glue.GlueCatalog")
    .config(f"{catalog}.io-impl", "org.apache.iceberg.aws.s3.S3FileIO")
    .config(f"{catalog}.warehouse", f"s3://{args['name']}/warehouse/")
    .config(f"{catalog}.glue.skip-name-validation", "true")
    .config(f"{catalog}.glue.skip-archive", args["archive"] == "skip")
    .getOrCreate()
)
table = f"glue_catalog.`{args['name']}`.orders"
spark.sql(f"CREATE TABLE IF NOT EXISTS {table} (n bigint) USING iceberg")
spark.sql(f"INSERT INTO {table} VALUES (1), (2)")
print("rows", spark.table(table).count())
"""
SETTINGS = {"GlueVersion": "5.1", "DefaultArguments": {"--datalake-formats": "iceberg"}}


def versions(place: Place) -> list[str]:
    glue = place.aws.client("glue")
    found = glue.get_table_versions(DatabaseName=place.name, TableName="orders")["TableVersions"]
    return [each["VersionId"] for each in found]


@pytest.mark.extended
def test_a_job_writes_an_iceberg_table_and_the_catalog_points_to_its_metadata(
    place: Place, eventually: Eventually
) -> None:
    job = Job(place, eventually, WRITES, **SETTINGS)
    run = job.run(name=place.name, archive="skip")
    assert run["JobRunState"] == "SUCCEEDED", run
    about = place.table("orders")["Parameters"]
    assert about["table_type"] == "ICEBERG"
    key = about["metadata_location"].removeprefix(f"s3://{place.name}/")
    assert key in place.keys("warehouse/")
    assert versions(place) == ["2"], "without an archive, only the newest version is left"

    assert job.run(name=place.name, archive="keep")["JobRunState"] == "SUCCEEDED"
    assert versions(place) == ["3", "2"]


def test_without_the_format_in_its_arguments_a_job_has_no_iceberg(
    place: Place, eventually: Eventually
) -> None:
    job = Job(place, eventually, WRITES, GlueVersion="5.1")
    run = job.run(name=place.name, archive="skip")
    assert run["JobRunState"] == "FAILED"
    assert "org.apache.iceberg.spark.SparkCatalog" in run["ErrorMessage"]


def test_a_format_that_the_sandbox_lacks_fails_the_run_with_the_reason(
    place: Place, eventually: Eventually
) -> None:
    run = Job(place, eventually, WRITES, GlueVersion="5.0").run(
        **{"name": place.name, "datalake-formats": "iceberg"}
    )
    assert "it has Iceberg for Glue 5.1" in run["ErrorMessage"]
