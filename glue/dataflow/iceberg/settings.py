"""Settings: Spark's settings for Iceberg tables in Glue's catalog, as AWS documents them.

See https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-format-iceberg.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataflow.options import Options

CATALOG = "glue_catalog"
_CATALOG = f"spark.sql.catalog.{CATALOG}"
_ICEBERG = "org.apache.iceberg"
_REBASE = "spark.sql.parquet.datetimeRebaseModeInRead"


def settings(options: Options) -> dict[str, str]:
    """Return the settings of a session that reads and writes the tables."""
    return {
        "spark.sql.extensions": f"{_ICEBERG}.spark.extensions.IcebergSparkSessionExtensions",
        _CATALOG: f"{_ICEBERG}.spark.SparkCatalog",
        f"{_CATALOG}.catalog-impl": f"{_ICEBERG}.aws.glue.GlueCatalog",
        f"{_CATALOG}.io-impl": f"{_ICEBERG}.aws.s3.S3FileIO",
        f"{_CATALOG}.warehouse": options.url(options.target_prefix),
        # A cached table is up to 30 seconds old, and a branch must begin at the newest rows.
        f"{_CATALOG}.cache-enabled": "false",
        # Iceberg allows fewer characters in names of databases than Glue does.
        f"{_CATALOG}.glue.skip-name-validation": "true",
        "spark.sql.session.timeZone": "UTC",
        # Arrow writes dates of the Gregorian calendar, also those before 1582.
        _REBASE: "CORRECTED",
    }
