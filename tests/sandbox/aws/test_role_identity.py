"""A role that is deleted and created again is another one for KMS and for policies, as on AWS."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.conftest import allow, policy, unique

if TYPE_CHECKING:
    from tests.sandbox.aws.conftest import Place

LAMBDA = "lambda.amazonaws.com"
VARIABLES = {"Variables": {"JOB": "orders"}}


def create_function(place: Place, role: str, **more: Any) -> str:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", "def handler(event, context): return 'done'")
    name = unique("function")
    place.aws.client("lambda").create_function(
        FunctionName=name,
        Role=role,
        Code={"ZipFile": code.getvalue()},
        Runtime="python3.13",
        Handler="handler.handler",
        **more,
    )
    return name


def configure(place: Place, function: str, **settings: Any) -> None:
    place.aws.client("lambda").update_function_configuration(FunctionName=function, **settings)


def invoke(place: Place, function: str) -> Any:
    return json.load(place.aws.client("lambda").invoke(FunctionName=function)["Payload"])


def recreate(place: Place, role: str) -> None:
    """Delete a role, and create it again as it was."""
    iam, name = place.aws.client("iam"), role.rpartition("/")[2]
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    document = iam.get_role_policy(RoleName=name, PolicyName=name)["PolicyDocument"]
    iam.delete_role_policy(RoleName=name, PolicyName=name)
    iam.delete_role(RoleName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps(document))


def test_a_function_with_variables_stays_dead_until_it_has_had_another_role(place: Place) -> None:
    role, other = place.role(service=LAMBDA), place.role(service=LAMBDA)
    function = create_function(place, role, Environment=VARIABLES)
    assert invoke(place, function) == "done"
    recreate(place, role)
    with pytest.raises(ClientError, match="KMSAccessDeniedException"):
        invoke(place, function)
    configure(place, function, Role=role, Environment={"Variables": {"JOB": "other"}})
    with pytest.raises(ClientError, match="KMSAccessDeniedException"):
        invoke(place, function)
    configure(place, function, Role=other)
    configure(place, function, Role=role)
    assert invoke(place, function) == "done"


def test_a_function_without_variables_needs_no_grant(place: Place) -> None:
    role = place.role(service=LAMBDA)
    function = create_function(place, role)
    recreate(place, role)
    assert invoke(place, function) == "done"


def test_a_function_that_loses_its_variables_runs_again(place: Place) -> None:
    role = place.role(service=LAMBDA)
    function = create_function(place, role, Environment=VARIABLES)
    recreate(place, role)
    configure(place, function, Environment={"Variables": {}})
    assert invoke(place, function) == "done"


def test_a_policy_that_names_a_role_does_not_apply_to_its_successor(place: Place) -> None:
    sqs, role = place.aws.client("sqs"), place.role(service=LAMBDA)
    named = {**allow("sqs:SendMessage"), "Principal": {"AWS": role}}
    made = sqs.create_queue(QueueName=place.name, Attributes={"Policy": policy(named)})
    recreate(place, role)
    wanted = {"QueueUrl": made["QueueUrl"], "AttributeNames": ["Policy"]}
    document = json.loads(sqs.get_queue_attributes(**wanted)["Attributes"]["Policy"])
    assert document["Statement"][0]["Principal"]["AWS"].startswith("AROA")
