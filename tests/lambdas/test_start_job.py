from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tests.lambdas.conftest import Client

SETTINGS = {
    "JOB": "converts",
    "RETRY_SECONDS": "30",
    "BUCKET": "lake",
    "BUCKET_OWNER": "000000000000",
    "PREFIX": "in/",
    "SUFFIX": ".csv",
    "KEEPS_MANIFESTS": "true",
}
OF_CRAWLS = {"CRAWLER": "crawls", "CRAWL_QUEUE": "arn:aws:sqs:eu-west-1:000000000000:requests"}
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RECOVERY = {"source": "dataflowxpress", "reason": "a crawl had no run"}


def crawl(state: str) -> dict[str, Any]:
    return {
        "source": "aws.glue",
        "detail-type": "Glue Crawler State Change",
        "time": "2026-01-01T12:00:00Z",
        "detail": {"crawlerName": "crawls", "state": state},
    }


@pytest.fixture
def handler(
    load: Callable[..., ModuleType], clients: dict[str, Client]
) -> Callable[[dict[str, Any]], list[str]]:
    handle = load("start_job", **SETTINGS).handler
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
    assert clients["glue"].started == [("start_job_run", {"JobName": "converts"})] * runs


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
    assert clients["glue"].started == []


def upload(key: str, bucket: str = "lake") -> dict[str, Any]:
    place = {"bucket": {"name": bucket}, "object": {"key": key}}
    return {"Records": [{"eventTime": "2026-01-01T12:00:00.000Z", "s3": place}]}


@pytest.mark.parametrize(
    ("bodies", "runs"),
    [
        pytest.param([upload("in/a.csv"), upload("in/b%2B1.csv")], 1, id="two uploads"),
        pytest.param([RECOVERY], 1, id="recovery"),
        pytest.param([upload("in/"), upload("out/a.csv"), upload("in/a.txt")], 0, id="no sources"),
        pytest.param([upload("in/a.csv", "other"), {"Event": "s3:TestEvent"}], 0, id="no upload"),
    ],
)
def test_a_batch_of_uploads_is_one_run(
    load: Callable[..., ModuleType],
    batch: Any,
    clients: dict[str, Client],
    bodies: list[object],
    runs: int,
) -> None:
    handle = load("start_job", **SETTINGS).handler
    assert handle(batch(*bodies), None) == {"batchItemFailures": []}
    assert clients["glue"].started == [("start_job_run", {"JobName": "converts"})] * runs


def ran(seconds: float = 0, state: str = "SUCCEEDED") -> dict[str, Any]:
    """Return what Glue says of a run that started so many seconds after noon."""
    run = {"Id": "jr_1", "JobRunState": state, "StartedOn": NOON + timedelta(seconds=seconds)}
    return {"JobRuns": [run]}


def covered(seconds: float) -> dict[str, Any]:
    """Return what the job has recorded: it has seen all until so many seconds after noon."""
    until = (NOON + timedelta(seconds=seconds)).timestamp()
    return {"Body": io.BytesIO(json.dumps({"until": until}).encode())}


@pytest.mark.parametrize("state", ["STARTING", "RUNNING", "STOPPING", "WAITING"])
def test_while_a_run_is_active_its_messages_return_and_start_none(
    handler: Any, batch: Any, clients: dict[str, Client], state: str
) -> None:
    clients["glue"].answers["get_job_runs"] = ran(state=state)
    assert handler(batch(upload("in/a.csv"), upload("in/b.txt"))) == ["m0"]
    assert clients["glue"].started == []


@pytest.mark.parametrize(
    ("body", "until", "runs"),
    [
        pytest.param(upload("in/a.csv"), 5, 0, id="an upload that a run has seen"),
        pytest.param(upload("in/a.csv"), 0.5, 0, id="an upload that it has seen at once"),
        pytest.param(upload("in/a.csv"), 0.1, 1, id="an upload at the same time"),
        pytest.param(crawl("Succeeded"), 0.5, 1, id="a crawl in the same second"),
        pytest.param(upload("in/a.csv"), -5, 1, id="a later upload"),
        pytest.param(crawl("Succeeded"), 5, 0, id="a crawl that a run has seen"),
        pytest.param(crawl("Succeeded"), -5, 1, id="a later crawl"),
        pytest.param(RECOVERY, 5, 1, id="a later request of the operator"),
        pytest.param(RECOVERY, 15, 0, id="a request that a run has answered"),
    ],
)
def test_a_run_without_work_does_not_start(  # noqa: PLR0913, PLR0917 - fixtures
    handler: Any,
    batch: Any,
    clients: dict[str, Client],
    body: object,
    until: float,
    runs: int,
) -> None:
    clients["glue"].answers["get_job_runs"] = ran(-60)
    clients["s3"].answers["get_object"] = covered(until)
    assert handler(batch(body)) == []
    assert len(clients["glue"].started) == runs


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'{"until": "soon"}', b"{}", b'{"until": 1e12}', b'{"until": NaN}']
)
def test_a_record_that_is_no_record_stops_no_run(
    handler: Any, batch: Any, clients: dict[str, Client], content: bytes
) -> None:
    clients["glue"].answers["get_job_runs"] = ran(-60)
    clients["s3"].answers["get_object"] = {"Body": io.BytesIO(content)}
    assert handler(batch(upload("in/a.csv"))) == []
    assert len(clients["glue"].started) == 1


