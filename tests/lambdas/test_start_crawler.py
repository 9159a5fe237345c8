from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tests.lambdas.conftest import Client

RECOVERY = {"source": "dataflowxpress", "reason": "3 objects wait"}
TEST_EVENT = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "orders"}


def upload(*keys: str, bucket: str = "orders") -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventTime": "2026-01-01T12:00:00.500Z",
                "s3": {"bucket": {"name": bucket}, "object": {"key": key}},
            }
            for key in keys
        ]
    }


@pytest.fixture
def handler(
    load: Callable[..., ModuleType], clients: dict[str, Client]
) -> Callable[[dict[str, Any]], list[str]]:
    settings = {
        "CRAWLER": "crawls",
        "BUCKET": "orders",
        "PREFIX": "csv data/",
        "SUFFIX": ".csv",
        "RETRY_SECONDS": "30",
    }
    handle = load("start_crawler", **settings).handler
    assert clients

    def returned(event: dict[str, Any]) -> list[str]:
        return [failure["itemIdentifier"] for failure in handle(event, None)["batchItemFailures"]]

    return returned


@pytest.mark.parametrize(
    ("body", "crawls"),
    [
        pytest.param(upload("csv+data/a.csv"), 1, id="an upload, its key encoded"),
        pytest.param(upload("csv+data/caf%C3%A9+%2B%3D.csv"), 1, id="an upload, not ASCII"),
        pytest.param(upload("csv+data/a.txt", "csv+data/b.csv"), 1, id="one of two"),
        pytest.param(RECOVERY, 1, id="recovery"),
        pytest.param(TEST_EVENT, 0, id="S3's test event"),
        pytest.param(upload("csv+data/2024/"), 0, id="a folder"),
        pytest.param(upload("csv+data/a.txt"), 0, id="another suffix"),
        pytest.param(upload("parquet_data/a.csv"), 0, id="another prefix"),
        pytest.param(upload("csv+data/a.csv", bucket="others"), 0, id="another bucket"),
        pytest.param(upload(), 0, id="no records"),
    ],
)
def test_only_what_the_crawler_should_see_starts_it(
    handler: Any, batch: Any, clients: dict[str, Client], body: object, crawls: int
) -> None:
    assert handler(batch(body)) == []
    assert clients["glue"].started == [("start_crawler", {"Name": "crawls"})] * crawls


def test_a_batch_is_one_crawl(handler: Any, batch: Any, clients: dict[str, Client]) -> None:
    assert handler(batch(*[upload(f"csv+data/{n}.csv") for n in range(50)], RECOVERY)) == []
    assert len(clients["glue"].started) == 1


def test_a_running_crawler_sends_back_only_the_messages_that_needed_it(
    handler: Any, batch: Any, clients: dict[str, Client]
) -> None:
    clients["glue"].fails("CrawlerRunningException")

    assert handler(batch(upload("csv+data/a.csv"), TEST_EVENT, RECOVERY)) == ["m0", "m2"]
    assert clients["sqs"].calls == [
        (
            "change_message_visibility_batch",
            {
                "QueueUrl": "https://sqs.eu-west-1.amazonaws.com/000000000000/uploads",
                "Entries": [
                    {"Id": "0", "ReceiptHandle": "r0", "VisibilityTimeout": 30},
                    {"Id": "1", "ReceiptHandle": "r2", "VisibilityTimeout": 30},
                ],
            },
        )
    ]


def test_a_running_crawler_is_no_error_in_the_log(
    handler: Any, batch: Any, clients: dict[str, Client], capsys: pytest.CaptureFixture[str]
) -> None:
    clients["glue"].fails("CrawlerRunningException")
    handler(batch(upload("csv+data/a.csv")))
    line = {"level": "info", "message": "already running", "code": "CrawlerRunningException"}
    assert line in logged(capsys)


