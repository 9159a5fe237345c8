"""Events of changes: what others change is corrected at once, and nothing else is compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dataflowxpress.api.status import Status
from dataflowxpress.aws import change_stack, operator_policy
from dataflowxpress.aws.policy_scope import PolicyScope
from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws import Aws
from dataflowxpress_sandbox.probe import HOST
from dataflowxpress_sandbox.state import SandboxState
from tests.audited import GLOBAL, audit, client, join, unaudit
from tests.cluster.conftest import Operators, wait_for
from tests.e2e.conftest import NAMESPACE, User
from tests.scrape import Metrics

DOCUMENTS = Path(__file__).parents[2] / "docs/iam"
MEMBER = "222233334444"
REGIONS = (sandbox_aws.REGION, GLOBAL)
SECONDS = 60  # within which a change must be corrected
# A pipeline for each change: the operator waits for 30 seconds between comparisons of one.
CHANGED = ("rule", "function", "role")
NAMES = (*(f"watched-{kind}" for kind in CHANGED), "unchanged")
THEIRS = {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}


pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def cloud(user: User) -> Iterator[Aws]:
    """The AWS of the sandbox, with trails, the stacks and the policy for the queue."""
    aws = user.cloud
    sandbox_aws.operator_environment(aws.port)  # makes its user
    iam, operator = aws.client("iam"), {"UserName": sandbox_aws.OPERATOR}
    policies = {
        "changes": json.dumps(change_stack.policy()),
        "elsewhere": operator_policy.text(PolicyScope(accounts=(MEMBER,))),
    }
    for name, document in policies.items():
        iam.put_user_policy(**operator, PolicyName=name, PolicyDocument=document)
    audit(aws, MEMBER)
    join(aws, MEMBER)
    yield aws
    unaudit(aws, sandbox_aws.ACCOUNT, MEMBER)
    for name in policies:
        iam.delete_user_policy(**operator, PolicyName=name)


@pytest.fixture
def role(cloud: Aws) -> str:
    """A role of the other account with the documented policies, which the operator can assume."""
    iam, name = client(cloud, "iam", GLOBAL, MEMBER), "dataflowxpress-default-member"
    operator = f"arn:aws:iam::{sandbox_aws.ACCOUNT}:user/{sandbox_aws.OPERATOR}"
    trust = (DOCUMENTS / "trust.json").read_text()
    trust = trust.replace("arn:aws:iam::111122223333:role/dataflowxpress-operator", operator)
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    policies = {
        "operator": operator_policy.text(PolicyScope((f"{NAMESPACE}-",))),
        "changes": (DOCUMENTS / "changes-other-account.json").read_text(),
    }
    for policy, document in policies.items():
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=document)
    return str(arn)


def covered(metrics: Metrics) -> dict[tuple[str, str], float]:
    series = metrics.series("dataflowxpress_change_events_covered")
    return {(labels["account"], labels["region"]): value for labels, value in series}


def outcomes(metrics: Metrics) -> dict[str, float]:
    series = metrics.series("dataflowxpress_change_events_total")
    return {labels["outcome"]: value for labels, value in series}


def comparisons(metrics: Metrics) -> float:
    series = metrics.series("dataflowxpress_reconciliation_duration_seconds_count")
    return sum(value for labels, value in series if labels["task"] == "reconcile")


def corrected(status: Status, kind: str) -> bool:
    drifted = status["Drifted"]
    return bool(drifted and drifted.reason == "Corrected" and kind in drifted.message)


def named(status: Status, kind: str) -> str:
    return next(each.name for each in status.resources if each.kind == kind)


@pytest.mark.extended
def test_a_change_is_corrected_within_a_minute_and_only_its_pipeline_is_compared(
    user: User, start: Operators, cloud: Aws
) -> None:
    state = SandboxState()
    state.choose_port("metrics")
    address = f"{HOST}:{state.ports['metrics']}"
    for name in NAMES:
        bucket = {"name": f"changes-{name}"}
        user.pipeline(name, bucket=bucket, deletionPolicy="Delete", resyncInterval="24h")
    operator = start("--metrics", address, "--change-queue", change_stack.NAME)
    operator.wait("/readyz", 200)
    metrics = Metrics(address)
    for name in NAMES:
        user.ready(name, 60)

    everywhere = dict.fromkeys(((sandbox_aws.ACCOUNT, region) for region in REGIONS), 1.0)
    wait_for(lambda: covered(metrics) == everywhere, "covered", operator.process)

    def name_of(kind: str) -> str:
        return named(user.status(f"watched-{kind.lower()}"), kind)

    changes: dict[str, Callable[[], Any]] = {
        "Rule": lambda: cloud.client("events").disable_rule(Name=name_of("Rule")),
        "Function": lambda: cloud.client("lambda").update_function_configuration(
            FunctionName=name_of("Function"), Timeout=1
        ),
        "Role": lambda: cloud.client("iam").put_role_policy(
            RoleName=name_of("Role"),
            PolicyName="theirs",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [THEIRS]}),
        ),
    }
    for kind, change in changes.items():
        before, own, seen = comparisons(metrics), outcomes(metrics)["own"], outcomes(metrics)
        change()
        name = f"watched-{kind.lower()}"
        user.wait(name, lambda s, kind=kind: corrected(s, kind), SECONDS, "corrected")  # type: ignore[misc]
        # The correction is an event, too: once it has arrived, it must have enqueued nothing.
        wait_for(lambda own=own: outcomes(metrics)["own"] > own, "own event", operator.process)  # type: ignore[misc]
        after = outcomes(metrics)
        assert after["compared"] - seen.get("compared", 0) == 1, kind
        assert comparisons(metrics) == before + 1, kind
    log = operator.process.log.read_text()
    assert f"{NAMESPACE}/watched-rule: compared because of events:DisableRule" in log
    assert f"{NAMESPACE}/unchanged: compared" not in log
    for name in NAMES:
        user.gone(name)


@pytest.mark.extended
def test_a_change_in_another_account_is_corrected_within_a_minute_and_compares_nothing_else(
    user: User, start: Operators, cloud: Aws, role: str
) -> None:
    state = SandboxState()
    state.choose_port("metrics")
    address = f"{HOST}:{state.ports['metrics']}"
    there: dict[str, Any] = {"roleArn": role, "accountId": MEMBER}
    names = {"member": there, "member-at-rest": there, "home": {}}
    for name, where in names.items():
        user.pipeline(name, **where, deletionPolicy="Delete", resyncInterval="24h")
    operator = start("--metrics", address, "--change-queue", change_stack.NAME)
    operator.wait("/readyz", 200)
    metrics = Metrics(address)
    for name in names:
        user.ready(name, 60)
    accounts = (sandbox_aws.ACCOUNT, MEMBER)
    everywhere = {(account, region): 1.0 for account in accounts for region in REGIONS}
    wait_for(lambda: covered(metrics) == everywhere, "covered", operator.process)
    before = comparisons(metrics)
    rule = named(user.status("member"), "Rule")
    client(cloud, "events", sandbox_aws.REGION, MEMBER).disable_rule(Name=rule)
    user.wait("member", lambda status: corrected(status, "Rule"), SECONDS, "corrected")
    assert comparisons(metrics) == before + 1
    log = operator.process.log.read_text()
    assert f"{NAMESPACE}/member: compared because of events:DisableRule" in log
    assert f"by arn:aws:iam::{MEMBER}:root" in log
    for name in names:
        user.gone(name)
