"""Data requests: which are answered without a call, and what they send."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dataflowxpress.api.annotations import DataRequests
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Reprocess, Status
from dataflowxpress.blueprint import blueprint
from dataflowxpress.dataplane import RequestHandler
from dataflowxpress.dataplane.requests import request_key
from dataflowxpress.planning.resource import Scope

SCOPE = Scope("default/orders", "123456789012", "eu-west-1")


def handler(**spec: Any) -> RequestHandler:
    """Return a hand that fails as soon as it calls AWS."""
    asked = DataPipelineSpec.model_validate(spec)

    def never(service: str) -> Any:
        pytest.fail(f"{service} was called")

    return RequestHandler(never, asked, blueprint(asked, SCOPE))


def test_what_is_answered_is_not_done_again() -> None:
    reprocess = Reprocess(prefix="csv_data/", result="Requested")
    status = Status(run_handled_at="a", redrive_handled_at="b", reprocess=reprocess)
    assert handler().fulfil(DataRequests("a", "b", "csv_data/"), status) == status


def test_a_removed_request_can_be_made_again() -> None:
    reprocess = Reprocess(prefix="csv_data/", result="Requested")
    status = Status(run_handled_at="a", redrive_handled_at="b", reprocess=reprocess)
    assert handler().fulfil(DataRequests(), status) == Status()


@pytest.mark.parametrize(
    ("spec", "prefix", "fix"),
    [
        ({}, "parquet_data/", "give 'csv_data/' or a prefix below it"),
        ({}, f"csv_data/{'x' * 1000}/", "give a shorter one"),
        ({}, "csv_dat", "give 'csv_data/' or a prefix below it"),
        (
            {"job": {"script": {"s3Uri": "s3://theirs/job.py"}}},
            "csv_data/",
            "reset its job bookmark instead",
        ),
    ],
    ids=["no uploads there", "too long", "more than the uploads", "a custom script"],
)
def test_what_cannot_be_converted_again_is_refused_with_the_cure(
    spec: dict[str, Any], prefix: str, fix: str
) -> None:
    status = handler(**spec).fulfil(DataRequests(reprocess=prefix), Status())
    assert status.reprocess
    assert status.reprocess.prefix == prefix
    assert fix in status.reprocess.result


def test_a_request_says_when_it_was_made_and_its_prefix() -> None:
    key = request_key("csv_data/2026/größe/")
    assert re.fullmatch(
        r"dataflowxpress/requests/\d{8}T\d{6}-[0-9a-f]{8}/csv_data/2026/größe/", key
    )
