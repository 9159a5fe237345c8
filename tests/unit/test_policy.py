"""Policy documents: equal when they mean the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dataflowxpress.aws.resources.policy import parse, policy
from dataflowxpress.planning.diff import diff

READ = {
    "Sid": "Read",
    "Effect": "Allow",
    "Principal": {"Service": "events.amazonaws.com"},
    "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"],
    "Resource": "arn:aws:sqs:eu-west-1:1:orders",
    "Condition": {"Bool": {"aws:SecureTransport": "true"}},
}
DENY = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}

SAME = [
    pytest.param(["sqs:GetQueueUrl", "sqs:SendMessage"], "Action", id="actions in another order"),
    pytest.param(["arn:aws:sqs:eu-west-1:1:orders"], "Resource", id="a list of one"),
    pytest.param({"Service": ["events.amazonaws.com"]}, "Principal", id="a principal in a list"),
    pytest.param({"Bool": {"aws:SecureTransport": True}}, "Condition", id="true as a boolean"),
]
DIFFERENT = [
    pytest.param({"Service": "events.amazonaws.com", "AWS": "*"}, "Principal", id="one more"),
    pytest.param({}, "Condition", id="a condition gone"),
    pytest.param("Deny", "Effect", id="another effect"),
    pytest.param(["sqs:*"], "Action", id="another action"),
]


@pytest.mark.parametrize(("value", "element"), SAME)
def test_means_the_same(value: Any, element: str) -> None:
    assert policy([{**READ, element: value}]) == policy([READ])


@pytest.mark.parametrize(("value", "element"), DIFFERENT)
def test_means_something_else(value: Any, element: str) -> None:
    have = json.loads(json.dumps(policy([{**READ, element: value}])))
    assert list(diff(policy([READ]), have))


def test_the_order_of_statements_means_nothing() -> None:
    assert policy([READ, DENY]) == policy([DENY, READ])


def test_everybody_is_spelled_in_two_ways() -> None:
    assert policy([DENY]) == policy([{**DENY, "Principal": {"AWS": "*"}}])


@pytest.mark.parametrize("statement", [[READ], READ], ids=["a list", "one statement"])
def test_is_read_from_text_and_from_mappings(statement: Any) -> None:
    document = {"Version": "2012-10-17", "Statement": statement}
    assert parse(document) == parse(json.dumps(document)) == [READ]


def test_no_document_has_no_statements() -> None:
    assert parse("{}") == []
