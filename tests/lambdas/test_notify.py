"""Notify: the text of the emails, and one email for each event."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import uuid
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import Bucket, Job, Topic
from dataflowxpress.blueprint import blueprint, permissions
from dataflowxpress.planning.resource import Scope, only
from dataflowxpress_sandbox.aws import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from dataflowxpress_sandbox.aws.serving import RunningAws

LOGS = (
    "Logs: log groups /aws-glue/jobs/orders/output and /aws-glue/jobs/orders/error,"
    " log streams of run jr_1"
)
NOON = "2026-01-01T12:00:00Z"


def crawl_failed(**detail: str) -> dict[str, Any]:
    failed = {"crawlerName": "uploads", "state": "Failed", "errorMessage": "No access\nat line 1"}
    return event("Glue Crawler State Change", {**failed, **detail})


def run_ended(state: str, message: str = "") -> dict[str, Any]:
    ended = {"jobName": "convert", "jobRunId": "jr_1", "state": state, "message": message}
    return event("Glue Job State Change", ended)


def event(kind: str, detail: dict[str, str]) -> dict[str, Any]:
    named = {"id": uuid.uuid4().hex, "source": "aws.glue", "time": NOON}
    return {**named, "detail-type": kind, "detail": detail}


@pytest.fixture
def notify(
    aws: RunningAws, load: Callable[..., ModuleType], monkeypatch: pytest.MonkeyPatch
) -> Function:
    return Function(aws, load, monkeypatch)


class Function:
    """The function, a pipeline's bucket, and a queue for what is published on its topic."""

    def __init__(
        self,
        aws: RunningAws,
        load: Callable[..., ModuleType],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
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
        for variable, value in aws.environment("test", "test").items():
            monkeypatch.setenv(variable, value)
        settings = {
            "PIPELINE": "default/orders",
            "TOPIC": topic,
            "BUCKET": self.name,
            "BUCKET_OWNER": ACCOUNT,
            "PREFIX": "in/",
            "KEEPS_MANIFESTS": "true",
            "JOB_LOGS": "/aws-glue/jobs/orders/output,/aws-glue/jobs/orders/error",
            "RETRY_SECONDS": "30",
        }
        loaded = load("notify", **settings)
        self.handler, self.settings = loaded.handler, loaded.settings()

    def put(self, key: str, body: bytes) -> str:
        etag: str = self.s3.put_object(Bucket=self.name, Key=key, Body=body)["ETag"].strip('"')
        return etag

    def summarize(self, run: str, **figures: Any) -> None:
        """Put the summary of a run."""
        self.put(f"dataflowxpress/runs/{run}.json", json.dumps(figures).encode())

    def __call__(self, *events: Any) -> list[str]:
        """Return the ids of the messages that return to the queue."""
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

    def mails(self) -> list[dict[str, Any]]:
        """Return the messages published since the last call."""
        answer = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        for message in answer.get("Messages", ()):
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in answer.get("Messages", ())]


def test_a_run_that_converted_objects_is_notified_with_its_figures(notify: Function) -> None:
    notify.summarize("jr_1", objects=3, rows=10, rejected=2, waiting=0, seconds=9)
    assert notify(run_ended("SUCCEEDED")) == []
    [mail] = notify.mails()
    assert mail["Subject"] == "Job run succeeded: default/orders"
    assert mail["Message"].splitlines() == [
        "A job run of DataPipeline default/orders succeeded at 2026-01-01T12:00:00Z.",
        "",
        "Job: convert",
        "Run: jr_1",
        "State: SUCCEEDED",
        "Objects converted: 3",
        "Rows written: 10",
        "Rows rejected: 2",
        "To see them: kubectl dataflow rejects orders --namespace default --run jr_1",
        "Seconds of conversion: 9",
        LOGS,
        "",
        "To see the status of the pipeline, run:",
        "kubectl describe datapipeline --namespace default orders",
    ]


