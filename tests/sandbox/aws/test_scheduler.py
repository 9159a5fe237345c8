"""EventBridge Scheduler: time zones, execution roles, retries and completion, as on AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings

from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws.scheduler.expression import Expression
from tests.hostile import SCHEMA, of
from tests.sandbox.aws.conftest import allow, make_place, unique

if TYPE_CHECKING:
    from collections.abc import Callable

    from dataflowxpress_sandbox.aws.serving import RunningAws
    from tests.sandbox.aws.conftest import Place

SCHEDULER = "scheduler.amazonaws.com"
TIME = "<aws.scheduler.scheduled-time>"


def occurrences(text: str, zone: str, after: str, number: int = 3) -> list[str]:
    expression, moment = Expression.parse(text, zone), datetime.fromisoformat(after)
    found = []
    for _ in range(number):
        following = expression.after(moment)
        assert following
        moment = following
        found.append(moment.astimezone(UTC).strftime("%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param("2026-01-01T00:00Z", ["01-01 05:00", "01-02 05:00", "01-03 05:00"], id="CET"),
        pytest.param("2026-03-27T05:00Z", ["03-28 05:00", "03-29 04:00", "03-30 04:00"], id="on"),
        pytest.param("2026-10-23T04:00Z", ["10-24 04:00", "10-25 05:00", "10-26 05:00"], id="off"),
    ],
)
def test_six_in_berlin_is_six_in_berlin_in_summer_and_winter(
    after: str, expected: list[str]
) -> None:
    assert occurrences("cron(0 6 * * ? *)", "Europe/Berlin", after) == expected


def test_an_hour_that_does_not_exist_is_skipped() -> None:
    found = occurrences("cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-28T00:00Z")
    assert found == ["03-28 01:30", "03-30 00:30", "03-31 00:30"]


@settings(derandomize=True)
@given(of(SCHEMA["properties"]["trigger"]["properties"]["schedule"]))
def test_each_schedule_that_the_spec_accepts_can_be_scheduled(schedule: str) -> None:
    assert Expression.parse(schedule, "UTC")


def test_in_an_hour_that_comes_twice_a_schedule_is_due_once() -> None:
    found = occurrences("cron(30 2 * * ? *)", "Europe/Berlin", "2026-10-24T12:00Z")
    assert found == ["10-25 00:30", "10-26 01:30", "10-27 01:30"]


def test_a_rate_of_a_day_is_24_hours_whatever_the_clocks_do() -> None:
    found = occurrences("rate(1 day)", "Europe/Berlin", "2026-03-28T06:00Z")
    assert found == ["03-29 06:00", "03-30 06:00", "03-31 06:00"]


class Scheduled:
    """A queue, its dead-letter queue, a role, and schedules that send to the queue."""

    def __init__(self, place: Place, *may_send_to: str) -> None:
        self.place, self.sqs = place, place.aws.client("sqs")
        self.scheduler = place.aws.client("scheduler")
        self.urls = {
            of: self.sqs.create_queue(QueueName=f"{place.name}-{of}")["QueueUrl"]
            for of in ("queue", "dead")
        }
        allowed = [self.arn(of) for of in may_send_to]
        statements = [allow("sqs:SendMessage", resource=allowed)] if allowed else [allow("s3:Get*")]
        self.role = place.role(*statements, service=SCHEDULER)

    def arn(self, of: str) -> str:
        return f"arn:aws:sqs:eu-west-1:{sandbox_aws.ACCOUNT}:{self.place.name}-{of}"

    def create(self, expression: str, **given: Any) -> str:
        name = unique("schedule")
        target = {
            "Arn": self.arn("queue"),
            "RoleArn": self.role,
            "Input": json.dumps({"due": TIME}),
            "DeadLetterConfig": {"Arn": self.arn("dead")},
            "RetryPolicy": {"MaximumRetryAttempts": 0},
        }
        self.scheduler.create_schedule(
            **{
                "Name": name,
                "ScheduleExpression": expression,
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": target,
                **given,
            }
        )
        return name

    def received(self, of: str = "queue") -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.urls[of], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return list(answer.get("Messages", ()))

    def exists(self, name: str) -> bool:
        pages = self.scheduler.get_paginator("list_schedules").paginate()
        return any(each["Name"] == name for page in pages for each in page["Schedules"])


@pytest.fixture
def scheduled(place: Place) -> Scheduled:
    return Scheduled(place, "queue", "dead")


def test_a_rate_begins_at_once_and_its_message_says_when_it_was_due(
    scheduled: Scheduled, eventually: Callable[..., Any]
) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    scheduled.create("rate(1 hour)")
    [message] = eventually(scheduled.received)
    due = datetime.fromisoformat(json.loads(message["Body"])["due"])
    assert before <= due <= datetime.now(UTC)


def test_the_message_goes_out_with_the_permissions_of_the_role(
    place: Place, eventually: Callable[..., Any]
) -> None:
    scheduled = Scheduled(place, "dead")
    scheduled.create("rate(1 hour)")
    [message] = eventually(lambda: scheduled.received("dead"))
    error = message["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]
    assert "is not authorized to perform: sqs:SendMessage" in error
    assert scheduled.received() == []


def test_a_disabled_schedule_sends_nothing_until_it_is_enabled(
    scheduled: Scheduled, eventually: Callable[..., Any]
) -> None:
    name = scheduled.create("rate(1 hour)", State="DISABLED")
    other = scheduled.create("rate(1 hour)")
    assert len(eventually(scheduled.received)) == 1  # of the other schedule
    have = scheduled.scheduler.get_schedule(Name=name)
    given = ("ScheduleExpression", "FlexibleTimeWindow", "Target")
    scheduled.scheduler.update_schedule(Name=name, **{each: have[each] for each in given})
    assert len(eventually(scheduled.received)) == 1
    assert scheduled.exists(other)


@pytest.mark.parametrize(("action", "remains"), [("DELETE", False), ("NONE", True)])
def test_a_schedule_for_one_time_sends_once_and_goes_if_that_is_asked_for(
    own_aws: RunningAws, eventually: Callable[..., Any], action: str, remains: bool
) -> None:
    scheduled = Scheduled(make_place(own_aws), "queue", "dead")
    moment = datetime.now(UTC).strftime("at(%Y-%m-%dT%H:%M:%S)")
    name = scheduled.create(moment, ActionAfterCompletion=action)
    assert len(eventually(scheduled.received)) == 1
    sandbox_aws.advance(own_aws.port, 7 * 24 * 3600)
    eventually(lambda: scheduled.exists(name) is remains)
    assert scheduled.received() == []


def test_days_pass_and_each_has_its_occurrence(
    own_aws: RunningAws, eventually: Callable[..., Any]
) -> None:
    scheduled = Scheduled(make_place(own_aws), "queue", "dead")
    zone = {"ScheduleExpressionTimezone": "America/New_York"}
    scheduled.create("cron(0 6 * * ? *)", **zone)
    found: list[str] = []

    def three() -> bool:
        found.extend(json.loads(each["Body"])["due"] for each in scheduled.received())
        return len({*found}) >= 3  # SQS can deliver a message twice

    sandbox_aws.advance(own_aws.port, 3 * 24 * 3600)
    eventually(three)
    assert len({*found}) == 3
    hours = {datetime.fromisoformat(each).strftime("%H:%M") for each in found}
    assert hours <= {"10:00", "11:00"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ScheduleExpressionTimezone": "Europe/Bonn"}, "timezone Europe/Bonn is not valid"),
        ({"ScheduleExpression": "cron(0 6 * * * *)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpression": "rate(1 fortnight)"}, "Invalid Schedule Expression"),
    ],
)
def test_what_aws_cannot_schedule_is_refused(
    scheduled: Scheduled, given: dict[str, str], words: str
) -> None:
    with pytest.raises(ClientError, match=words) as refused:
        scheduled.create(given.pop("ScheduleExpression", "rate(1 hour)"), **given)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_role_that_does_not_trust_the_scheduler_is_refused(scheduled: Scheduled) -> None:
    scheduled.role = scheduled.place.role(service="lambda.amazonaws.com")
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume"):
        scheduled.create("rate(1 hour)")
