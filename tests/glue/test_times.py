"""Times: a run takes from lists of objects what S3 and Glue report for each."""

from __future__ import annotations

import importlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.glue.conftest import Pipeline


def test_the_time_of_a_listed_object_is_that_of_its_upload(
    pipeline: Pipeline, dataflow: Any
) -> None:
    prefixes = {"source_prefix": "csv_data/", "target_prefix": "parquet_data/"}
    options = dataflow.options.Options(pipeline="p", **pipeline.places, **prefixes)
    pipeline.put("csv_data/a.csv", "n\n1\n")
    [found] = dataflow.store.Store(options).sources().values()
    s3 = pipeline.aws.client("s3")
    uploaded = s3.head_object(Bucket=pipeline.name, Key="csv_data/a.csv")["LastModified"]
    listed = datetime.fromisoformat(found.modified)
    assert listed.replace(microsecond=0) == uploaded
    assert listed.tzinfo


def test_the_times_of_glue_are_no_text(
    pipeline: Pipeline,
    dataflow: Any,  # noqa: ARG001 - makes the modules of the job importable
) -> None:
    glue = importlib.import_module("dataflow.clients").client("glue")
    found = glue.get_database(Name=pipeline.name)["Database"]
    assert isinstance(found["CreateTime"], datetime)
