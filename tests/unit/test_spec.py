"""Spec: what users may write, and what they are told when they wrote something else."""

from typing import Any

import pytest
from pydantic import ValidationError

from dataflowxpress.api.spec import DataPipelineSpec


def test_an_empty_spec_is_a_whole_pipeline() -> None:
    spec = DataPipelineSpec.model_validate({})
    assert (spec.source.prefix, spec.target.prefix) == ("csv_data/", "parquet_data/")
    assert spec.job.timeout_minutes == 60
    assert spec.deletion_policy == "RetainData"


@pytest.mark.parametrize(
    ("interval", "seconds"), [("10m", 600), ("90s", 90), ("1h", 3600), ("1h30m", 5400)]
)
def test_intervals_are_read_as_people_write_them(interval: str, seconds: int) -> None:
    assert DataPipelineSpec.model_validate({"resyncInterval": interval}).resync_seconds == seconds


REFUSED = {
    "an unknown field": ({"sauce": {}}, "sauce", "not permitted"),
    "an unknown nested field": ({"job": {"wrkers": 3}}, "job.wrkers", "not permitted"),
    "too few workers": ({"job": {"workers": 1}}, "job.workers", "greater than or equal to 2"),
    "a bucket name with capitals": ({"bucket": {"name": "Orders"}}, "bucket.name", "pattern"),
    "an unknown format": ({"source": {"format": "xml"}}, "source.format", "'csv', 'json'"),
    "a prefix without a slash": ({"source": {"prefix": "in"}}, "source.prefix", "pattern"),
    "a control character in a prefix": (
        {"source": {"prefix": "in\x1e/"}},
        "source.prefix",
        "pattern",
    ),
    "a control character in a suffix": (
        {"source": {"suffix": ".c\x07sv"}},
        "source.suffix",
        "pattern",
    ),
    "a control character in an address": (
        {"notifications": {"emails": ["te\x1fam@example.com"]}},
        "notifications.emails.0",
        "pattern",
    ),
    "no mail address": (
        {"notifications": {"emails": ["team"]}},
        "notifications.emails.0",
        "pattern",
    ),
    "equal prefixes": (
        {"source": {"prefix": "data/"}, "target": {"prefix": "data/"}},
        "",
        "neither equal nor one inside the other",
    ),
    "a target inside the source": (
        {"source": {"prefix": "data/"}, "target": {"prefix": "data/out/"}},
        "",
        "feed on its own Parquet",
    ),
    "a source in our own folder": (
        {"source": {"prefix": "dataflowxpress/x/"}},
        "",
        "choose another prefix",
    ),
    "two scripts": (
        {"job": {"script": {"inline": "x", "s3Uri": "s3://bucket/key"}}},
        "job.script",
        "at most one of",
    ),
    "FLEX on large workers": (
        {"job": {"executionClass": "FLEX", "workerType": "G.8X"}},
        "job",
        "or STANDARD",
    ),
    "a role elsewhere": (
        {"roleArn": "arn:aws:iam::111111111111:role/x", "accountId": "222222222222"},
        "",
        "correct one of them",
    ),
    "a tag of AWS's": ({"tags": {"aws:x": "y"}}, "", "not yours to set"),
    "an argument without dashes": ({"job": {"arguments": {"x": "1"}}}, "job.arguments", "pattern"),
}


@pytest.mark.parametrize(("spec", "field", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_work_is_refused_by_field(spec: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        DataPipelineSpec.model_validate(spec)
    first = refusal.value.errors()[0]
    assert ".".join(map(str, first["loc"])).startswith(field)
    assert words in first["msg"]
