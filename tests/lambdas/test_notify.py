"""Tell: how mails read, and that each event is told once."""

from __future__ import annotations

import gzip
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from dataflowxpress.api.run_states import FAILED

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from dataflowxpress_sandbox.aws.serving import RunningAws

NOON = "2026-01-01T12:00:00Z"


def crawl_failed(**detail: str) -> dict[str, Any]:
    said = {"crawlerName": "uploads", "state": "Failed", "errorMessage": "No access\nat line 1"}
    return event("Glue Crawler State Change", {**said, **detail})


def run_ended(state: str, message: str = "") -> dict[str, Any]:
    said = {"jobName": "convert", "jobRunId": "jr_1", "state": state, "message": message}
    return event("Glue Job State Change", said)


def event(kind: str, detail: dict[str, str]) -> dict[str, Any]:
    named = {"id": uuid.uuid4().hex, "source": "aws.glue", "time": NOON}
    return {**named, "detail-type": kind, "detail": detail}


@pytest.fixture
def notify(
    aws: RunningAws, load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> Function:
    return Function(aws, load, monkeypatch)


class Function:
    """The function, a pipeline's bucket, and a queue for what is published on its topic."""

    def __init__(
        self,
        aws: RunningAws,
        load: Callable[[str], ModuleType],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self.monkeypatch = monkeypatch
        self.name = f"notify-{uuid.uuid4().hex[:8]}"
        self.s3, self.sqs, sns = (aws.client(service) for service in ("s3", "sqs", "sns"))
        where = {"LocationConstraint": self.s3.meta.region_name}
        self.s3.create_bucket(Bucket=self.name, CreateBucketConfiguration=where)
        send = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [send]})
        made = self.sqs.create_queue(QueueName=self.name, Attributes={"Policy": policy})
        self.queue = made["QueueUrl"]
        topic = sns.create_topic(Name=self.name)["TopicArn"]
        arn = topic.replace(":sns:", ":sqs:")
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        environment = {
            **aws.environment("test", "test"),
            "PIPELINE": "default/orders",
            "TOPIC": topic,
            "BUCKET": self.name,
            "PREFIX": "in/",
            "KEEPS_MANIFESTS": "true",
            "REJECTED": "s3://b/rejected/",
            "JOB_LOGS": "/aws-glue/jobs/orders",
            "RETRY_SECONDS": "30",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        self.handler = load("notify").handler

    def put(self, key: str, body: bytes) -> str:
        etag: str = self.s3.put_object(Bucket=self.name, Key=key, Body=body)["ETag"].strip('"')
        return etag

    def says(self, run: str, **done: int) -> None:
        """Put what a run says of itself."""
        self.put(f"dataflowxpress/runs/{run}.json", json.dumps(done).encode())

    def __call__(self, *events: Any) -> list[str]:
        """Return the messages that come back."""
        records = [
            {
                "messageId": str(number),
                "receiptHandle": "r",
                "body": json.dumps(each),
                "eventSourceARN": f"arn:aws:sqs:eu-west-1:000000000000:{self.name}",
            }
            for number, each in enumerate(events)
        ]
        answer = self.handler({"Records": records}, None)
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def told(self) -> list[dict[str, Any]]:
        """Return what was published since."""
        answer = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        for message in answer.get("Messages", ()):
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in answer.get("Messages", ())]


def test_a_run_that_did_something_is_told_with_its_figures(notify: Function) -> None:
    notify.says("jr_1", objects=3, rows=10, rejected=2, waiting=0, seconds=9)
    assert notify(run_ended("SUCCEEDED")) == []
    [mail] = notify.told()
    assert mail["Subject"] == "default/orders: a run succeeded"
    assert mail["Message"].splitlines() == [
        "DataPipeline default/orders: the run ended SUCCEEDED at 2026-01-01T12:00:00Z.",
        "",
        "Job: convert",
        "Run: jr_1",
        "Objects: 3",
        "Rows written: 10",
        "Rows rejected: 2, kept in s3://b/rejected/jr_1/",
        "Seconds: 9",
        "Logs: /aws-glue/jobs/orders, streams of jr_1",
        "",
        "More: kubectl describe datapipeline --namespace default orders",
    ]


