"""Clients: what many roles cost."""

from __future__ import annotations

import pytest

from dataflowxpress.aws.clients import _session, clients

ROLES = (None, "arn:aws:iam::111122223333:role/shop", "arn:aws:iam::444455556666:role/data")


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "some")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "body")


def test_what_a_service_is_like_is_read_once_for_all_roles_and_regions() -> None:
    """It is 30 MB for the services of a pipeline: tenants would pay it each."""
    regions = ("eu-west-1", "us-east-1", "eu-west-1")
    made = [clients(region, role)("sqs") for region, role in zip(regions, ROLES, strict=True)]
    assert len(set(map(id, made))) == 3
    assert len({id(each.meta.service_model.metadata) for each in made}) == 1


def test_all_pipelines_of_a_place_slow_down_together_when_aws_says_so() -> None:
    one, other = clients("eu-west-1", ROLES[1])("glue"), clients("eu-west-1", ROLES[1])("glue")
    assert one is other
    assert one.meta.config.retries["mode"] == "adaptive"


def test_a_session_has_the_credentials_of_its_role_or_those_of_the_operator() -> None:
    own, assumed = (_session(role).get_credentials() for role in ROLES[:2])
    assert own
    assert own.access_key == "some"
    assert assumed
    assert assumed.method == "assume-role"
