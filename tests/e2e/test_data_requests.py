"""What people ask of the data by annotations and by `suspend` is done, and answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dataflowxpress.api.spec import GROUP
from dataflowxpress.api.status import Data, Status, Table
from tests.e2e.conftest import User, holds

BUCKET, NAME = "e2e-requests", "requests"
SECONDS = 180
QUIET: dict[str, Any] = {"bucket": {"name": BUCKET}, "trigger": {"batchWindowSeconds": 0}}


@pytest.fixture(scope="module")
def flow(user: User) -> str:
    """A pipeline with one converted object."""
    user.pipeline(NAME, **QUIET)
    user.ready(NAME)
    upload(user, "one")
    user.wait(NAME, current(1), SECONDS, "converted")
    return NAME


def upload(user: User, name: str) -> None:
    body = f"name,age\n{name},36\n".encode()
    user.aws("s3").put_object(Bucket=BUCKET, Key=f"csv_data/{name}.csv", Body=body)


def ask(user: User, request: str, value: str) -> None:
    user.patch(NAME, {"metadata": {"annotations": {f"{GROUP}/{request}": value}}})


def current(objects: int | None) -> Callable[[Status], bool]:
    def check(status: Status) -> bool:
        data = status.data
        return data is not None and data.objects == objects and holds(status, "DataCurrent")

    return check


def parquet(user: User) -> set[str]:
    listed = user.aws("s3").list_objects_v2(Bucket=BUCKET, Prefix="parquet_data/")["Contents"]
    return {entry["Key"] for entry in listed if entry["Key"].endswith(".parquet")}


def without_layout(data: Data) -> Data:
    """Return the data without what depends on the runs that wrote the same rows: the files."""
    return data.model_copy(update={"tables": tuple(map(_rows, data.tables))})


def _rows(table: Table) -> Table:
    return Table(name=table.name, format=table.format, rows=table.rows, bytes=0, files=0)


def test_a_run_that_is_asked_for_comes(user: User, flow: str) -> None:
    before = {run.id for run in user.status(flow).runs}
    ask(user, "run-requested-at", "now")
    status = user.wait(
        flow,
        lambda s: {run.id for run in s.runs if run.state == "SUCCEEDED"} > before,
        SECONDS,
        "run again",
    )
    assert status.run_handled_at == "now"


def test_what_lies_under_a_prefix_is_converted_again_in_the_same_rows(
    user: User, flow: str
) -> None:
    before = parquet(user)
    rows = user.wait(flow, lambda s: holds(s, "DataCurrent"), SECONDS, "quiet").data
    assert rows
    as_before = current(rows.objects)
    ask(user, "reprocess", "csv_data/")
    status = user.wait(
        flow,
        lambda s: s.reprocess is not None and as_before(s) and bool(parquet(user) - before),
        SECONDS,
        "converted again",
    )
    assert status.reprocess
    assert status.reprocess.result == "Requested"
    assert status.data
    assert without_layout(status.data) == without_layout(rows)


def test_a_prefix_that_holds_no_uploads_is_refused_with_the_cure(user: User, flow: str) -> None:
    ask(user, "reprocess", "parquet_data/")
    status = user.wait(
        flow, lambda s: s.reprocess is not None and "parquet" in s.reprocess.prefix, 30, "answered"
    )
    assert status.reprocess
    assert "give 'csv_data/' or a prefix below it" in status.reprocess.result
    assert holds(status, "Ready")


def test_dead_letters_go_back_to_where_they_died(user: User, flow: str) -> None:
    sqs = user.aws("sqs")
    dead = sqs.get_queue_url(QueueName=f"default-{flow}-uploads-dead")["QueueUrl"]
    for _ in range(12):
        sqs.send_message(QueueUrl=dead, MessageBody=json.dumps({"source": "dataflowxpress"}))
    before = user.wait(
        flow, lambda s: s.data is not None and s.data.dead_letters == 12, 30, "with dead letters"
    )
    assert (reported := before["DataCurrent"]) is not None
    assert reported.reason == "DeadLetters"

    assert before.data
    ask(user, "redrive-requested-at", "now")
    after = user.wait(flow, current(before.data.objects), SECONDS, "current again")
    assert after.data
    expected = before.data.model_copy(update={"dead_letters": 0})
    assert without_layout(after.data) == without_layout(expected)


def test_suspending_holds_uploads_and_resuming_converts_them_all(user: User, flow: str) -> None:
    user.pipeline(flow, **QUIET, suspend=True)
    user.wait(
        flow,
        lambda s: s.applied_generation == user.get(flow)["metadata"]["generation"],
        30,
        "suspended",
    )
    user.ready(flow)
    for name in ("two", "three"):
        upload(user, name)
    status = user.wait(
        flow, lambda s: s.data is not None and s.data.waiting == 2, 30, "with waiting objects"
    )
    assert (reported := status["DataCurrent"]) is not None
    assert reported.reason == "Suspended"
    assert status.recovery is None

    user.pipeline(flow, **QUIET, suspend=False)
    user.wait(flow, current(3), SECONDS, "through with what waited")
