"""Access: the operator's policy is the one that is shipped, fits into IAM, and can be narrowed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from typer.testing import CliRunner

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws import key_policy
from dataflowxpress.aws import operator_policy as access
from dataflowxpress.aws.key_policy import DELIVERS
from dataflowxpress.aws.policy_scope import UNRESTRICTED, PolicyScope
from dataflowxpress.blueprint import blueprint
from dataflowxpress.cli.app import app
from dataflowxpress.planning.resource import Resource, Scope

SHIPPED = Path(__file__).parents[2] / "docs/iam/operator.json"
LISTS = SHIPPED.with_name("lists.json")
BOUNDARY = "arn:aws:iam::111122223333:policy/bounds"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234"
ANYTHING = {"Unscoped", "EventSources", "MakeCrawlers"}  # their actions have no resource
LARGEST_MANAGED_POLICY = 6144  # characters, white space aside
NARROW = PolicyScope(("team-a-",), BOUNDARY, (KEY,))
ELSEWHERE = NARROW._replace(accounts=("111122223333", "444455556666"), organization="o-a1b2c3d4e5")


def statements(limits: PolicyScope = UNRESTRICTED) -> dict[str, Mapping[str, Any]]:
    return {each["Sid"]: each for each in access.document(limits)["Statement"]}


def patterns(limits: PolicyScope) -> Iterator[str]:
    for statement in statements(limits).values():
        yield from statement["Resource"]


def resources(owner: str) -> list[Resource]:
    return blueprint(DataPipelineSpec(), Scope(owner, "111122223333", "eu-west-1"))


def test_the_policy_in_docs_is_the_one_that_the_code_needs_with_a_prefix_and_a_boundary() -> None:
    scope = PolicyScope(("default-",), "arn:aws:iam::111122223333:policy/dataflowxpress-boundary")
    assert SHIPPED.read_text() == access.text(scope), "run make iam"


def test_the_policy_for_lists_in_docs_is_the_one_that_the_command_prints_and_only_reads() -> None:
    printed = CliRunner().invoke(app, ["iam", "lists"])
    assert LISTS.read_text() == printed.output, "run make iam"
    [statement] = json.loads(printed.output)["Statement"]
    names = (action.partition(":")[2] for action in statement["Action"])
    assert all(name.startswith(("Get", "List")) for name in names)


def test_the_policy_for_encryption_in_docs_is_the_one_that_the_command_prints() -> None:
    printed = CliRunner().invoke(app, ["iam", "encryption", "--prefix", "default-"])
    assert SHIPPED.with_name("encryption.json").read_text() == printed.output, "run make iam"
    printed = CliRunner().invoke(app, ["iam", "encryption", "--prefix", "team-a-", "--key", KEY])
    allowed = {each["Sid"]: each["Resource"] for each in json.loads(printed.output)["Statement"]}
    assert allowed["KeyPolicies"] == allowed["Messages"] == [KEY]
    assert all("team-a-" in arn for arn in allowed["LogKeys"])


def test_the_policy_for_security_configurations_in_docs_is_the_one_that_the_command_prints() -> (
    None
):
    command = ["iam", "security-configuration", "--prefix", "default-"]
    printed = CliRunner().invoke(app, command).output
    assert SHIPPED.with_name("security-configuration.json").read_text() == printed, "run make iam"
    allowed = {each["Sid"]: each["Resource"] for each in json.loads(printed)["Statement"]}
    groups = ["arn:*:logs:*:*:log-group:/aws-glue/crawlers-role/default-*"]
    assert allowed["CrawlerLogs"] == allowed["OwnedCrawlerLogs"] == groups


def test_the_policy_for_access_logs_in_docs_is_the_one_that_the_command_prints() -> None:
    options = ["--prefix", "default-", "--bucket", "access-logs"]
    printed = CliRunner().invoke(app, ["iam", "access-logs", *options])
    assert SHIPPED.with_name("access-logs.json").read_text() == printed.output, "run make iam"
    allowed = {each["Sid"]: each["Resource"] for each in json.loads(printed.output)["Statement"]}
    assert allowed == {
        "AccessLogs": ["arn:*:s3:::default-*"],
        "LogBuckets": ["arn:*:s3:::access-logs"],
    }


def test_a_key_with_the_statements_that_the_command_prints_admits_the_services() -> None:
    options = ["--account", "111122223333", "--region", "eu-west-1"]
    printed = CliRunner().invoke(app, ["iam", "key", *options])
    needed = {
        **dict.fromkeys((key_policy.CLOUDWATCH, key_policy.EVENTS, key_policy.S3), DELIVERS),
        key_policy.logs_of("eu-west-1"): key_policy.LOGS,
    }
    document = json.dumps({"Statement": json.loads(printed.output)})
    assert list(key_policy.not_admitted(document, needed)) == []


@pytest.mark.parametrize(
    "statement",
    [
        {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*"},
        {"Principal": "*", "Action": "kms:*"},
        {"Principal": {"Service": key_policy.S3}, "Action": "kms:*"},
        {"Principal": {"Service": key_policy.EVENTS}, "Action": "kms:Decrypt"},
        {"Effect": "Deny", "Principal": {"Service": key_policy.EVENTS}, "Action": "kms:*"},
    ],
    ids=["the account", "everyone", "another service", "one of two actions", "a denial"],
)
def test_a_statement_that_does_not_allow_a_service_all_it_needs_does_not_admit_it(
    statement: dict[str, Any],
) -> None:
    document = json.dumps({"Statement": [{"Effect": "Allow", **statement}]})
    needed = {key_policy.EVENTS: DELIVERS}
    assert list(key_policy.not_admitted(document, needed)) == [key_policy.EVENTS]


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("changes.json", ["changes"]),
        ("changes-other-account.json", ["changes", "--other-account"]),
        ("changes-stack.json", ["changes-stack"]),
    ],
)
def test_the_documents_for_events_in_docs_are_those_that_the_commands_print(
    file: str, command: list[str]
) -> None:
    printed = CliRunner().invoke(app, ["iam", *command])
    assert SHIPPED.with_name(file).read_text() == printed.output, "run make iam"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "Invalid value for --prefix"),
        (["--boundary", BOUNDARY], "give --prefix, or --any-name"),
        (["--prefix", "team-a-"], "give --boundary, or --without-boundary"),
        (["--any-name"], "give --boundary, or --without-boundary"),
        (["--prefix", "team-a-", "--any-name"], "the two exclude each other: give --prefix"),
        (
            ["--any-name", "--boundary", BOUNDARY, "--without-boundary"],
            "the two exclude each other: give --boundary",
        ),
    ],
)
def test_the_command_prints_no_policy_without_limits_unless_they_are_waived(
    options: list[str], words: str
) -> None:
    refused = CliRunner().invoke(app, ["iam", "policy", *options])
    assert refused.exit_code == 1
    assert words in " ".join(re.sub("[│╭╮╰╯─]", " ", refused.output).split())
    assert "Statement" not in refused.output


def test_the_command_prints_the_policy_of_a_sandbox_account_on_request() -> None:
    options = ["--any-name", "--without-boundary"]
    printed = CliRunner().invoke(app, ["iam", "policy", *options])
    assert json.loads(printed.output) == access.document()


@pytest.mark.parametrize("limits", [UNRESTRICTED, NARROW, ELSEWHERE])
def test_the_policy_fits_into_a_managed_policy(limits: PolicyScope) -> None:
    assert len("".join(access.text(limits).split())) <= LARGEST_MANAGED_POLICY


def test_no_statement_is_for_everything_that_could_be_for_less() -> None:
    found = statements(NARROW)
    assert {sid for sid, each in found.items() if "*" in each["Resource"]} == ANYTHING
    assert all("Condition" in found[sid] for sid in ANYTHING - {"Unscoped"})
    assert not any("*" in action for each in found.values() for action in each["Action"])


def test_every_resource_of_a_namespace_is_within_its_prefix_and_no_other_is() -> None:
    wanted = [p for p in patterns(NARROW) if p != "*" and "role/dataflowxpress-" not in p]
    for owner, within in {"team-a/orders": True, "team-b/orders": False}.items():
        for each in resources(owner):
            if each.arn:
                matches = any(fnmatchcase(each.arn, pattern) for pattern in wanted)
                assert matches == within, each.arn


def test_with_a_boundary_no_role_is_made_or_granted_anything_without_it() -> None:
    found = statements(NARROW)
    asked = {"iam:PermissionsBoundary": BOUNDARY}
    assert found["MakeRoles"]["Condition"]["StringEquals"] == asked
    assert found["ChangeRoles"]["Condition"]["StringEquals"] == asked
    assert not any("RolePermissionsBoundary" in str(each["Action"]) for each in found.values())


def test_the_command_prints_the_policy_as_narrow_as_it_is_asked_for() -> None:
    options = ["--prefix", "team-a-", "--boundary", BOUNDARY, "--key", KEY]
    printed = CliRunner().invoke(app, ["iam", "policy", *options])
    assert json.loads(printed.output) == access.document(NARROW)
    options += [f"--account={each}" for each in ELSEWHERE.accounts]
    options += ["--organization", ELSEWHERE.organization]
    printed = CliRunner().invoke(app, ["iam", "policy", *options])
    assert json.loads(printed.output) == access.document(ELSEWHERE)


def test_the_operator_assumes_roles_of_its_prefix_in_its_account_unless_told_of_others() -> None:
    own = statements(NARROW)["OtherIdentities"]
    assert own["Resource"] == ["arn:*:iam::*:role/dataflowxpress-team-a-*"]
    assert own["Condition"] == access.IN_ACCOUNT
    others = statements(ELSEWHERE)["OtherIdentities"]
    assert others["Resource"] == [
        f"arn:*:iam::{account}:role/dataflowxpress-team-a-*" for account in ELSEWHERE.accounts
    ]
    assert others["Condition"] == {"StringEquals": {"aws:ResourceOrgID": "o-a1b2c3d4e5"}}


def test_keys_can_be_used_through_s3_in_every_partition() -> None:
    [pattern] = statements()["Keys"]["Condition"]["StringLike"].values()
    loader = botocore.session.get_session().get_component("data_loader")
    for partition in loader.load_data("partitions")["partitions"]:
        for region in partition["regions"]:
            assert fnmatchcase(f"s3.{region}.{partition['outputs']['dnsSuffix']}", pattern)
    assert not fnmatchcase("lambda.eu-west-1.amazonaws.com", pattern)