@pytest.mark.parametrize(("state", "runs"), [("SUCCEEDED", 0), ("FAILED", 1)])
def test_a_run_of_a_custom_script_covers_what_was_uploaded_before_it_if_it_succeeds(
    load: Callable[..., ModuleType], batch: Any, clients: dict[str, Client], state: str, runs: int
) -> None:
    clients["glue"].answers["get_job_runs"] = ran(5, state)
    handle = load("start_job", **{**SETTINGS, "KEEPS_MANIFESTS": "false"}).handler
    assert handle(batch(upload("in/a.csv")), None) == {"batchItemFailures": []}
    assert len(clients["glue"].started) == runs


def test_a_run_waits_for_the_interval_since_the_last_one(
    load: Callable[..., ModuleType], batch: Any, clients: dict[str, Client]
) -> None:
    started = datetime.now(UTC) - timedelta(seconds=100)
    run = {"Id": "jr_1", "JobRunState": "SUCCEEDED", "StartedOn": started}
    clients["glue"].answers["get_job_runs"] = {"JobRuns": [run]}
    handle = load("start_job", **SETTINGS, MIN_INTERVAL_SECONDS="3600").handler
    assert handle(batch(RECOVERY), None) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    [(_, call)] = clients["sqs"].calls
    assert 3490 <= call["Entries"][0]["VisibilityTimeout"] <= 3501
    assert clients["glue"].started == []

    run["StartedOn"] = started - timedelta(hours=1)
    assert handle(batch(RECOVERY), None) == {"batchItemFailures": []}
    assert len(clients["glue"].started) == 1


def test_the_first_upload_requests_a_crawl_and_its_end_starts_the_first_run(
    load: Callable[..., ModuleType], batch: Any, clients: dict[str, Client]
) -> None:
    handle = load("start_job", **SETTINGS, **OF_CRAWLS).handler
    assert handle(batch(upload("in/a.csv")), None) == {"batchItemFailures": []}
    [(operation, call)] = clients["sqs"].calls
    assert operation == "send_message"
    assert call["QueueUrl"].endswith("/000000000000/requests")
    assert json.loads(call["MessageBody"])["source"] == "dataflowxpress"
    assert clients["glue"].started == []

    clients["glue"].answers["get_crawler"] = {"Crawler": {"State": "RUNNING"}}
    assert handle(batch(upload("in/b.csv")), None) == {
        "batchItemFailures": [{"itemIdentifier": "m0"}]
    }
    last = {"StartTime": NOON, "Status": "SUCCEEDED"}
    clients["glue"].answers["get_crawler"] = {"Crawler": {"State": "READY", "LastCrawl": last}}
    assert handle(batch(crawl("Succeeded")), None) == {"batchItemFailures": []}
    assert len(clients["glue"].started) == 1


@pytest.mark.parametrize(
    ("minutes", "runs"), [([], 0), ([-9], 0), ([-9, 1], 1)], ids=["none", "old ones", "a new one"]
)
def test_a_scheduled_run_starts_only_if_an_upload_waits(
    handler: Any, batch: Any, clients: dict[str, Client], minutes: list[int], runs: int
) -> None:
    listed = [
        {"Key": f"in/{number}.csv", "LastModified": _listed(NOON + timedelta(minutes=minute))}
        for number, minute in enumerate(minutes)
    ]
    other = {"Key": "in/other.txt", "LastModified": _listed(NOON + timedelta(minutes=2))}
    clients["s3"].pages = [{"Contents": [*listed, other], "IsTruncated": False}]
    clients["s3"].answers["get_object"] = covered(0)
    clients["glue"].answers["get_job_runs"] = ran(-60)
    assert handler(batch({"source": "dataflowxpress", "reason": "schedule"})) == []
    assert len(clients["glue"].started) == runs


def _listed(moment: datetime) -> str:
    """Return a time as S3 lists it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
