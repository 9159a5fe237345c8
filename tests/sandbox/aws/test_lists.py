"""Lists: what stays is on exactly one page, also if something else goes between two pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.aws.conftest import policy, unique

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.serving import RunningAws

NAMES = ["a", "b", "c", "d", "e"]


@dataclass(frozen=True)
class Listed:
    """A kind of resource that a service lists in pages."""

    service: str
    make: Callable[[Any, str], Any]
    delete: Callable[[Any, str], Any]
    lists: str
    operation: str
    arguments: Callable[[str], dict[str, Any]] = lambda _: {}


def make_queue(sqs: Any, name: str) -> None:
    sqs.create_queue(QueueName=name, tags={"of": name.rpartition("-")[0]})


def delete_queue(sqs: Any, name: str) -> None:
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])


LISTED = [
    Listed(
        "glue",
        lambda glue, name: glue.create_classifier(CsvClassifier={"Name": name, "Delimiter": ","}),
        lambda glue, name: glue.delete_classifier(Name=name),
        "glue",
        "get_classifiers",
    ),
    Listed(
        "iam",
        lambda iam, name: iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy()),
        lambda iam, name: iam.delete_role(RoleName=name),
        "iam",
        "get_account_authorization_details",
    ),
    Listed(
        "sqs",
        make_queue,
        delete_queue,
        "resourcegroupstaggingapi",
        "get_resources",
        lambda prefix: {"TagFilters": [{"Key": "of", "Values": [prefix]}]},
    ),
]


@pytest.mark.parametrize("kind", LISTED, ids=lambda kind: kind.operation)
def test_what_stays_is_on_one_page_when_a_resource_is_deleted_between_two(
    aws: RunningAws, kind: Listed
) -> None:
    prefix, client = unique("listed"), aws.client(kind.service)
    for name in NAMES:
        kind.make(client, f"{prefix}-{name}")
    pages = aws.client(kind.lists).get_paginator(kind.operation)
    seen, deleted = list[str](), False
    for page in pages.paginate(**kind.arguments(prefix), PaginationConfig={"PageSize": 2}):
        text = json.dumps(page, default=str)
        seen += [name for name in NAMES if f'{prefix}-{name}"' in text]
        if seen and not deleted:
            kind.delete(client, f"{prefix}-{seen[0]}")
            deleted = True
    assert sorted(seen) == NAMES
