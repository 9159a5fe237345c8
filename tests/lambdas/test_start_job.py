from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tests.lambdas.conftest import Client

RECOVERY = {"source": "dataflowxpress", "reason": "a crawl had no run"}


def crawl(state: str) -> dict[str, Any]:
    return {
        "source": "aws.glue",
        "detail-type": "Glue Crawler State Change",
        "detail": {"crawlerName": "crawls", "state": state},
    }


@pytest.fixture
def handler(
    load: Callable[..., ModuleType], clients: dict[str, Client]
) -> Callable[[dict[str, Any]], list[str]]:
    handle = load("start_job", JOB="converts", RETRY_SECONDS="30").handler
    assert clients

    def returned(event: dict[str, Any]) -> list[str]:
        return [failure["itemIdentifier"] for failure in handle(event, None)["batchItemFailures"]]

    return returned


@pytest.mark.parametrize(
    ("bodies", "runs"),
    [
        pytest.param([crawl("Succeeded")], 1, id="a crawl that succeeded"),
        pytest.param([crawl("Succeeded"), crawl("Succeeded"), RECOVERY], 1, id="several"),
        pytest.param([crawl("Failed")], 1, id="a crawl that failed"),
        pytest.param([RECOVERY], 1, id="recovery"),
        pytest.param([crawl("Started"), crawl("Stopped")], 0, id="other states"),
    ],
)
def test_a_batch_with_a_crawl_that_ended_is_one_run(
    handler: Any, batch: Any, clients: dict[str, Client], bodies: list[object], runs: int
) -> None:
    assert handler(batch(*bodies)) == []
    assert clients["glue"].calls == [("start_job_run", {"JobName": "converts"})] * runs


def test_a_running_job_sends_the_message_back_and_is_no_error(
    handler: Any, batch: Any, clients: dict[str, Client], capsys: pytest.CaptureFixture[str]
) -> None:
    clients["glue"].fails("ConcurrentRunsExceededException")

    assert handler(batch(crawl("Started"), crawl("Succeeded"))) == ["m1"]
    assert '"level": "error"' not in capsys.readouterr().out
    [(operation, call)] = clients["sqs"].calls
    assert operation == "change_message_visibility_batch"
    assert [entry["VisibilityTimeout"] for entry in call["Entries"]] == [30]


@pytest.mark.parametrize(
    "body", ["?", {"detail-type": "Glue Job State Change", "detail": {"state": "SUCCEEDED"}}]
)
def test_an_invalid_message_returns(
    handler: Any, batch: Any, clients: dict[str, Client], body: object
) -> None:
    assert handler(batch(body)) == ["m0"]
    assert clients["glue"].calls == []


def upload(key: str, bucket: str = "lake") -> dict[str, Any]:
    return {"Records": [{"s3": {"bucket": {"name": bucket}, "object": {"key": key}}}]}


@pytest.mark.parametrize(
    ("bodies", "runs"),
    [
        pytest.param([upload("in/a.csv"), upload("in/b%2B1.csv")], 1, id="two uploads"),
        pytest.param([RECOVERY], 1, id="recovery"),
        pytest.param([upload("in/"), upload("out/a.csv"), upload("in/a.txt")], 0, id="no sources"),
        pytest.param([upload("in/a.csv", "other"), {"Event": "s3:TestEvent"}], 0, id="no upload"),
    ],
)
def test_without_a_crawler_a_batch_of_uploads_is_one_run(
    load: Callable[..., ModuleType],
    batch: Any,
    clients: dict[str, Client],
    bodies: list[object],
    runs: int,
) -> None:
    place = {"BUCKET": "lake", "PREFIX": "in/", "SUFFIX": ".csv"}
    handle = load("start_job", JOB="converts", RETRY_SECONDS="30", **place).handler
    assert handle(batch(*bodies), None) == {"batchItemFailures": []}
    assert clients["glue"].calls == [("start_job_run", {"JobName": "converts"})] * runs
