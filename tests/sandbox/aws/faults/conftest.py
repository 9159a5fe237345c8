"""Fixtures of the faults' tests: ways of messages that end in a queue, and functions."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from dataflowxpress_sandbox.aws.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dataflowxpress_sandbox.aws.serving import RunningAws
    from tests.sandbox.aws.conftest import Place

    Eventually = Callable[..., Any]


@dataclass(frozen=True)
class Inbox:
    """A queue and what has come to it."""

    sqs: Any
    url: str
    arn: str

    def bodies(self) -> list[str]:
        """Take what is there."""
        asked = {"MaxNumberOfMessages": 10, "VisibilityTimeout": 600}
        answer = self.sqs.receive_message(QueueUrl=self.url, **asked)
        return [message["Body"] for message in answer.get("Messages", ())]


@pytest.fixture
def faults(aws: RunningAws) -> Iterator[Faults]:
    """The faults of the session's AWS: keep to resources of your own."""
    faults = Faults(aws)
    yield faults
    faults.clear()


@pytest.fixture
def inbox(place: Place) -> Inbox:
    """A queue that everybody may send to."""
    sqs = place.aws.client("sqs")
    arn = f"arn:aws:sqs:eu-west-1:000000000000:{place.name}"
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    url = sqs.create_queue(QueueName=place.name, Attributes={"Policy": policy})["QueueUrl"]
    return Inbox(sqs, url, arn)


@pytest.fixture
def function(place: Place) -> Callable[[str], str]:
    """Make the place's function of some source text, with a role that may do everything."""

    def make(source: str) -> str:
        lambdas = place.aws.client("lambda")
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("handler.py", source)
        lambdas.create_function(
            FunctionName=place.name,
            Runtime="python3.13",
            Role=place.role(everything, service="lambda.amazonaws.com"),
            Handler="handler.handler",
            Code={"ZipFile": package.getvalue()},
            Timeout=30,
        )
        waiter = lambdas.get_waiter("function_active_v2")
        waiter.wait(FunctionName=place.name, WaiterConfig={"Delay": 1})
        return place.name

    return make
