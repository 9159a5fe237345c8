"""Encryption: all that a pipeline stores has the customer key, and its services can use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws import key_policy
from dataflowxpress.blueprint import blueprint
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


def test_a_key_that_does_not_exist_is_refused_by_its_name(ending: Life) -> None:
    key = f"arn:aws:kms:{sandbox_aws.REGION}:{sandbox_aws.ACCOUNT}:key/no-such-key"
    ending.create(spec_of(key))
    ready = ending.reconcile().status["Ready"]
    assert ready
    assert f"spec.encryption.kmsKeyArn: key {key} does not exist" in ready.message