def test_many_messages_go_back_ten_a_call(
    handler: Any, batch: Any, clients: dict[str, Client]
) -> None:
    clients["glue"].fails("CrawlerRunningException")

    assert len(handler(batch(*[upload(f"csv+data/{n}.csv") for n in range(23)]))) == 23
    assert [len(call["Entries"]) for _, call in clients["sqs"].calls] == [10, 10, 3]


def test_an_unexpected_error_is_logged_and_sends_the_messages_back(
    handler: Any, batch: Any, clients: dict[str, Client], capsys: pytest.CaptureFixture[str]
) -> None:
    clients["glue"].fails("AccessDeniedException")

    assert handler(batch(upload("csv+data/a.csv"))) == ["m0"]
    errors = [line for line in logged(capsys) if line["level"] == "error"]
    assert [error["message"] for error in errors] == ["start failed"]
    assert "AccessDeniedException" in errors[0]["exception"]


@pytest.mark.parametrize("body", ["no json", "[1]", "null", "{}", '{"Records": [{}]}'])
def test_an_invalid_message_returns_and_blocks_no_other(
    handler: Any,
    batch: Any,
    clients: dict[str, Client],
    capsys: pytest.CaptureFixture[str],
    body: str,
) -> None:
    assert handler(batch(body, upload("csv+data/a.csv"))) == ["m0"]
    assert len(clients["glue"].started) == 1
    error = next(line for line in logged(capsys) if line["level"] == "error")
    assert (error["id"], error["body"]) == ("m0", body)


@pytest.mark.parametrize("how", ["entries", "call"])
def test_messages_that_cannot_be_hidden_still_go_back_and_it_is_logged(
    handler: Any, batch: Any, clients: dict[str, Client], capsys: Any, how: str
) -> None:
    clients["glue"].fails("CrawlerRunningException")
    if how == "entries":
        clients["sqs"].failed = [{"Id": "0", "Code": "ReceiptHandleIsInvalid"}]
    else:
        clients["sqs"].fails("AccessDenied")

    assert handler(batch(RECOVERY)) == ["m0"]
    assert "messages return late" in [line["message"] for line in logged(capsys)]


@pytest.mark.parametrize(
    ("started", "status", "crawls"),
    [
        pytest.param(datetime(2026, 1, 1, 12, 0, 5, tzinfo=UTC), "SUCCEEDED", 0, id="after it"),
        pytest.param(datetime(2026, 1, 1, 12, 0, 5, tzinfo=UTC), "FAILED", 0, id="and failed"),
        pytest.param(datetime(2026, 1, 1, 12, 0, 5, tzinfo=UTC), "CANCELLED", 1, id="cancelled"),
        pytest.param(datetime(2026, 1, 1, 11, 59, tzinfo=UTC), "SUCCEEDED", 1, id="before it"),
    ],
)
def test_an_upload_that_a_crawl_has_seen_starts_no_other(  # noqa: PLR0913, PLR0917 - fixtures
    handler: Any,
    batch: Any,
    clients: dict[str, Client],
    started: datetime,
    status: str,
    crawls: int,
) -> None:
    last = {"State": "READY", "LastCrawl": {"StartTime": started, "Status": status}}
    clients["glue"].answers["get_crawler"] = {"Crawler": last}
    assert handler(batch(upload("csv+data/a.csv"))) == []
    assert len(clients["glue"].started) == crawls


def test_a_request_for_a_crawl_that_has_taken_place_starts_no_other(
    handler: Any, batch: Any, clients: dict[str, Client]
) -> None:
    crawl = {"StartTime": datetime.fromtimestamp(2000, UTC), "Status": "SUCCEEDED"}
    clients["glue"].answers["get_crawler"] = {"Crawler": {"State": "READY", "LastCrawl": crawl}}
    assert handler(batch({**RECOVERY, "since": 1000})) == []
    assert clients["glue"].started == []
    assert handler(batch({**RECOVERY, "since": 3000})) == []
    assert len(clients["glue"].started) == 1


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]
