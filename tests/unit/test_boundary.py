"""Boundary: the roles of pipelines get what the shipped boundary lets them have, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import Role
from dataflowxpress.blueprint import blueprint
from dataflowxpress.planning.resource import Scope

BOUNDARY = Path(__file__).parents[2] / "docs/iam/boundary.json"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234"
ALL = {
    "encryption": {"kmsKeyArn": KEY, "glueSecurityConfiguration": "Managed"},
    "network": {
        "connection": "vpc",
        "subnetIds": ["subnet-0a1b2c3d"],
        "securityGroupIds": ["sg-0a1b2c3d"],
    },
    "catalog": {"lakeFormation": True},
    "job": {
        "script": {"s3Uri": "s3://code/job.py"},
        "secretArguments": {
            "--token": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:token-AbCdEf"
        },
    },
    "trigger": {"schedule": "rate(1 hour)"},
}
PACKAGED: dict[str, Any] = {"job": {}}
WITHOUT_RESOURCE = {
    "glue:GetSecurityConfiguration",  # AWS has no resource for it
    "lakeformation:GetDataAccess",  # Lake Formation decides on the data
    "ec2:DescribeNetworkInterfaces",  # reads of EC2 have no resources
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
}


def roles(scope: Scope) -> list[Role]:
    specs = [DataPipelineSpec.model_validate(spec) for spec in (ALL, ALL | PACKAGED)]
    found = [each for spec in specs for each in blueprint(spec, scope)]
    return [each for each in found if isinstance(each, Role)]


def actions(statements: Iterable[Mapping[str, Any]]) -> set[str]:
    listed = (one["Action"] for one in statements)
    return {action for some in listed for action in ([some] if isinstance(some, str) else some)}


def test_the_boundary_is_what_pipelines_need_and_nothing_else() -> None:
    allowed = actions(json.loads(BOUNDARY.read_text())["Statement"])
    given = {a for role in roles(Scope("a/b", "1", "r")) for a in actions(role.statements)}
    assert allowed == given


def test_every_role_is_bounded_where_the_operator_is_told_a_boundary() -> None:
    arn = "arn:aws:iam::111122223333:policy/dataflowxpress-boundary"
    found = roles(Scope("a/b", "1", "r", boundary=arn))
    assert [role.permissions_boundary for role in found] == [arn] * len(found)
    assert len(found) >= 3


def test_a_role_reaches_only_buckets_of_its_own_account() -> None:
    grants = [one for role in roles(Scope("a/b", "1", "r")) for one in role.statements]
    of_s3 = [one for one in grants if any(a.startswith("s3:") for a in actions([one]))]
    assert len(of_s3) > 5
    for statement in of_s3:
        assert statement["Condition"] == {"StringEquals": {"aws:ResourceAccount": "1"}}


def test_no_role_may_do_anything_to_anything() -> None:
    for role in roles(Scope("a/b", "1", "r")):
        for statement in role.statements:
            if not actions([statement]) <= WITHOUT_RESOURCE:
                assert statement["Resource"] not in ("*", ["*"])
            assert not any("*" in action for action in actions([statement]))
