"""Change index: which calls concern which pipelines, whatever a message holds."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflowxpress.api.status import Status
from dataflowxpress.aws.clients import OWN, Access, principal
from dataflowxpress.aws.cloudtrail import ApiCall, InvalidEvent
from dataflowxpress.aws.sessions import RoleSession
from dataflowxpress.controller.change_index import ChangeIndex, Location
from tests.unit.change_samples import (
    ACCOUNT,
    OPERATOR,
    ORDERS,
    OTHERS,
    QUEUES,
    REGION,
    event,
    filled_index,
    status,
)

OTHER_ACCOUNT = "444455556666"


@pytest.fixture
def index() -> ChangeIndex:
    return filled_index()


@pytest.mark.parametrize(
    ("message", "affected"),
    [
        (event(asked={"name": "orders"}), {"orders"}),
        (event("UpdateClassifier", asked={"csvClassifier": {"name": "orders"}}), {"orders"}),
        (
            event("DeleteAlarms", "monitoring", {"alarmNames": ["orders", "others", "x"]}),
            {"orders", "others"},
        ),
        (
            event("SetQueueAttributes", "sqs", {"queueUrl": f"https://sqs/{ACCOUNT}/orders"}),
            {"orders"},
        ),
        (event("PutRolePolicy", "iam", {"roleName": "orders-job"}, region="us-east-1"), {"orders"}),
        (event("TagResources", "tagging", {"resourceARNList": [f"{QUEUES}others"]}), {"others"}),
        (event("UpdateThing", "sqs", None, resources=[{"ARN": f"{QUEUES}orders"}]), {"orders"}),
        (event("UpdateThing", "sqs", None, responseElements={"queue": "orders"}), {"orders"}),
        (event(asked={"name": "orders-2"}), set()),
        (event(asked={"name": "orders"}, region="eu-north-1"), set()),
        (event(asked={"name": "orders"}, account="444455556666"), set()),
        (event("Subscribe", "sns", {"topicArn": "arn:aws:sns:::x", "endpoint": "a@b.c"}), set()),
        (event("PutRule", "events", {"name": "orders"}), set()),
    ],
)
def test_a_call_concerns_the_pipelines_whose_resources_it_names(
    index: ChangeIndex, message: str, affected: set[str]
) -> None:
    assert {name for _, name in index.affected(ApiCall.parse(message))} == affected


def test_the_index_follows_the_status_and_keeps_nothing_of_deleted_pipelines(
    index: ChangeIndex,
) -> None:
    call = ApiCall.parse(event(asked={"name": "orders"}))
    index.observe(OTHERS.key, status("orders"))  # it shares them now
    assert index.affected(call) == {ORDERS.key, OTHERS.key}
    assert index.locations() == {Location(ACCOUNT, REGION): {}}
    index.forget(ORDERS.key)
    assert index.affected(call) == {OTHERS.key}
    index.observe(OTHERS.key, Status())
    assert index.affected(call) == set()
    assert index.location(OTHERS.key) is None
    assert index.locations() == {}


def test_a_call_in_another_account_concerns_no_pipeline_whose_arn_it_names(
    index: ChangeIndex,
) -> None:
    named = {"resourceARNList": [f"{QUEUES}orders"]}
    elsewhere = ApiCall.parse(event("TagResources", "tagging", named, account=OTHER_ACCOUNT))
    assert index.affected(elsewhere) == set()
    here = ApiCall.parse(event("TagResources", "tagging", named))
    assert index.affected(here) == {ORDERS.key}


def test_a_location_has_each_role_that_reaches_its_pipelines_once(index: ChangeIndex) -> None:
    def access(role: str, name: str) -> Access:
        return Access(f"arn:aws:iam::{ACCOUNT}:role/{role}", RoleSession(name))

    index.observe(ORDERS.key, status("orders"), access("team", "shop.orders"))
    index.observe(OTHERS.key, status("others"), access("team", "shop.others"))
    index.observe(("shop", "third"), status("third"), access("own", "shop.third"))
    index.observe(("shop", "fourth"), status("fourth"), OWN)
    roles = {arn.rpartition("/")[2] for arn in index.locations()[Location(ACCOUNT, REGION)]}
    assert roles == {"team", "own"}
    index.observe(("shop", "third"), status("third"))  # its role is refused now
    roles = {arn.rpartition("/")[2] for arn in index.locations()[Location(ACCOUNT, REGION)]}
    assert roles == {"team"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(f"arn:aws:sqs:{REGION}::q"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
members = st.sampled_from(
    ["userIdentity", "userAgent", "requestParameters", "responseElements", "resources", "errorCode"]
)


@given(detail=st.dictionaries(members, json_values), top=st.dictionaries(st.text(), json_values))
def test_any_json_is_a_call_or_an_invalid_event(detail: Any, top: Any) -> None:
    body = {**json.loads(event()), **top}
    body["detail"] = {**body["detail"], **detail} if isinstance(body["detail"], dict) else detail
    with contextlib.suppress(InvalidEvent):  # any other error fails
        call = ApiCall.parse(json.dumps(body))
        assert all(isinstance(name, str) for name in call.names())
        assert isinstance(call.changes_properties, bool)
        assert ChangeIndex().affected(call) == set()


@given(st.text())
def test_any_other_text_is_an_invalid_event(text: str) -> None:
    with pytest.raises(InvalidEvent):
        ApiCall.parse(text)


def test_deep_nesting_is_read_or_refused() -> None:
    def nested(depth: int) -> str:
        deep = "[" * depth + "]" * depth
        return event().replace('"requestParameters": null', f'"requestParameters": {deep}')

    assert list(ApiCall.parse(nested(150)).names()) == []
    with pytest.raises(InvalidEvent):
        ApiCall.parse(nested(100_000))


def test_a_caller_is_known_without_its_session() -> None:
    assert principal(OPERATOR) == f"arn:aws:sts::{ACCOUNT}:assumed-role/operator"
    assert principal(f"arn:aws:iam::{ACCOUNT}:user/ops/alice").endswith("user/ops/alice")