def test_a_run_that_found_nothing_to_do_is_not_told(notify: Function) -> None:
    assert notify(run_ended("SUCCEEDED")) == []
    assert notify.told() == []


@pytest.mark.parametrize("state", [*sorted(FAILED), "A_STATE_OF_TOMORROW"])
def test_a_run_that_failed_is_told_with_its_error_and_what_waits(
    notify: Function, state: str
) -> None:
    notify.put("in/a.csv", b"a")
    said = "JobName:convert and JobRunId:jr_1 failed to execute with exception no memory\n  at x"
    assert notify(run_ended(state, said)) == []
    [mail] = notify.told()
    assert mail["Subject"] == f"default/orders: a run ended {state}"
    assert {
        "Run: jr_1",
        "Error: no memory",
        "Objects waiting: 1",
        "Logs: /aws-glue/jobs/orders, streams of jr_1",
    } <= set(mail["Message"].splitlines())


def test_a_crawl_that_failed_is_told_with_its_error_and_what_waits(notify: Function) -> None:
    assert notify(crawl_failed()) == []
    [mail] = notify.told()
    assert mail["Subject"] == "default/orders: the crawl failed"
    assert {
        "Crawler: uploads",
        "Error: No access",
        "Objects waiting: 0",
        "Logs: /aws-glue/crawlers, stream uploads",
    } <= set(mail["Message"].splitlines())


def test_what_waits_is_counted_by_snapshot_and_manifests(notify: Function) -> None:
    etags = {key: notify.put(f"in/{key}.csv", key.encode()) for key in ("a", "b", "c", "d")}
    entry = {key: {"key": f"in/{key}.csv", "etag": etag} for key, etag in etags.items()}
    old = {"key": "in/b.csv", "etag": "older content"}
    lines = [{"number": 7}, entry["a"], entry["b"]]
    snapshot = "\n".join(map(json.dumps, lines)).encode()
    notify.put("dataflowxpress/snapshots/0000000007.jsonl.gz", gzip.compress(snapshot))
    notify.put("dataflowxpress/manifests/0000000007.json", b"not read")
    manifest = json.dumps({"objects": [old, entry["c"]]}).encode()
    notify.put("dataflowxpress/manifests/0000000008.json", manifest)
    notify.put("in/folder/", b"")

    notify(crawl_failed())
    [mail] = notify.told()
    assert "Objects waiting: 2" in mail["Message"].splitlines()


def test_a_script_that_is_not_ours_is_told_without_figures(notify: Function) -> None:
    notify.monkeypatch.setenv("KEEPS_MANIFESTS", "false")
    assert notify(run_ended("SUCCEEDED"), run_ended("FAILED", "no")) == []
    good, bad = sorted(notify.told(), key=lambda mail: mail["Subject"], reverse=True)
    assert "Objects" not in good["Message"]
    assert "Objects waiting: not known, since the script is not ours" in bad["Message"]


def test_an_event_that_comes_twice_is_told_once(notify: Function) -> None:
    twice = crawl_failed()
    assert notify(twice, twice) == []
    assert notify(twice) == []
    assert len(notify.told()) == 1


def test_what_could_not_be_told_comes_back_alone(notify: Function) -> None:
    notify.monkeypatch.setenv("TOPIC", "arn:aws:sns:eu-west-1:000000000000:there-is-none")
    notify.says("jr_1", objects=1)
    nothing = event("Glue Job State Change", {"jobRunId": "jr_2", "state": "SUCCEEDED"})
    assert notify(run_ended("SUCCEEDED"), nothing, {"strange": 1}) == ["0", "2"]


def test_a_subject_fits(notify: Function) -> None:
    notify.monkeypatch.setenv("PIPELINE", f"{'n' * 63}/{'p' * 63}")
    notify(crawl_failed())
    [mail] = notify.told()
    assert len(mail["Subject"]) == 100
