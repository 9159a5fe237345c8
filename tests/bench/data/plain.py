"""Plain Spark: its own reader and writer convert the same objects, with the types of the table."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.glue.conftest import Pipeline

from .sources import COLUMNS, succeeded

TARGET = "dataflowxpress/temp/plain/"
SCRIPT = """
import json, sys
from awsglue.utils import getResolvedOptions
from pyspark.sql import SparkSession

given = getResolvedOptions(sys.argv, ["columns", "parts", "source", "target"])
spark = SparkSession.builder.getOrCreate()
for part in json.loads(given["parts"]):
    read = spark.read.schema(given["columns"]).option("header", "true").option("multiLine", "true")
    read.csv(f"{given['source']}{part}*").write.mode("overwrite").parquet(given["target"] + part)
"""


def convert(pipeline: Pipeline, parts: Sequence[str] = ("",), columns: str = COLUMNS) -> None:
    """Convert the objects under each part of the prefix into a folder of its own."""
    pipeline.put("dataflowxpress/scripts/plain.py", SCRIPT)
    url = f"s3://{pipeline.name}"
    run = pipeline.run_script(
        "plain.py",
        columns=columns,
        parts=json.dumps(list(parts)),
        source=f"{url}/csv_data/",
        target=f"{url}/{TARGET}",
    )
    succeeded(run)


def files(pipeline: Pipeline) -> list[str]:
    """Return the keys of the files that plain Spark has written."""
    return [key for key in pipeline.keys(TARGET) if key.endswith(".parquet")]
