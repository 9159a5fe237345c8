"""Encryption: all that a pipeline stores has the customer key, and its services can use it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws import key_policy
from dataflowxpress.aws.resources import Crawler, Job, SecurityConfiguration
from dataflowxpress.blueprint import blueprint
from dataflowxpress.planning.resource import only
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.contract.conftest import scope_of
from tests.walks.conftest import Life, said

PROPERTIES = {
    "Bucket": "Encryption",
    "LogGroup": "kmsKeyId",
    "Queue": "KmsMasterKeyId",
    "Topic": "KmsMasterKeyId",
}


@pytest.fixture
def statements() -> list[Mapping[str, Any]]:
    return [*key_policy.statements("aws", sandbox_aws.ACCOUNT, sandbox_aws.REGION)]


def keys(life: Life) -> set[str | None]:
    """Return the keys of all that the pipeline stores, as AWS shows them."""
    spec = DataPipelineSpec.model_validate(life.spec)
    stored = [
        each for each in blueprint(spec, scope_of(life.owner)) if type(each).__name__ in PROPERTIES
    ]
    assert {type(each).__name__ for each in stored} == PROPERTIES.keys()
    shown = set()
    for each in stored:
        state = each.read(life.world.admin(each.service), *each.key)
        value = (state or {}).get(PROPERTIES[type(each).__name__])
        shown.add(value.get("KMSMasterKeyID") if isinstance(value, Mapping) else value or None)
    return shown


def spec_of(key: str) -> dict[str, Any]:
    return {"deletionPolicy": "Delete", "encryption": {"kmsKeyArn": key}}


def test_all_that_a_pipeline_stores_has_the_key_until_the_spec_drops_it(
    ending: Life, statements: list[Mapping[str, Any]]
) -> None:
    key = ending.world.key(*statements)
    ending.create(spec_of(key))
    ending.converge()
    assert keys(ending) == {key}
    ending.change({"deletionPolicy": "Delete"})
    ending.converge()
    assert keys(ending) == {None}


def managed(key: str) -> dict[str, Any]:
    encryption = {"kmsKeyArn": key, "glueSecurityConfiguration": "Managed"}
    return {"deletionPolicy": "Delete", "encryption": encryption}


def configurations(life: Life) -> list[dict[str, Any]]:
    """Return the security configurations of the pipeline, as Glue shows them."""
    name = SecurityConfiguration.name_of(scope_of(life.owner))
    found = life.world.admin("glue").get_security_configurations()["SecurityConfigurations"]
    return [each["EncryptionConfiguration"] for each in found if each["Name"] == name]


def used(life: Life) -> set[str | None]:
    """Return the names of the security configurations of crawler and job."""
    spec, glue = DataPipelineSpec.model_validate(life.spec), life.world.admin("glue")
    wanted = blueprint(spec, scope_of(life.owner))
    job = glue.get_job(JobName=only(wanted, Job).name)["Job"]
    crawler = glue.get_crawler(Name=only(wanted, Crawler).name)["Crawler"]
    names = (job.get("SecurityConfiguration"), crawler.get("CrawlerSecurityConfiguration"))
    return {name or None for name in names}


def log_groups(life: Life) -> set[str]:
    """Return the names of the log groups of crawler and job that belong to the pipeline."""
    names = {arn.partition(":log-group:")[2] for arn in life.owned()}
    return {name for name in names if name.startswith("/aws-glue/")}


@pytest.mark.extended
def test_crawler_and_job_have_a_security_configuration_until_the_spec_drops_it(
    ending: Life, statements: list[Mapping[str, Any]]
) -> None:
    key, name = ending.world.key(*statements), SecurityConfiguration.name_of(scope_of(ending.owner))
    ending.create(spec_of(key))
    ending.converge()
    assert configurations(ending) == []
    assert used(ending) == {None}
    ending.change(managed(key))
    ending.converge()
    (encryption,) = configurations(ending)
    assert encryption == {
        "S3Encryption": [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": key}],
        "CloudWatchEncryption": {"CloudWatchEncryptionMode": "SSE-KMS", "KmsKeyArn": key},
        "JobBookmarksEncryption": {"JobBookmarksEncryptionMode": "CSE-KMS", "KmsKeyArn": key},
    }
    assert used(ending) == {name}
    assert keys(ending) == {key}
    assert log_groups(ending) == {
        f"/aws-glue/crawlers-role/{name}-glue-{name}",
        *(f"/aws-glue/jobs/{name}-role/{name}-glue/{of}" for of in ("error", "output")),
    }
    ending.change(spec_of(key))
    ending.converge()
    assert configurations(ending) == []
    assert used(ending) == {None}
    assert log_groups(ending) == {f"/aws-glue/jobs/{name}/{of}" for of in ("error", "output")}


@pytest.mark.extended
def test_a_new_key_and_a_foreign_change_replace_the_security_configuration(
    ending: Life, statements: list[Mapping[str, Any]]
) -> None:
    key, other = (ending.world.key(*statements) for _ in range(2))
    ending.create(managed(key))
    ending.converge()
    (before,) = configurations(ending)
    ending.change(managed(other))
    ending.converge()
    (after,) = configurations(ending)
    assert (before["CloudWatchEncryption"]["KmsKeyArn"], keys(ending)) == (key, {other})
    assert after["CloudWatchEncryption"]["KmsKeyArn"] == other
    glue, name = ending.world.admin("glue"), SecurityConfiguration.name_of(scope_of(ending.owner))
    glue.delete_security_configuration(Name=name)
    glue.create_security_configuration(Name=name, EncryptionConfiguration=before)
    ending.converge()
    assert configurations(ending) == [after]


def test_an_operator_without_the_further_policy_names_the_permission_that_it_lacks(
    ending: Life, statements: list[Mapping[str, Any]]
) -> None:
    iam, user = ending.world.admin("iam"), sandbox_aws.OPERATOR
    policy = {"UserName": user, "PolicyName": sandbox_aws.SECURITY}
    document = iam.get_user_policy(**policy)["PolicyDocument"]
    iam.delete_user_policy(**policy)
    try:
        ending.create(managed(ending.world.key(*statements)))
        ready = ending.reconcile().status["Ready"]
    finally:
        iam.put_user_policy(**policy, PolicyDocument=json.dumps(document))
    assert ready
    assert (ready.status, ready.reason) == ("False", "AccessDenied"), said(ending.status)
    assert "glue:GetSecurityConfiguration" in ready.message
    ending.converge()


def test_a_key_that_a_service_cannot_use_is_refused_before_anything_is_written(
    ending: Life, statements: list[Mapping[str, Any]]
) -> None:
    of_services, of_logs = statements
    for_s3_alone = {**of_services, "Principal": {"Service": "s3.amazonaws.com"}}
    key = ending.world.key(for_s3_alone, of_logs)
    ending.create(spec_of(key))
    ending.world.wire.restart()
    ready = ending.reconcile().status["Ready"]
    assert ready
    assert (ready.status, ready.reason) == ("False", "Refused"), said(ending.status)
    assert "does not admit cloudwatch.amazonaws.com, events.amazonaws.com" in ready.message
    assert "`dataflowxpress iam key`" in ready.message
    assert ending.world.wire.writes == []


@pytest.mark.parametrize(
    ("field", "key", "problem"),
    [
        (
            "encryption",
            f"arn:aws:kms:{sandbox_aws.REGION}:999999999999:key/1",
            "is in account 999999999999",
        ),
        (
            "encryption",
            f"arn:aws:kms:us-east-1:{sandbox_aws.ACCOUNT}:key/1",
            "is in region us-east-1",
        ),
        ("bucket", "arn:aws:kms:us-east-1:999999999999:key/1", "is in region us-east-1"),
    ],
    ids=["account", "region", "region of the bucket"],
)
def test_a_key_of_another_place_is_refused_with_field_and_fix(
    ending: Life, field: str, key: str, problem: str
) -> None:
    ending.create({"deletionPolicy": "Delete", field: {"kmsKeyArn": key}})
    ending.world.wire.restart()
    ready = ending.reconcile().status["Ready"]
    assert ready
    assert (ready.status, ready.reason) == ("False", "Refused"), said(ending.status)
    assert f"spec.{field}.kmsKeyArn: key {key} {problem}" in ready.message
    assert "name a key of the pipeline's" in ready.message
    assert ending.world.wire.writes == []


def test_a_key_that_does_not_exist_is_refused_by_its_name(ending: Life) -> None:
    key = f"arn:aws:kms:{sandbox_aws.REGION}:{sandbox_aws.ACCOUNT}:key/no-such-key"
    ending.create(spec_of(key))
    ready = ending.reconcile().status["Ready"]
    assert ready
    assert f"spec.encryption.kmsKeyArn: key {key} does not exist" in ready.message
