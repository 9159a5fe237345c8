"""An operator that starts before its credentials are there works once they are."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from dataflowxpress.aws import operator_policy
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.cluster.conftest import Operators
from tests.cluster.credential_source import CredentialSource
from tests.e2e.conftest import User, says

ROLE = "operator-of-a-late-source"
WITHOUT_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
SOURCES = {
    "a container agent": ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/v1/credentials"),
    "the instance metadata": ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "/"),
}


@pytest.fixture(scope="module")
def role(user: User) -> str:
    """The ARN of a role with the operator's policy, which the operator's user can assume."""
    iam = user.aws("iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{sandbox_aws.ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document)["Role"]
    iam.put_role_policy(RoleName=ROLE, PolicyName=ROLE, PolicyDocument=operator_policy.text())
    return str(made["Arn"])


@pytest.fixture
def source(user: User, role: str) -> Iterator[CredentialSource]:
    assumed = user.aws("sts").assume_role(RoleArn=role, RoleSessionName="pod")
    source = CredentialSource(assumed["Credentials"])
    yield source
    source.close()


@pytest.mark.extended
@pytest.mark.parametrize("kind", SOURCES)
def test_an_operator_becomes_ready_once_its_credential_source_answers(
    user: User, start: Operators, source: CredentialSource, kind: str
) -> None:
    variable, path = SOURCES[kind]
    name = f"late-{variable.split('_')[1].lower()}"
    environment = {**WITHOUT_KEYS, variable: f"{source.url}{path}"}
    operator = start(**environment)
    operator.wait("/readyz", 503, "[-]credentials")
    user.pipeline(name, bucket={"name": name})

    status = user.wait(name, says("CredentialsRejected"), 60, "without credentials")
    assert "provide AWS credentials" in str(status["Ready"])
    with source.answering():
        user.ready(name, seconds=90)
        operator.wait("/readyz", 200)
        assert not operator.ended()
        assert operator.says("/healthz")[0] == 200
        user.gone(name)
