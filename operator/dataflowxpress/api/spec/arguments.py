"""Arguments: the names of job arguments that a spec cannot use, or only with a custom script.

See https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html
"""

from __future__ import annotations

SET_BY_OPERATOR = (
    "--JOB_NAME",
    "--TempDir",
    "--bucket",
    "--bucket_owner",
    "--compression",
    "--continuous-log-logGroup",
    "--continuous-log-logStreamPrefix",
    "--custom-logGroup-prefix",
    "--custom-logStream-prefix",
    "--crawl_queue",
    "--crawler",
    "--crawls",
    "--database",
    "--enable-continuous-cloudwatch-log",
    "--job-bookmark-option",
    "--job-language",
    "--latest_by",
    "--maintenance_runs",
    "--metadata_columns",
    "--partition_by",
    "--pipeline",
    "--replaced_file_retention_minutes",
    "--row_changes",
    "--scriptLocation",
    "--snapshot_retention_hours",
    "--source",
    "--source_prefix",
    "--source_suffix",
    "--table_format",
    "--table_prefix",
    "--tables",
    "--target_prefix",
    "--upsert_keys",
)
LOADS_CODE = (
    "--additional-python-modules",
    "--class",
    "--conf",
    "--datalake-formats",
    "--extra-files",
    "--extra-jars",
    "--extra-py-files",
    "--python-modules-installer-option",
    "--use-postgres-driver",
    "--user-jars-first",
)