@pytest.mark.parametrize("state", ["SUCCEEDED", "FAILED"])
@pytest.mark.parametrize(
    ("run", "line"),
    [
        ({"MaxCapacity": 4.0, "ExecutionTime": 30}, "DPU-seconds: 120"),
        ({"MaxCapacity": 4.0, "ExecutionTime": 30, "DPUSeconds": 99.5}, "DPU-seconds: 100"),
        ({"ExecutionTime": 30}, ""),
    ],
    ids=["whole capacity", "as reported", "unknown"],
)
def test_a_mail_about_a_run_has_the_dpu_seconds_that_glue_reports(
    notify: Function, monkeypatch: pytest.MonkeyPatch, run: dict[str, Any], line: str, state: str
) -> None:
    import job_runs  # from the function's zip

    glue = SimpleNamespace(get_job_run=lambda **_: {"JobRun": run})
    monkeypatch.setattr(job_runs, "_glue", lambda: glue)
    notify.summarize("jr_1", objects=3, rows=10)
    notify(run_ended(state))
    [mail] = notify.mails()
    found = [each for each in mail["Message"].splitlines() if each.startswith("DPU-seconds")]
    assert found == [line] * bool(line)


def test_a_run_that_widened_a_column_is_notified_with_it(notify: Function) -> None:
    change = "t.code: bigint to string, because of 'A7' in in/2.csv"
    notify.summarize("jr_1", objects=3, type_changes=[{"column": "code", "message": change}])
    notify(run_ended("SUCCEEDED"))
    [mail] = notify.mails()
    assert f"Column with a wider type: {change}" in mail["Message"].splitlines()


def test_refused_objects_are_named_with_their_reasons(notify: Function) -> None:
    refused = [{"key": f"in/{n}\n.csv", "reason": "not CSV:\x00 binary data"} for n in range(12)]
    notify.summarize("jr_1", objects=14, refused=12, refused_objects=refused)
    notify(run_ended("SUCCEEDED"))
    [mail] = notify.mails()
    lines = mail["Message"].splitlines()
    assert "Objects refused: 12" in lines
    named = [line for line in lines if line.startswith("Refused object: ")]
    assert named == [f"Refused object: in/{n} .csv: not CSV: binary data" for n in range(10)]


def test_a_run_that_had_nothing_to_convert_is_not_notified(notify: Function) -> None:
    assert notify(run_ended("SUCCEEDED")) == []
    assert notify.mails() == []


@pytest.mark.parametrize(
    ("state", "ending"),
    [
        ("FAILED", "failed"),
        ("ERROR", "failed"),
        ("EXPIRED", "expired"),
        ("TIMEOUT", "timed out"),
        ("STOPPED", "was stopped"),
        ("A_STATE_OF_TOMORROW", "ended in state A_STATE_OF_TOMORROW"),
    ],
)
def test_a_run_that_failed_is_notified_with_its_error_and_the_waiting_objects(
    notify: Function, state: str, ending: str
) -> None:
    notify.put("in/a.csv", b"a")
    error = "JobName:convert and JobRunId:jr_1 failed to execute with exception no memory\n  at x"
    assert notify(run_ended(state, error)) == []
    [mail] = notify.mails()
    assert mail["Subject"] == f"Job run {ending}: default/orders"
    assert {
        f"A job run of DataPipeline default/orders {ending} at 2026-01-01T12:00:00Z.",
        "Run: jr_1",
        f"State: {state}",
        "Error: no memory",
        "Objects waiting: 1",
        LOGS,
    } <= set(mail["Message"].splitlines())


def test_a_crawl_that_failed_is_notified_with_its_error_and_the_waiting_objects(
    notify: Function,
) -> None:
    assert notify(crawl_failed()) == []
    [mail] = notify.mails()
    assert mail["Subject"] == "Crawl failed: default/orders"
    assert {
        "Crawler: uploads",
        "Error: No access",
        "Objects waiting: 0",
        "Logs: log group /aws-glue/crawlers, log stream uploads",
    } <= set(mail["Message"].splitlines())


def test_a_failed_crawl_names_the_log_group_of_its_security_configuration(
    notify: Function,
) -> None:
    notify.settings["CRAWLER_LOGS"] = "/aws-glue/crawlers-role/orders-glue-orders"
    assert notify(crawl_failed()) == []
    [mail] = notify.mails()
    logs = "Logs: log group /aws-glue/crawlers-role/orders-glue-orders, log stream uploads"
    assert logs in mail["Message"].splitlines()


