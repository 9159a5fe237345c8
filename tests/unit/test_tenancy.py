"""Rules: what the pipelines of a namespace may use, and how a refusal reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dataflowxpress.api import crd
from dataflowxpress.api.errors import Refused
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.clients import Identity
from dataflowxpress.controller.namespace_policy import NamespacePolicy
from dataflowxpress.controller.tenancy import OPEN, InvalidTenantPolicy, TenantPolicy
from dataflowxpress_sandbox.sandbox import TENANT_POLICY

FILE = """
permissionsBoundary: arn:aws:iam::111122223333:policy/dataflowxpress-boundary
namespaces:
  - match: [team-a, team-a-*]
    accounts: ["111122223333"]
    regions: [eu-west-1]
    roles: ["arn:aws:iam::111122223333:role/dataflowxpress-team-a-*"]
    names: [team-a-*]
    scripts: ["s3://team-a-*"]
    keys: []
    emails: ["*@example.com"]
    maxEmails: 2
    roleTags: {team: [a], cost-center: [b-*]}
"""
ALLOWED: dict[str, Any] = {
    "roleArn": "arn:aws:iam::111122223333:role/dataflowxpress-team-a-prod",
    "accountId": "111122223333",
    "region": "eu-west-1",
    "bucket": {"name": "team-a-lake"},
    "job": {"name": "team-a-job", "script": {"s3Uri": "s3://team-a-code/job.py"}},
}
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:team-b/token-AbCdEf"
ATTEMPTS: dict[str, tuple[dict[str, Any], str]] = {
    "a role of choice": (
        {"roleArn": "arn:aws:iam::111122223333:role/admin"},
        "spec.roleArn: the tenant policy does not allow arn:aws:iam::111122223333:role/admin",
    ),
    "another account": ({"accountId": "999999999999"}, "spec.accountId"),
    "another region": ({"region": "us-east-1"}, "use a value that matches eu-west-1"),
    "a foreign script": (
        {"job": {"script": {"s3Uri": "s3://team-b-code/job.py"}}},
        "spec.job.script.s3Uri",
    ),
    "another tenant's bucket": ({"bucket": {"name": "team-b-lake", "adopt": True}}, "bucket.name"),
    "another tenant's database": ({"catalog": {"database": "team_b"}}, "spec.catalog.database"),
    "a key": ({"bucket": {"kmsKeyArn": KEY}}, "remove the field"),
    "another tenant's secret": (
        {"job": {"script": {"inline": "x"}, "secretArguments": {"--token": SECRET}}},
        f"spec.job.secretArguments: the tenant policy does not allow {SECRET}",
    ),
}


@pytest.fixture
def rules(tmp_path: Path) -> TenantPolicy:
    file = tmp_path / "rules.yaml"
    file.write_text(FILE)
    return TenantPolicy.read(file)


def spec(values: Mapping[str, Any]) -> DataPipelineSpec:
    return DataPipelineSpec.model_validate(values)


def test_what_the_rules_name_may_be_used(rules: TenantPolicy) -> None:
    rules.check_spec("team-a", spec(ALLOWED))
    rules.check_spec("team-a-dev", spec({}))
    rules.check_identity("team-a", Identity("111122223333", "aws", "eu-west-1"))


@pytest.mark.parametrize(("asked", "words"), ATTEMPTS.values(), ids=ATTEMPTS.keys())
def test_an_attempt_to_get_more_is_refused_with_the_field(
    rules: TenantPolicy, asked: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        rules.check_spec("team-a", spec(asked))


@pytest.mark.parametrize(
    "me",
    [Identity("999999999999", "aws", "eu-west-1"), Identity("111122223333", "aws", "us-east-1")],
)
def test_the_operators_own_place_counts_where_the_spec_names_none(
    rules: TenantPolicy, me: Identity
) -> None:
    with pytest.raises(Refused, match=r"does not allow .* in namespace team-a"):
        rules.check_identity("team-a", me)


@pytest.mark.parametrize(
    ("emails", "words"),
    [
        (["ann@example.com", "bob@evil.example"], "does not allow bob@evil.example in namespace"),
        (["ann@example.com.evil.example"], r"use addresses that match \*@example.com, or ask"),
        ([f"{name}@example.com" for name in "abc"], "allows 2 addresses .* the spec has 3"),
    ],
    ids=["another domain", "a domain that only begins like it", "too many"],
)
def test_addresses_beyond_the_policy_are_refused(
    rules: TenantPolicy, emails: list[str], words: str
) -> None:
    with pytest.raises(Refused, match=rf"spec.notifications.emails: .*{words}"):
        rules.check_emails("team-a", spec({"notifications": {"emails": emails}}))


def test_addresses_within_the_policy_are_allowed_in_any_case(rules: TenantPolicy) -> None:
    emails = ["ann@example.com", "Bob@Example.COM", "ann@example.com"]
    rules.check_emails("team-a", spec({"notifications": {"emails": emails}}))
    TenantPolicy().check_emails("any", spec({"notifications": {"emails": ["x@any.example"]}}))


def test_roles_get_only_the_tags_that_the_policy_allows(rules: TenantPolicy) -> None:
    asked = {"team": "a", "cost-center": "a-7", "data-access": "all"}
    assert rules.role_tags("team-a", asked) == {"team": "a"}
    assert TenantPolicy().role_tags("any", asked) == {}


def test_a_namespace_without_rules_has_no_pipelines(rules: TenantPolicy) -> None:
    with pytest.raises(Refused, match="allows no pipelines in namespace other"):
        rules.check_spec("other", spec({}))


CLOSED: dict[str, tuple[dict[str, Any], str]] = {
    "a role": ({"roleArn": "arn:aws:iam::111122223333:role/admin"}, "roles"),
    "a key": ({"bucket": {"kmsKeyArn": KEY}}, "keys"),
    "a connection": ({"network": {"connection": "vpc"}}, "connections"),
    "a bucket for logs": ({"bucket": {"accessLogs": {"bucket": "logs"}}}, "logBuckets"),
    "a key for all": ({"encryption": {"kmsKeyArn": KEY}}, "keys"),
    "a script in a bucket": ({"job": {"script": {"s3Uri": "s3://code/job.py"}}}, "scripts"),
    "the name of a bucket": ({"bucket": {"name": "lake"}}, "names"),
    "the name of a database": ({"catalog": {"database": "sales"}}, "names"),
    "the name of a crawler": ({"crawler": {"name": "nightly"}}, "names"),
    "the name of a job": ({"job": {"name": "nightly"}}, "names"),
    "the name of a function": ({"functions": {"notify": {"name": "api"}}}, "names"),
    "the name of a topic": ({"topic": {"name": "news"}}, "names"),
    "everything of its names": ({"adopt": True}, "adopt"),
    "a bucket that exists": ({"bucket": {"adopt": True}}, "adopt"),
    "a database that exists": ({"catalog": {"adopt": True}}, "adopt"),
}


@pytest.mark.parametrize("lacking", ["subnets", "securityGroups"])
def test_a_function_joins_a_network_only_if_subnets_and_groups_are_allowed(lacking: str) -> None:
    asked = {"subnetIds": ["subnet-0a1b2c3d"], "securityGroupIds": ["sg-0a1b2c3d"]}
    allowed = {"subnets": ["subnet-0a1b2c3d"], "securityGroups": ["sg-0a1b2c3d"]}
    entry = {"match": ["any"], **allowed}
    TenantPolicy.model_validate({"namespaces": [entry]}).check_spec("any", spec({"network": asked}))
    del entry[lacking]
    closed = TenantPolicy.model_validate({"namespaces": [entry]})
    with pytest.raises(Refused, match=f"add it to `{lacking}`"):
        closed.check_spec("any", spec({"network": asked}))


@pytest.mark.parametrize(("asked", "key"), CLOSED.values(), ids=CLOSED.keys())
def test_without_a_file_a_refusal_names_the_field_and_the_key_that_allows_it(
    asked: dict[str, Any], key: str
) -> None:
    field = ".".join(_given(asked))
    fix = f"remove the field, or ask the administrator of the operator to .* `{key}` of the"
    with pytest.raises(Refused, match=rf"^spec\.{field}: .* in namespace any: {fix}"):
        TenantPolicy().check_spec("any", spec(asked))


def test_without_a_file_no_secret_is_allowed() -> None:
    job = {"script": {"inline": "x"}, "secretArguments": {"--token": SECRET}}
    with pytest.raises(
        Refused, match=r"^spec\.job\.secretArguments: .* `secrets` of the namespace"
    ):
        TenantPolicy().check_spec("any", spec({"job": job}))


@pytest.mark.parametrize(("asked", "key"), CLOSED.values(), ids=CLOSED.keys())
def test_the_key_that_a_refusal_names_is_the_fix(asked: dict[str, Any], key: str) -> None:
    entry = {"match": ["any"], key: True if key == "adopt" else ["*"]}
    TenantPolicy.model_validate({"namespaces": [entry]}).check_spec("any", spec(asked))


def test_without_a_file_a_pipeline_of_derived_names_is_allowed() -> None:
    policy = TenantPolicy()
    policy.check_spec(
        "any", spec({"job": {"script": {"inline": "print()"}}, "region": "us-east-1"})
    )
    policy.check_identity("any", Identity("111122223333", "aws", "eu-west-1"))


def test_an_entry_allows_only_the_lists_that_it_has() -> None:
    policy = TenantPolicy.model_validate({"namespaces": [{"match": ["*"], "names": ["*"]}]})
    policy.check_spec("any", spec({"bucket": {"name": "lake"}}))
    with pytest.raises(Refused, match=r"^spec\.bucket\.adopt: "):
        policy.check_spec("any", spec({"bucket": {"name": "lake", "adopt": True}}))


def test_the_policy_of_the_sandbox_allows_what_the_commands_on_a_persons_machine_allow() -> None:
    assert TenantPolicy.read(TENANT_POLICY) == OPEN
    for asked, _ in CLOSED.values():
        OPEN.check_spec("any", spec(asked))


def _given(values: Mapping[str, Any]) -> Iterator[str]:
    for name, inner in values.items():
        yield name
        if isinstance(inner, dict):
            yield from _given(inner)


def test_every_name_in_the_spec_is_subject_to_the_rules() -> None:
    schema = crd.structural(DataPipelineSpec)
    named = {path for path in _leaves(schema) if path.endswith((".name", ".database"))}
    asked = {each.field for each in NamespacePolicy(match=("*",)).of_spec(spec({}))}
    assert named - asked == {"job.script.configMapKeyRef.name"}  # of the same namespace


def _leaves(schema: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for name, inner in schema.get("properties", {}).items():
        where = f"{path}.{name}" if path else name
        yield where
        yield from _leaves(inner, where)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("namespaces: [", "is not valid YAML"),
        ("namespaces: [{match: [a], rols: []}]", "namespaces.0.rols: Extra inputs"),
        ("namespaces: [{accounts: []}]", "namespaces.0.match: Field required"),
        ('namespaces: [{match: [a], adopt: "yes"}]', "namespaces.0.adopt: Input should be"),
        ("permissionsBoundary: mine", "permissionsBoundary: String should match"),
    ],
)
def test_an_invalid_file_is_reported_with_the_place(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    with pytest.raises(InvalidTenantPolicy, match=words):
        TenantPolicy.read(file)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InvalidTenantPolicy, match=r"rules\.yaml: No such file"):
        TenantPolicy.read(tmp_path / "rules.yaml")


@pytest.mark.parametrize(
    "asked",
    [
        {"job": {"script": {"s3Uri": "s3://*/*.py"}}},
        {"job": {"script": {"s3Uri": "s3://a/${aws:username}.py"}}},
        {"source": {"prefix": "*/"}},
        {"target": {"prefix": "${aws:username}/"}},
        {"bucket": {"kmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:*"}},
    ],
    ids=["any script", "a variable in a script", "any prefix", "a variable prefix", "any key"],
)
def test_no_field_can_widen_a_policy_by_a_wildcard(asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="; use "):
        spec(asked)


@pytest.mark.parametrize("key", ["orders.parquet", "job.py/", "job.py.csv", ".py/orders"])
def test_no_object_but_a_script_is_opened_to_the_job(key: str) -> None:
    with pytest.raises(ValueError, match=r"s3://bucket/folder/job\.py"):
        spec({"job": {"script": {"s3Uri": f"s3://theirs/{key}"}}})
