"""Event buses in the sandbox: other accounts send events only as EventBridge lets them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws.serving import RunningAws, serving
from tests.audited import client

SENDER, STRANGER = "222233334444", "333344445555"
REGIONS = (sandbox_aws.REGION, "us-east-1")
TRUST = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
EVENT = {"Source": "shop", "DetailType": "Order", "Detail": json.dumps({"id": 7})}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@dataclass(frozen=True)
class Receiver:
    """A bus of the home account, and the queue to which its one rule sends all events."""

    aws: RunningAws
    name: str

    @property
    def arn(self) -> str:
        return f"arn:aws:events:{sandbox_aws.REGION}:{sandbox_aws.ACCOUNT}:event-bus/{self.name}"

    @property
    def url(self) -> str:
        return str(self.aws.client("sqs").get_queue_url(QueueName=self.name)["QueueUrl"])

    def admit(self, account: str, **conditions: Any) -> None:
        statement = {
            "Sid": "one",
            "Effect": "Allow",
            "Principal": {"AWS": account},
            "Action": "events:PutEvents",
            "Resource": self.arn,
            "Condition": conditions,
        }
        events = self.aws.client("events")
        events.put_permission(EventBusName=self.name, Policy=document(statement))

    def events(self) -> list[dict[str, Any]]:
        """Return the events that have arrived, and delete them."""
        sqs, found = self.aws.client("sqs"), []
        while got := sqs.receive_message(QueueUrl=self.url).get("Messages"):
            found.append(json.loads(got[0]["Body"]))
            sqs.delete_message(QueueUrl=self.url, ReceiptHandle=got[0]["ReceiptHandle"])
        return found

    def sends(self, account: str, region: str = REGIONS[0], **event: str) -> None:
        """Send an event to the default bus of an account, whose rules can forward it."""
        events = client(self.aws, "events", region, account)
        assert events.put_events(Entries=[{**EVENT, **event}])["FailedEntryCount"] == 0


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAws]:
    with serving(tmp_path_factory.mktemp("buses")) as running:
        yield running


@pytest.fixture
def receiver(emulated: RunningAws) -> Receiver:
    receiver = Receiver(emulated, f"bus-{uuid.uuid4().hex[:8]}")
    events, sqs = emulated.client("events"), emulated.client("sqs")
    events.create_event_bus(Name=receiver.name)
    arn = f"arn:aws:sqs:{sandbox_aws.REGION}:{sandbox_aws.ACCOUNT}:{receiver.name}"
    admitted = {**TRUST, "Action": "sqs:SendMessage", "Resource": arn}
    sqs.create_queue(QueueName=receiver.name, Attributes={"Policy": document(admitted)})
    pattern = json.dumps({"source": [{"exists": True}]})
    rule = {"EventBusName": receiver.name, "Rule": "all"}
    events.put_rule(EventBusName=receiver.name, Name="all", EventPattern=pattern)
    events.put_targets(**rule, Targets=[{"Id": "queue", "Arn": arn}])
    return receiver


def forward(receiver: Receiver, account: str, region: str = REGIONS[0], **role: Any) -> None:
    """Make a rule in an account that sends all events of its default bus to the receiver."""
    iam, events = (client(receiver.aws, each, region, account) for each in ("iam", "events"))
    trust = document({**TRUST, "Action": "sts:AssumeRole", **role.get("trust", {})})
    name = f"{receiver.name}-{region}"
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    may = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": receiver.arn}
    policy = document({**may, **role.get("may", {})})
    iam.put_role_policy(RoleName=name, PolicyName="send", PolicyDocument=policy)
    events.put_rule(Name=receiver.name, EventPattern=json.dumps({"source": [EVENT["Source"]]}))
    target = {"Id": "home", "Arn": receiver.arn, "RoleArn": arn}
    events.put_targets(Rule=receiver.name, Targets=[target])


@pytest.mark.parametrize("region", REGIONS)
def test_an_event_of_an_admitted_account_arrives_with_its_account_and_region(
    receiver: Receiver, region: str
) -> None:
    receiver.admit(SENDER, StringEquals={"events:eventBusInvocation": "true"})
    forward(receiver, SENDER, region)
    receiver.sends(SENDER, region)
    (event,) = receiver.events()
    assert (event["account"], event["region"]) == (SENDER, region)
    assert (event["source"], event["detail"]) == ("shop", {"id": 7})


def test_a_bus_admits_no_account_that_its_policy_does_not_name(receiver: Receiver) -> None:
    forward(receiver, SENDER)
    forward(receiver, STRANGER)
    receiver.sends(SENDER)  # a bus without a policy
    receiver.admit(SENDER)
    receiver.sends(STRANGER)
    assert receiver.events() == []


@pytest.mark.parametrize(
    ("condition", "arrive"),
    [
        ({"StringEquals": {"events:detail-type": "Order"}}, 1),
        ({"StringEquals": {"events:detail-type": "Refund"}}, 0),
        ({"ForAllValues:StringEquals": {"events:source": ["shop", "stock"]}}, 1),
        ({"ForAllValues:StringEquals": {"events:source": ["stock"]}}, 0),
        ({"StringEquals": {"events:eventBusInvocation": "false"}}, 0),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:events:*:{SENDER}:rule/bus-*"}}, 1),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:events:*:{SENDER}:rule/other"}}, 0),
    ],
)
def test_conditions_of_the_policy_hold_for_each_event(
    receiver: Receiver, condition: dict[str, Any], arrive: int
) -> None:
    receiver.admit(SENDER, **condition)
    forward(receiver, SENDER)
    receiver.sends(SENDER)
    assert len(receiver.events()) == arrive


@pytest.mark.parametrize(
    "role",
    [
        {"trust": {"Principal": {"Service": "lambda.amazonaws.com"}}},
        {"may": {"Action": "events:PutRule"}},
        {"may": {"Resource": "arn:aws:events:*:*:event-bus/other"}},
    ],
    ids=["that trusts another service", "without the action", "for another bus"],
)
@pytest.mark.parametrize("account", [SENDER, sandbox_aws.ACCOUNT])
def test_a_role_that_cannot_send_delivers_nothing_to_another_account_or_region(
    receiver: Receiver, account: str, role: dict[str, Any]
) -> None:
    receiver.admit(SENDER)
    forward(receiver, account, REGIONS[1], **role)
    receiver.sends(account, REGIONS[1])
    assert receiver.events() == []


def test_events_of_a_third_account_are_not_passed_on(receiver: Receiver) -> None:
    receiver.admit(SENDER)
    forward(receiver, SENDER)
    middle = f"arn:aws:events:{REGIONS[0]}:{SENDER}:event-bus/default"
    statement = {"Sid": "one", "Effect": "Allow", "Principal": "*", "Action": "events:PutEvents"}
    policy = document({**statement, "Resource": middle})
    client(receiver.aws, "events", REGIONS[0], SENDER).put_permission(Policy=policy)
    strangers = client(receiver.aws, "events", REGIONS[0], STRANGER)
    sent = strangers.put_events(Entries=[{**EVENT, "EventBusName": middle}])
    assert sent["FailedEntryCount"] == 0
    assert receiver.events() == []
    receiver.sends(SENDER)  # its own events still arrive
    assert len(receiver.events()) == 1


def test_a_target_in_another_account_cannot_change_the_event(receiver: Receiver) -> None:
    events = client(receiver.aws, "events", REGIONS[0], SENDER)
    events.put_rule(Name=receiver.name, EventPattern=json.dumps({"source": ["shop"]}))
    role = f"arn:aws:iam::{SENDER}:role/any"
    target = {"Id": "home", "Arn": receiver.arn, "RoleArn": role, "Input": "{}"}
    with pytest.raises(ClientError, match="Input is not supported"):
        events.put_targets(Rule=receiver.name, Targets=[target])


class TestDirectly:
    """A caller of another account puts an event on the bus without a rule."""

    def put(self, receiver: Receiver, **event: str) -> Any:
        events = client(receiver.aws, "events", REGIONS[0], SENDER)
        return events.put_events(Entries=[{**EVENT, **event, "EventBusName": receiver.arn}])

    def test_it_arrives_with_the_account_of_the_caller(self, receiver: Receiver) -> None:
        receiver.admit(SENDER)
        assert self.put(receiver)["FailedEntryCount"] == 0
        assert [event["account"] for event in receiver.events()] == [SENDER]

    def test_it_cannot_have_the_source_of_a_service(self, receiver: Receiver) -> None:
        receiver.admit(SENDER)
        (result,) = self.put(receiver, Source="aws.glue")["Entries"]
        assert result["ErrorCode"] == "NotAuthorizedForSourceException"
        assert receiver.events() == []

    @pytest.mark.parametrize("admitted", [STRANGER, SENDER], ids=["another account", "only rules"])
    def test_it_is_denied_unless_the_policy_admits_it(
        self, receiver: Receiver, admitted: str
    ) -> None:
        receiver.admit(admitted, StringEquals={"events:eventBusInvocation": "true"})
        with pytest.raises(ClientError, match="no resource-based policy allows"):
            self.put(receiver)
        assert receiver.events() == []


@pytest.mark.parametrize(("mine", "arrive"), [(True, 1), (False, 0)], ids=["member", "another"])
def test_an_organization_is_admitted_by_its_id(receiver: Receiver, mine: bool, arrive: int) -> None:
    organizations = client(receiver.aws, "organizations", REGIONS[0], SENDER)
    organization = organizations.describe_organization()["Organization"]["Id"]
    receiver.aws.client("events").put_permission(
        EventBusName=receiver.name,
        StatementId="organization",
        Action="events:PutEvents",
        Principal="*",
        Condition={
            "Type": "StringEquals",
            "Key": "aws:PrincipalOrgID",
            "Value": organization if mine else "o-0000000000",
        },
    )
    forward(receiver, SENDER)
    receiver.sends(SENDER)
    assert len(receiver.events()) == arrive
