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
    "--csv_delimiter",
    "--csv_header",
    "--csv_quote",
    "--custom-logGroup-prefix",
    "--custom-logStream-prefix",
    "--database",
    "--enable-continuous-cloudwatch-log",
    "--job-bookmark-option",
    "--job-language",
    "--partition_by",
    "--pipeline",
    "--scriptLocation",
    "--source_format",
    "--source_prefix",
    "--source_suffix",
    "--table_prefix",
    "--target_prefix",
    "--type_changes",
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