def test_waiting_objects_are_counted_by_snapshot_and_manifests(notify: Function) -> None:
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
    [mail] = notify.mails()
    assert "Objects waiting: 2" in mail["Message"].splitlines()


def test_a_run_of_a_custom_script_is_notified_without_figures(notify: Function) -> None:
    notify.settings["KEEPS_MANIFESTS"] = "false"
    assert notify(run_ended("SUCCEEDED"), run_ended("FAILED", "no")) == []
    bad, good = sorted(notify.mails(), key=lambda mail: mail["Subject"])
    assert "Objects" not in good["Message"]
    assert "Objects waiting: unknown, because the job uses a custom script" in bad["Message"]


def test_a_duplicate_event_is_notified_once(notify: Function) -> None:
    twice = crawl_failed()
    assert notify(twice, twice) == []
    assert notify(twice) == []
    assert len(notify.mails()) == 1


def test_the_role_of_the_function_allows_all_objects_that_it_writes(notify: Function) -> None:
    scope = Scope("default/orders", ACCOUNT, REGION)
    grants = permissions.to_notify(
        DataPipelineSpec(),
        Bucket(scope, notify.name),
        Topic(scope, notify.name),
        only(blueprint(DataPipelineSpec(), scope), Job),
    )
    [allowed] = [arn for each in grants if "s3:PutObject" in each.actions for arn in each.arns]
    notify(crawl_failed())
    [written] = notify.s3.list_objects_v2(Bucket=notify.name)["Contents"]
    assert fnmatchcase(f"arn:aws:s3:::{notify.name}/{written['Key']}", allowed)


def test_nothing_of_a_bucket_that_another_account_owns_is_in_an_email(notify: Function) -> None:
    notify.settings["BUCKET_OWNER"] = "555566667777"
    notify.summarize("jr_1", objects=1)
    assert notify(run_ended("SUCCEEDED")) == ["0"]
    assert notify.mails() == []


def test_only_events_without_a_sent_notification_return(notify: Function) -> None:
    notify.settings["TOPIC"] = "arn:aws:sns:eu-west-1:000000000000:there-is-none"
    notify.summarize("jr_1", objects=1)
    nothing = event("Glue Job State Change", {"jobRunId": "jr_2", "state": "SUCCEEDED"})
    assert notify(run_ended("SUCCEEDED"), nothing, {"invalid": 1}) == ["0", "2"]


def test_a_subject_has_at_most_100_characters_and_begins_with_the_outcome(notify: Function) -> None:
    notify.settings["PIPELINE"] = f"{'n' * 63}/{'p' * 63}"
    notify(crawl_failed())
    [mail] = notify.mails()
    assert len(mail["Subject"]) == 100
    assert mail["Subject"].startswith("Crawl failed: ")


def bomb() -> bytes:
    """Return 200 KB that unpack to 200 MB in one line."""
    return gzip.compress(b"[" + b"0" * 200_000_000 + b"]")


@pytest.mark.parametrize(
    ("key", "body", "reason"),
    [
        ("snapshots/0000000100.jsonl.gz", bomb, "has more than 16,777,216 bytes"),
        ("snapshots/0000000100.jsonl.gz", lambda: b"text", "is malformed (BadGzipFile)"),
        ("manifests/0000000001.json", lambda: b" " * 17_000_000, "has more than 16,777,216 bytes"),
        ("manifests/0000000001.json", lambda: b"[%s0]" % (b"[]," * 300_000), "500,000 values"),
        ("manifests/0000000001.json", lambda: b"{}", "is malformed (KeyError)"),
    ],
    ids=["bomb", "not compressed", "large", "many values", "no manifest"],
)
def test_an_email_goes_out_although_a_snapshot_or_manifest_is_not_readable(
    notify: Function, key: str, body: Callable[[], bytes], reason: str
) -> None:
    notify.put(f"dataflowxpress/{key}", body())
    tracemalloc.start()
    assert notify(run_ended("FAILED", "no memory")) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    [mail] = notify.mails()
    [waiting] = [line for line in mail["Message"].splitlines() if "waiting" in line]
    assert waiting.startswith(f"Objects waiting: unknown, because dataflowxpress/{key}")
    assert reason in waiting
    assert peak < 100_000_000  # of 256 MB
