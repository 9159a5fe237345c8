"""Sessions: botocore sessions with the operator's own credentials or those of an assumed role."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import NoCredentialsError
from botocore.session import Session

from .lean_clients import lean_session

# botocore asks the instance metadata service once, for one second. While a node starts, this is
# too little. The environment and the configuration file of AWS still take precedence.
METADATA = {
    f"metadata_service_{name}": (
        f"metadata_service_{name}",
        f"AWS_METADATA_SERVICE_{name.upper()}",
        default,
        int,
    )
    for name, default in (("timeout", 2), ("num_attempts", 3))
}


# botocore composes its own for each call, which takes 0.1 ms. It appends its version to this one.
USER_AGENT = f"dataflowxpress Boto3/{boto3.__version__}"

# For credentials, botocore calls STS (AssumeRole, AssumeRoleWithWebIdentity) with a client of its
# own, and holds the lock of the credentials meanwhile. With its defaults, an STS that accepts
# connections and does not answer blocks all clients of the session for five minutes.
STS = Config(
    connect_timeout=3,
    read_timeout=5,  # STS answers in less than a second
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent=USER_AGENT,
)


class RoleSession(NamedTuple):
    """The properties of the sessions of an assumed role; trust policies can require them."""

    name: str  # in CloudTrail and in messages of AWS
    tags: tuple[tuple[str, str], ...] = ()
    external_id: str = ""

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of AssumeRole."""
        tags = [{"Key": key, "Value": value} for key, value in self.tags]
        external = {"ExternalId": self.external_id} if self.external_id else {}
        return {"RoleSessionName": self.name, **({"Tags": tags} if tags else {}), **external}


OF_OPERATOR = RoleSession("dataflowxpress")


def own_session(*, fail_fast: bool = False, profile: str | None = None) -> Session:
    """Return a session with the operator's own credentials, or those of *profile*.

    Its clients have the timeouts and retries of `STS`, unless their own configuration has others.
    """
    session = lean_session(session_vars=None if fail_fast else METADATA, profile=profile)
    session.set_default_client_config(STS)
    session.register_component("data_loader", _service_models())
    return session


def session_like(given: boto3.Session) -> Session:
    """Return a session with the credentials and the profile of *given*, which stays unchanged."""
    known = given.profile_name in given.available_profiles
    session = own_session(profile=given.profile_name if known else None)
    resolver = CredentialResolver([_Given(given)])
    session.register_component("credential_provider", resolver)
    return session


def assumed_session(
    own: Session, role_arn: str, role_session: RoleSession = OF_OPERATOR
) -> Session:
    """Return a session that assumes *role_arn* with the credentials of *own*.

    botocore renews the credentials of an assumed role before they expire.
    """
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=own.create_client,
        source_credentials=credentials_of(own),
        role_arn=role_arn,
        extra_args=role_session.parameters,
    )
    assumed = own_session(profile=own.profile)
    resolver = CredentialResolver([_AssumedRole(fetcher)])  # replaces the default chain
    assumed.register_component("credential_provider", resolver)
    return assumed


def expect_bucket_owner(session: Session, account: Callable[[], str]) -> None:
    """Send *account* as the expected owner of the bucket with each S3 call of *session*.

    The names of buckets are global: another account can own the name of a pipeline's bucket, and
    admit the operator to it. S3 then denies the call.
    """

    def expect(**event: Any) -> None:
        for name in {"ExpectedBucketOwner", "ExpectedSourceBucketOwner"} & _members(event["model"]):
            event["params"].setdefault(name, account())

    session.register("before-parameter-build.s3", expect)


def _members(operation: Any) -> set[str]:
    return set(operation.input_shape.members) if operation.input_shape else set()


def credentials_of(session: Session) -> Any:
    """Return the credentials of *session*; raises NoCredentialsError if no source has any.

    botocore reports a source that does not answer as absent. It then creates clients that remain
    without credentials, so this function must precede every creation of a client.
    """
    if (found := session.get_credentials()) is None:
        raise NoCredentialsError
    return found


class _AssumedRole(CredentialProvider):
    """Provides the credentials of an assumed role."""

    METHOD = "assume-role"

    def __init__(self, fetcher: AssumeRoleCredentialFetcher) -> None:
        super().__init__()
        self._fetcher = fetcher

    def load(self) -> DeferredRefreshableCredentials:
        """Return credentials that botocore fetches at the first call and renews later."""
        return DeferredRefreshableCredentials(
            method=self.METHOD, refresh_using=self._fetcher.fetch_credentials
        )


class _Given(CredentialProvider):
    """Provides the credentials of another session, which renews them."""

    METHOD = "given-session"

    def __init__(self, given: boto3.Session) -> None:
        super().__init__()
        self._given = given

    def load(self) -> Any:
        """Return the credentials; None if the session has none."""
        return self._given.get_credentials()


@functools.cache
def _service_models() -> Any:
    """Return botocore's data loader; all sessions share its service models, which take 30 MB."""
    return botocore.session.get_session().get_component("data_loader")
