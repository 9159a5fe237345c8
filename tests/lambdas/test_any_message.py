"""Any message: whatever a queue holds, each function processes the other messages of the batch."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.damages import VALUES, damaged
from tests.lambdas.test_start_crawler import RECOVERY, upload

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tests.lambdas.conftest import Client

EXAMPLES = int(os.environ.get("DATAFLOWXPRESS_EXAMPLES") or 150)
EVENT = {
    "source": "aws.glue",
    "detail-type": "Glue Crawler State Change",
    "time": "2026-01-01T12:00:00Z",
    "detail": {"crawlerName": "crawls", "state": "Succeeded"},
}
SETTINGS = {
    "CRAWLER": "crawls",
    "JOB": "converts",
    "RETRY_SECONDS": "30",
    "KEEPS_MANIFESTS": "true",
    "BUCKET": "orders",
    "BUCKET_OWNER": "000000000000",
    "PREFIX": "csv data/",
}


@pytest.mark.parametrize("function", ["start_crawler", "start_job"])
@given(st.text(max_size=40) | VALUES | damaged(upload("csv+data/a.csv")) | damaged(EVENT))
@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_message_with_any_body_holds_up_no_other(
    load: Callable[..., ModuleType],
    clients: dict[str, Client],
    batch: Callable[..., dict[str, Any]],
    function: str,
    body: Any,
) -> None:
    handle = load(function, **SETTINGS).handler
    clients["glue"].calls.clear()
    crawled = {"StartTime": datetime(2026, 1, 1, tzinfo=UTC), "Status": "SUCCEEDED"}
    clients["glue"].answers["get_crawler"] = {"Crawler": {"State": "READY", "LastCrawl": crawled}}
    returned = handle(batch(RECOVERY, body), None)["batchItemFailures"]
    assert returned in ([], [{"itemIdentifier": "m1"}])
    assert len(clients["glue"].started) == 1
