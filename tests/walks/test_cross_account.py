"""Another account: a pipeline lives there as the role that our documents make, and not without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dataflowxpress.aws import operator_policy
from dataflowxpress.aws.policy_scope import PolicyScope
from dataflowxpress.aws.snapshot import TAGGING
from dataflowxpress.controller.tenancy import TenantPolicy
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.sample import sampled
from tests.walks.conftest import Life, World

DOCUMENTS = Path(__file__).parents[2] / "docs/iam"
OTHER_SCOPE = "222233334444"
DOCUMENTED = "arn:aws:iam::111122223333:role/dataflowxpress-operator"
OPERATOR = f"arn:aws:iam::{sandbox_aws.ACCOUNT}:user/{sandbox_aws.OPERATOR}"


@dataclass(frozen=True)
class Account:
    """Another account, as its administrator sees it."""

    world: World

    def admin(self, service: str) -> Any:
        return self.world.aws.client(service, self.world.aws.environment(OTHER_SCOPE, OTHER_SCOPE))

    def role(self, name: str, trusted: str, **conditions: str) -> str:
        """Make the role that the documents describe, for *trusted*; return its ARN."""
        iam, trust = self.admin("iam"), (DOCUMENTS / "trust.json").read_text()
        assert DOCUMENTED in trust
        document = json.loads(trust.replace(DOCUMENTED, trusted))
        document["Statement"][0]["Condition"] = {"StringEquals": conditions}
        trust = json.dumps(document)
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
        may = operator_policy.text(PolicyScope(("default-",)))
        iam.put_role_policy(RoleName=name, PolicyName="operator", PolicyDocument=may)
        return str(role["Arn"])

    def arns(self) -> set[str]:
        pages = self.admin(TAGGING).get_paginator("get_resources").paginate()
        return {each["ResourceARN"] for page in pages for each in page["ResourceTagMappingList"]}


@pytest.fixture
def account(world: World, life: Life) -> Iterator[Account]:
    policy = {"UserName": sandbox_aws.OPERATOR, "PolicyName": sandbox_aws.OPERATOR}
    iam, before = world.admin("iam"), operator_policy.text()
    elsewhere = operator_policy.text(PolicyScope(accounts=(OTHER_SCOPE,)))
    iam.put_user_policy(**policy, PolicyDocument=elsewhere)
    yield Account(world)
    iam.put_user_policy(**policy, PolicyDocument=before)
    assert life.owned() == set()


def test_a_pipeline_lives_in_another_account_with_what_the_documents_allow(
    account: Account, life: Life
) -> None:
    role = account.role(f"dataflowxpress-{life.name}", OPERATOR)
    life.create({"roleArn": role, "accountId": OTHER_SCOPE, "deletionPolicy": "Delete"})
    life.converge()
    assert f"arn:aws:s3:::default-{life.name}-{OTHER_SCOPE}" in account.arns()
    assert all(
        f":{OTHER_SCOPE}:" in line.arn for line in life.status.resources if ":glue:" in line.arn
    )
    access = life.reconcile().access  # the operator probes the account with it
    assert access
    assert access.role_arn == role
    life.delete()
    life.end()
    assert not any(life.name in arn for arn in account.arns())


def test_a_role_that_trusts_somebody_else_is_reported_with_its_name_and_used_for_nothing(
    account: Account, life: Life
) -> None:
    role = account.role(f"dataflowxpress-{life.name}", f"arn:aws:iam::{OTHER_SCOPE}:root")
    life.create({"roleArn": role, "accountId": OTHER_SCOPE})
    result = life.reconcile()
    ready = result.status["Ready"]
    assert ready
    assert result.access is None
    assert f"is not authorized to perform: sts:AssumeRole on resource: {role}" in ready.message
    life.delete()
    life.end()


SESSION = {
    "name": ("sts:RoleSessionName", "default.{name}"),
    "namespace": ("aws:RequestTag/dataflowxpress.io/namespace", "default"),
    "pipeline": ("aws:RequestTag/dataflowxpress.io/pipeline", "default/{name}"),
    "external id": ("sts:ExternalId", "shared-with-default"),
}


@pytest.fixture
def external_id(world: World) -> Iterator[None]:
    entry = {"match": ["default"], "roles": ["*"], "externalId": "shared-with-default"}
    before, world.rules = world.rules, TenantPolicy.model_validate({"namespaces": [entry]})
    world.restart()
    yield
    world.rules = before
    world.restart()


@pytest.mark.usefixtures("external_id")
@pytest.mark.parametrize("fits", [True, False], ids=["its own", "that of another"])
@pytest.mark.parametrize(
    ("key", "value"),
    sampled(SESSION.values(), lambda each: each == SESSION["external id"]),
    ids=SESSION.keys(),
)
def test_the_owner_of_a_role_can_require_who_uses_it(
    account: Account, life: Life, key: str, value: str, *, fits: bool
) -> None:
    required = {key: value.format(name=life.name) if fits else "team-b"}
    role = account.role(f"dataflowxpress-{life.name}", OPERATOR, **required)
    life.create({"roleArn": role, "accountId": OTHER_SCOPE, "deletionPolicy": "Delete"})
    ready = life.reconcile().status["Ready"]
    assert ready
    assert ("is not authorized to perform: sts:" in ready.message) is not fits
    life.delete()
    life.end()
    assert not any(life.name in arn for arn in account.arns())
