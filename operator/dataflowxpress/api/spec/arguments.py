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
    "--database",
    "--enable-continuous-cloudwatch-log",
    "--has_crawler",
    "--job-bookmark-option",
    "--job-language",
    "--metadata_columns",
    "--partition_by",
    "--pipeline",
    "--scriptLocation",
    "--source",
    "--source_prefix",
    "--source_suffix",
    "--table_prefix",
    "--tables",
    "--target_prefix",
)
LOADS_CODE = (
    "--additional-python-modules",
    "--class",
    "--conf",
    "--extra-files",
    "--extra-jars",
    "--extra-py-files",
    "--python-modules-installer-option",
    "--use-postgres-driver",
    "--user-jars-first",
)
