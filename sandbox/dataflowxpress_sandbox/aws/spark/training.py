"""Training: a job that does what Glue jobs do, so that a JVM has loaded what they will need."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROWS = 'n,text,amount,at\n1,"a, ""b""\nc",1.5,2024-01-01\n2,ü,,2024-01-02\n'
_SCHEMA = "n bigint, text string, amount double, at string, _bad string"


def main() -> None:
    """Do a small piece of each kind of work."""
    os.nice(10)
    import boto3
    from pyspark.sql import SparkSession

    with _bucket(boto3.client("s3")) as place:
        spark = SparkSession.builder.getOrCreate()
        _work(spark, place)


@contextlib.contextmanager
def _bucket(s3: Any) -> Iterator[str]:
    name = f"dataflowxpress-training-{os.getpid()}"
    region = {"LocationConstraint": os.environ["AWS_REGION"]}
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=region)
    try:
        s3.put_object(Bucket=name, Key="in/a.csv", Body=_ROWS.encode())
        s3.put_object(Bucket=name, Key="json/a.json", Body=b'{"a": 1, "b": {"c": [1, 2]}}\n')
        yield f"s3://{name}"
    finally:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
            for each in page.get("Contents", []):
                s3.delete_object(Bucket=name, Key=each["Key"])
        s3.delete_bucket(Bucket=name)


def _work(spark: Any, place: str) -> None:
    from pyspark.sql import functions as F  # noqa: N812  as everybody calls it

    reader = spark.read.option("multiLine", "true").option("columnNameOfCorruptRecord", "_bad")
    frame = reader.schema(_SCHEMA).option("header", "true").csv(f"{place}/in/").cache()
    frame.where(F.col("_bad").isNull()).drop("_bad").write.parquet(f"{place}/out/")
    spark.read.option("header", "true").csv(f"{place}/in/a.csv").write.csv(f"{place}/csv/")
    again = spark.read.parquet(f"{place}/out/").withColumn("file", F.input_file_name())
    again.groupBy("at").agg(F.sum("amount"), F.count("*")).orderBy("at").collect()
    partitioned = again.withColumn("day", F.to_date("at")).repartition(1)
    partitioned.write.mode("overwrite").partitionBy("day").parquet(f"{place}/days/")
    spark.read.json(f"{place}/json/").select("b.*").collect()
    spark.createDataFrame([(1, "a")], "n bigint, text string").join(again, "n").count()
    again.rdd.map(lambda row: row.n).collect()
    again.unpersist()


if __name__ == "__main__":
    main()
