"""Clients: what many roles cost, and what becomes of credentials that are missing or rejected."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import NoCredentialsError

from dataflowxpress.aws.clients import SESSIONS, Clients, clients
from dataflowxpress.aws.sessions import (
    RoleSession,
    assumed_session,
    credentials_of,
    expect_bucket_owner,
    own_session,
)

from .conftest import aws_error

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


def test_pipelines_without_a_role_share_what_the_operator_lists() -> None:
    assert clients("eu-west-1", None).snapshot is clients("eu-west-1", None).snapshot
    assert clients("eu-west-1", None).snapshot is not clients("us-east-1", None).snapshot


def test_many_roles_keep_no_more_clients_than_the_bound() -> None:
    for number in range(3 * SESSIONS):
        clients("eu-west-1", f"arn:aws:iam::111122223333:role/invented-{number}")
    assert clients.cache_info().currsize <= SESSIONS


def test_no_session_sees_what_another_session_of_the_role_lists() -> None:
    one, other = (RoleSession(f"shop.{name}") for name in ("orders", "returns"))
    of_one = clients("eu-west-1", ROLES[1], one)
    assert of_one.snapshot is not clients("eu-west-1", ROLES[1], other).snapshot
    assert of_one.snapshot is not clients("eu-west-1", None).snapshot


def test_new_credentials_see_nothing_that_the_old_ones_have_listed() -> None:
    client = clients("eu-west-1", None)
    before = client.snapshot
    client.drop()
    assert client.snapshot is not before


def test_the_pipelines_of_a_role_have_sessions_of_their_own() -> None:
    one, other = (RoleSession(f"shop.{name}") for name in ("orders", "returns"))
    made = clients("eu-west-1", ROLES[1], one)
    assert made is clients("eu-west-1", ROLES[1], one)
    assert made is not clients("eu-west-1", ROLES[1], other)


def test_a_session_has_the_credentials_of_its_role_or_those_of_the_operator() -> None:
    own = own_session()
    assumed = assumed_session(own, str(ROLES[1]))
    assert credentials_of(own).access_key == "some"
    assert credentials_of(assumed).method == "assume-role"


def test_a_slow_metadata_service_gets_three_attempts_unless_the_environment_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempts = "metadata_service_num_attempts"
    assert own_session().get_config_variable(attempts) == 3
    assert own_session(fail_fast=True).get_config_variable(attempts) == 1
    monkeypatch.setenv("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "7")
    assert own_session().get_config_variable(attempts) == 7


WITHOUT_OWNER = {  # operations of S3 that concern no existing bucket, or only special ones
    *("CreateBucket", "CreateSession", "ListBuckets", "ListDirectoryBuckets", "RenameObject"),
    "WriteGetObjectResponse",
}


def test_each_call_to_s3_names_the_account_that_has_to_own_the_bucket() -> None:
    session = own_session()
    expect_bucket_owner(session, lambda: "111122223333")
    client = session.create_client("s3", region_name="eu-west-1")
    without = set()
    for name in client.meta.service_model.operation_names:
        model, params = client.meta.service_model.operation_model(name), dict[str, str]()
        event = f"before-parameter-build.s3.{name}"
        client.meta.events.emit(event, params=params, model=model, context={})
        if params.get("ExpectedBucketOwner") != "111122223333":
            without.add(name)
    assert without == WITHOUT_OWNER


@pytest.fixture
def keyless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The path of a credentials file that does not exist yet; there is no other source."""
    path = tmp_path / "credentials"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return path


def write(path: Path, key: str) -> None:
    path.write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = secret\n")


def key_of(client: object) -> str:
    return str(client._request_signer._credentials.access_key)  # type: ignore[attr-defined]  # noqa: SLF001


@pytest.mark.parametrize("role", ROLES[:2], ids=["own", "assumed"])
def test_credentials_that_appear_later_are_found(keyless: Path, role: str | None) -> None:
    made = Clients("eu-west-1", role)
    with pytest.raises(NoCredentialsError):
        made("sqs")
    write(keyless, "later")
    for service in ("sqs", "s3"):
        assert made(service)._request_signer._credentials is not None  # noqa: SLF001


def test_credentials_that_aws_rejects_are_read_again(keyless: Path) -> None:
    write(keyless, "old")
    made = Clients("eu-west-1", None)
    client = made("sqs")
    assert key_of(client) == "old"
    write(keyless, "new")
    assert made("sqs") is client
    events = client.meta.events
    events.emit("after-call.sqs.GetQueueUrl", parsed={}, http_response=Answer(200), context={})
    assert made("sqs") is client
    events.emit("after-call-error.sqs.GetQueueUrl", exception=aws_error("ExpiredToken"), context={})
    assert key_of(made("sqs")) == "new"


class Answer:
    """An HTTP answer of this status."""

    def __init__(self, status: int) -> None:
        self.status_code = status
