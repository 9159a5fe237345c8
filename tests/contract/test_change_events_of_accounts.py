"""Events of changes in other accounts: the home stack admits them, and a role proves it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from dataflowxpress.api.status import ResourceStatus, Status
from dataflowxpress.aws import change_stack
from dataflowxpress.aws.clients import OWN, Access
from dataflowxpress.aws.sessions import RoleSession
from dataflowxpress.controller.change_index import Location
from dataflowxpress.controller.changes import RESYNC, Changes
from dataflowxpress.controller.coverage import (
    COVERED,
    DENIED_INTERVAL,
    PROBE_INTERVAL,
    Coverage,
)
from dataflowxpress.controller.result import Result
from dataflowxpress.telemetry.metrics import REGISTRY
from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws.serving import RunningAws, serving
from tests.audited import GLOBAL, arrive, audit, bodies, client, create_stack, events, join
from tests.unit.conftest import Clock

MEMBER, STRANGER = "222233334444", "333344445555"
HOME = Location(sandbox_aws.ACCOUNT, sandbox_aws.REGION)
THERE = Location(MEMBER, sandbox_aws.REGION)
BUS = f"arn:aws:events:{HOME.region}:{HOME.account}:event-bus/{change_stack.NAME}"
TRUST = {"Effect": "Allow", "Principal": {"AWS": HOME.account}, "Action": "sts:AssumeRole"}


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAws]:
    """An AWS with a home account, a member that it admits, and a stranger with the same stack."""
    with serving(tmp_path_factory.mktemp("accounts")) as running:
        audit(running, MEMBER)
        join(running, MEMBER)
        join(running, STRANGER)
        yield running


def change(aws: RunningAws, account: str, name: str) -> None:
    """Change one thing in the home region of an account, and one in the region of IAM."""
    client(aws, "logs", HOME.region, account).create_log_group(logGroupName=f"/{name}")
    iam = client(aws, "iam", HOME.region, account)
    iam.create_user(UserName=name)


def at(location: Location) -> Status:
    """Return the status of a pipeline with a queue there."""
    arn = f"arn:aws:sqs:{location.region}:{location.account}:q"
    queue = ResourceStatus(kind="Queue", name="q", key=("q",), arn=arn, state="Ready")
    return Status(resources=(queue,))


def arrived(aws: RunningAws) -> set[tuple[str, str, str]]:
    found = events(aws)
    return {(each["account"], each["region"], each["detail"]["eventName"]) for each in found}


def test_changes_in_an_admitted_account_arrive_from_each_region_with_their_account(
    audited: RunningAws,
) -> None:
    bodies(audited)
    change(audited, MEMBER, "admitted")
    assert arrived(audited) == {
        (MEMBER, HOME.region, "CreateLogGroup"),
        (MEMBER, GLOBAL, "CreateUser"),
    }


def test_an_account_that_the_home_stack_does_not_name_delivers_nothing(
    audited: RunningAws,
) -> None:
    bodies(audited)
    change(audited, STRANGER, "unknown")
    assert arrived(audited) == set()


def test_a_member_cannot_send_events_of_its_own(audited: RunningAws) -> None:
    forged = {"detail-type": "AWS API Call via CloudTrail", "account": HOME.account}
    entry = {"Source": "aws.iam", "DetailType": forged["detail-type"], "Detail": json.dumps(forged)}
    member = client(audited, "events", HOME.region, MEMBER)
    with pytest.raises(ClientError, match="no resource-based policy allows"):
        member.put_events(Entries=[{**entry, "EventBusName": BUS}])
    (refused,) = member.put_events(Entries=[entry])["Entries"]
    assert refused["ErrorCode"] == "NotAuthorizedForSourceException"


def test_a_member_forwards_no_events_of_a_stranger(audited: RunningAws) -> None:
    bus = f"arn:aws:events:{HOME.region}:{MEMBER}:event-bus/default"
    policy = {"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": bus}
    document = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "all", **policy}]})
    client(audited, "events", HOME.region, MEMBER).put_permission(Policy=document)
    events_of = client(audited, "events", HOME.region, STRANGER)
    pattern = events_of.describe_rule(Name=change_stack.NAME)["EventPattern"]
    iam = client(audited, "iam", HOME.region, STRANGER)
    trust = {**TRUST, "Principal": {"Service": "events.amazonaws.com"}}
    role = iam.create_role(
        RoleName="through",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    may = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    iam.put_role_policy(RoleName="through", PolicyName="send", PolicyDocument=document)
    events_of.put_rule(Name="through", EventPattern=pattern)
    events_of.put_targets(Rule="through", Targets=[{"Id": "b", "Arn": bus, "RoleArn": role}])
    bodies(audited)
    change(audited, STRANGER, "through-a-member")
    assert arrived(audited) == set()


@pytest.mark.extended
def test_an_organization_is_admitted_without_the_list_of_its_accounts(
    own_aws: RunningAws,
) -> None:
    organizations = client(own_aws, "organizations", GLOBAL, MEMBER)
    audit(own_aws, Organization=organizations.describe_organization()["Organization"]["Id"])
    for account in (MEMBER, STRANGER):
        join(own_aws, account)
    bodies(own_aws)
    change(own_aws, MEMBER, "member")
    change(own_aws, STRANGER, "of-another-organization")
    assert {account for account, *_ in arrived(own_aws)} == {MEMBER}


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"HomeAccount": sandbox_aws.ACCOUNT}, "HomeAccount needs HomeRegion"),
        (
            {"HomeAccount": "prod", "HomeRegion": sandbox_aws.REGION},
            "an account ID of 12 digits, or empty",
        ),
    ],
)
def test_a_stack_for_another_account_names_the_account_and_the_region_of_the_queue(
    audited: RunningAws, parameters: dict[str, str], problem: str
) -> None:
    with pytest.raises(ClientError, match=problem):
        create_stack(audited, sandbox_aws.REGION, "444455556666", **parameters)


class TestCoverage:
    """An account is covered if the probes of a role there come back."""

    @staticmethod
    def access(aws: RunningAws, name: str, *, probes: bool = True) -> dict[str, Access]:
        """Return a role of the member by its ARN, with the policy for probes or without."""
        iam = client(aws, "iam", HOME.region, MEMBER)
        trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        if probes:
            policy = json.dumps(change_stack.probes())
            iam.put_role_policy(RoleName=name, PolicyName="probes", PolicyDocument=policy)
        return {arn: Access(arn, RoleSession(f"shop.{name}"))}

    @staticmethod
    def checked(
        aws: RunningAws, coverage: Coverage, pipelines: dict[Location, dict[str, Access]]
    ) -> frozenset[Location]:
        """Check, let the events of the probes arrive, and check again; return what is lost."""
        lost = coverage.check(pipelines)
        arrive(aws, coverage)
        return lost | coverage.check(pipelines)

    def test_a_role_with_the_policy_proves_its_account_until_its_rule_is_gone(
        self, audited: RunningAws, coverage: Coverage, clock: Clock
    ) -> None:
        pipelines = {HOME: {}, THERE: self.access(audited, "proving")}
        assert self.checked(audited, coverage, pipelines) == set()
        assert coverage.includes(HOME)
        assert coverage.includes(THERE)
        assert not coverage.includes(Location(MEMBER, "eu-north-1"))
        rules = client(audited, "events", GLOBAL, MEMBER)
        rules.disable_rule(Name=change_stack.NAME)
        lost = set[Location]()
        for _ in range(int(COVERED / PROBE_INTERVAL)):
            clock.now += PROBE_INTERVAL
            lost |= self.checked(audited, coverage, pipelines)
        assert lost == {THERE}
        assert coverage.includes(HOME)
        assert not coverage.includes(THERE)  # no event of IAM arrives
        rules.enable_rule(Name=change_stack.NAME)
        clock.now += PROBE_INTERVAL
        assert self.checked(audited, coverage, pipelines) == set()
        assert coverage.includes(THERE)

    def test_pipelines_of_an_account_without_coverage_keep_their_interval(
        self, audited: RunningAws, coverage: Coverage
    ) -> None:
        changes = Changes(coverage)
        roles = self.access(audited, "unproven", probes=False)
        home, there = ("shop", "home"), ("shop", "there")

        def resync() -> list[float]:
            found = [
                Result(at(HOME), success=True, access=OWN),
                Result(at(THERE), success=True, access=next(iter(roles.values()))),
            ]
            return [
                changes.resync_after(owner, result)
                for owner, result in zip((home, there), found, strict=True)
            ]

        assert resync() == [600, 600]
        self.checked(audited, coverage, changes.index.locations())
        assert resync() == [RESYNC, 600]
        assert changes.lost() == set()

    def test_roles_take_turns_until_one_has_the_permission(
        self, audited: RunningAws, coverage: Coverage, clock: Clock
    ) -> None:
        roles = dict[str, Access]()
        for name, probes in (("a", False), ("b", False), ("c", True)):
            roles |= self.access(audited, f"turn-{name}", probes=probes)
        pipelines = {HOME: {}, THERE: roles}
        self.checked(audited, coverage, pipelines)  # two checks try two roles
        assert not coverage.includes(THERE)
        self.checked(audited, coverage, pipelines)
        assert coverage.includes(THERE)
        clock.now += COVERED
        self.checked(audited, coverage, pipelines)  # begins with the one that succeeded
        assert coverage.includes(THERE)

    def test_denied_roles_are_tried_again_after_an_hour_and_logged_once(
        self,
        audited: RunningAws,
        coverage: Coverage,
        clock: Clock,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        pipelines = {HOME: {}, THERE: self.access(audited, "denied", probes=False)}
        for _ in range(3):
            self.checked(audited, coverage, pipelines)
            clock.now += PROBE_INTERVAL
        denied = [each for each in caplog.messages if "cannot be probed" in each]
        assert len(denied) == 2  # one for each region
        assert "events:TagResource" in denied[0]
        iam = client(audited, "iam", HOME.region, MEMBER)
        policy = json.dumps(change_stack.probes())
        iam.put_role_policy(RoleName="denied", PolicyName="probes", PolicyDocument=policy)
        self.checked(audited, coverage, pipelines)
        assert not coverage.includes(THERE)
        clock.now += DENIED_INTERVAL
        self.checked(audited, coverage, pipelines)
        assert coverage.includes(THERE)

    def test_an_account_without_a_known_role_is_not_covered_and_leaves_the_metric_with_its_last(
        self, audited: RunningAws, coverage: Coverage
    ) -> None:
        labels = {"account": MEMBER, "region": HOME.region}
        series = "dataflowxpress_change_events_covered"
        self.checked(audited, coverage, {HOME: {}, THERE: {}})
        assert not coverage.includes(THERE)
        assert REGISTRY.get_sample_value(series, labels) == 0
        self.checked(audited, coverage, {HOME: {}})
        assert REGISTRY.get_sample_value(series, labels) is None
        assert coverage.includes(HOME)
