"""Errors of AWS during a creation: transient ones are not seen, conditions report the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from botocore.config import Config

from dataflowxpress.aws import clients
from dataflowxpress_sandbox.aws.faults import Faults
from tests.sample import sampled
from tests.walks.conftest import Life, said

SPEC = {"deletionPolicy": "Delete"}
OWN_TRIES = 4  # of AWS's client, for what it knows to pass: our own come after them
PASSES: dict[str, dict[str, Any]] = {
    "events:PutRule": {"kind": "throttle", "times": OWN_TRIES + 1},
    "glue:CreateJob": {"error": "InternalError", "times": OWN_TRIES + 1},
    "glue:CreateDatabase": {"kind": "lose", "times": OWN_TRIES + 1},
    "sns:CreateTopic": {"error": "ServiceUnavailable"},
    "s3:PutBucketPolicy": {"error": "OperationAborted"},
    "cloudwatch:PutMetricAlarm": {"error": "ConcurrentModificationException"},
    "sqs:CreateQueue": {"error": "AWS.SimpleQueueService.QueueDeletedRecently"},
    "iam:CreateRole": {
        "error": "MalformedPolicyDocument",
        "message": "Invalid principal in policy",
    },
    "lambda:CreateFunction": {
        "error": "InvalidParameterValueException",
        "message": "The role defined for the function cannot be assumed by Lambda.",
    },
    "lambda:CreateEventSourceMapping": {
        "error": "ResourceConflictException",
        "message": "An update is in progress for resource",
    },
    "glue:CreateCrawler": {
        "error": "InvalidInputException",
        "message": "Service is unable to assume provided role. Please verify role's TrustPolicy",
    },
    "s3:PutBucketNotification": {
        "error": "InvalidArgument",
        "message": "Unable to validate the following destination configurations",
    },
}
STAYS = {
    "AccessDeniedException": "AccessDenied",
    "ExpiredTokenException": "CredentialsRejected",
    "InvalidInputException": "ApplyFailed",
}


pytestmark = pytest.mark.long


@pytest.fixture
def faults(life: Life) -> Faults:
    return Faults(life.world.aws)


@pytest.fixture
def ended(life: Life) -> Iterator[Life]:
    """A pipeline of which nothing is left after the test."""
    life.create(SPEC)
    yield life
    life.delete()
    life.end()
    assert life.owned() == set()


def test_what_time_heals_is_healed_within_one_reconciliation(ended: Life, faults: Faults) -> None:
    with ExitStack() as until:
        for on, more in PASSES.items():
            fault: dict[str, Any] = {"kind": "fail", "on": on, "times": 2} | more
            until.enter_context(faults.during(**fault))
        report = ended.reconcile()
        struck = {fault["on"] for fault in faults.all() if fault["strikes"]}
    assert struck == PASSES.keys()
    states = {line.state for line in report.status.resources}
    assert states <= {"Ready", "Pending"}, said(report.status)
    ended.converge()


UNSEEN = {  # seconds for which AWS does not show a new role or queue to another service
    "glue:CreateCrawler": 4.0,
    "lambda:CreateEventSourceMapping": 12.0,  # the function that has the role comes before it
    "lambda:CreateFunction": 4.0,
    "sqs:CreateQueue": 4.0,
}


@pytest.mark.extended
def test_a_role_and_a_queue_that_no_service_sees_yet_are_awaited(
    ended: Life, faults: Faults
) -> None:
    with ExitStack() as until:
        for on, seconds in UNSEEN.items():
            until.enter_context(faults.during("propagate", on, seconds=seconds))
        report = ended.reconcile()
        struck = {fault["on"]: fault["strikes"] for fault in faults.all()}
    states = {line.state for line in report.status.resources}
    assert states <= {"Ready", "Pending"}, said(report.status)
    assert all(struck[on] for on in UNSEEN), struck
    assert struck["glue:CreateCrawler"] >= 3  # one strike for each of its wordings
    ended.converge()


@pytest.mark.parametrize(
    ("error", "reason"), sampled(STAYS.items(), lambda each: each[1] == "AccessDenied")
)
def test_what_stays_is_reported_tried_again_for_ever_and_healed_from_outside(
    ended: Life, faults: Faults, error: str, reason: str
) -> None:
    with faults.during("fail", "glue:CreateJob", error=error, message="ask Ann") as number:
        tries = []
        for _ in range(3):
            report = ended.reconcile()
            ready = report.status["Ready"]
            assert ready
            assert (report.success, ready.status, ready.reason) == (False, "False", reason)
            assert f"CreateJob: {error}: ask Ann" in ready.message
            tries.append(faults.struck(number))
        assert tries == sorted(set(tries))
    assert ended.converge().success


@pytest.fixture
def impatient(life: Life) -> Iterator[None]:
    """An operator that waits for an answer of AWS for a second, and not for 30."""
    with pytest.MonkeyPatch.context() as patched:
        short = clients.SETTINGS.merge(Config(read_timeout=1))
        patched.setattr(clients, "SETTINGS", short)
        life.world.connect()
        yield
    life.world.connect()


@pytest.mark.extended
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("late", ["glue:CreateJob", "sqs:CreateQueue", "lambda:CreateFunction"])
def test_a_call_whose_answer_does_not_come_in_time_is_made_again_and_doubles_nothing(
    ended: Life, faults: Faults, late: str
) -> None:
    # It is done about when it is made again, before or after that.
    with faults.during("delay", late, seconds=1.5, times=1) as number:
        ended.reconcile()
        assert faults.struck(number) == 1
    ended.converge()


@pytest.mark.extended
@pytest.mark.usefixtures("impatient")
def test_a_service_that_never_answers_in_time_is_reported_and_asked_again(
    ended: Life, faults: Faults
) -> None:
    with faults.during("delay", "events:PutRule", seconds=3):
        report = ended.reconcile()
    ready = report.status["Ready"]
    assert ready
    assert (report.success, ready.status, ready.reason) == (False, "False", "AWSUnreachable")
    assert "Read timeout" in ready.message
    ended.converge()
