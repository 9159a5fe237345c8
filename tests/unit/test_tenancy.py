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
from dataflowxpress.controller.tenancy import InvalidTenantPolicy, NamespacePolicy, TenantPolicy

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
"""
ALLOWED: dict[str, Any] = {
    "roleArn": "arn:aws:iam::111122223333:role/dataflowxpress-team-a-prod",
    "accountId": "111122223333",
    "region": "eu-west-1",
    "bucket": {"name": "team-a-lake"},
    "job": {"name": "team-a-job", "script": {"s3Uri": "s3://team-a-code/job.py"}},
}
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234"
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


def test_a_namespace_without_rules_has_no_pipelines(rules: TenantPolicy) -> None:
    with pytest.raises(Refused, match="allows no pipelines in namespace other"):
        rules.check_spec("other", spec({}))


def test_without_a_file_everything_may_be_used() -> None:
    TenantPolicy().check_spec("any", spec(ALLOWED))


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
        {"job": {"script": {"s3Uri": "s3://*/*"}}},
        {"job": {"script": {"s3Uri": "s3://a/${aws:username}"}}},
        {"source": {"prefix": "*/"}},
        {"target": {"prefix": "${aws:username}/"}},
        {"bucket": {"kmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:*"}},
    ],
    ids=["any script", "a variable in a script", "any prefix", "a variable prefix", "any key"],
)
def test_no_field_can_widen_a_policy_by_a_wildcard(asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="; use "):
        spec(asked)
