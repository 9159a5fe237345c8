"""Clients: boto3 clients, one per role, region and service, shared by all pipelines."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable
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
from botocore.exceptions import BotoCoreError

from . import instrumentation as aws_calls

log = logging.getLogger(__name__)

SETTINGS = Config(
    connect_timeout=3,
    read_timeout=30,
    retries={"mode": "adaptive", "max_attempts": 4},
    max_pool_connections=64,
    user_agent_extra="dataflowxpress",
)
FAIL_FAST = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})


class Identity(NamedTuple):
    """The account, partition and region that AWS calls act in."""

    account: str
    partition: str
    region: str


@functools.cache
def clients(region: str | None, role_arn: str | None) -> Callable[[str], Any]:
    """Return a function from a service's name to its client.

    The clients assume *role_arn* if given; otherwise they use the operator's own credentials.
    """
    session = boto3.Session(botocore_session=_session(role_arn), region_name=region)

    @functools.cache
    def client(service: str) -> Any:
        return session.client(service, config=SETTINGS)

    return client


def warm(services: Iterable[str]) -> None:
    """Create the clients for the operator's own credentials in advance.

    The first clients of a process take seconds to create.
    """
    try:
        for service in services:
            clients(None, None)(service)
    except BotoCoreError as error:
        log.warning("AWS clients were not created in advance: %s", error)


@functools.cache
def fail_fast(service: str) -> Any:
    """Return a client with the operator's own credentials, short timeouts and no retries."""
    session = boto3.Session(botocore_session=_bare())
    return session.client(service, config=SETTINGS.merge(FAIL_FAST))


@functools.cache
def identity(region: str | None, role_arn: str | None) -> Identity:
    """Return the caller identity that STS reports; raises AWS' error, which is not cached."""
    sts = clients(region, role_arn)("sts")
    arn = sts.get_caller_identity()["Arn"].split(":")
    return Identity(account=arn[4], partition=arn[1], region=sts.meta.region_name)


@functools.lru_cache(maxsize=16_384)
def queue_url(sqs: Any, name: str) -> str:
    """Return the URL of the queue in the client's account; raises AWS' error if it is missing."""
    return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])


def _session(role_arn: str | None) -> botocore.session.Session:
    """Return a session with the operator's own credentials, or with those of *role_arn*.

    botocore renews the credentials of an assumed role before they expire.
    """
    own = _instrumented()
    if role_arn is None:
        return own
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=own.create_client,
        source_credentials=own.get_credentials(),
        role_arn=role_arn,
        extra_args={"RoleSessionName": "dataflowxpress"},
    )
    assumed = _instrumented()
    resolver = CredentialResolver([_AssumedRole(fetcher)])  # replaces the default chain
    assumed.register_component("credential_provider", resolver)
    return assumed


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


@functools.cache
def _service_models() -> Any:
    """Return botocore's data loader; all sessions share its service models, which take 30 MB."""
    return botocore.session.get_session().get_component("data_loader")


def _bare() -> botocore.session.Session:
    session = botocore.session.get_session()
    session.register_component("data_loader", _service_models())
    return session


def _instrumented() -> botocore.session.Session:
    session = _bare()
    aws_calls.observe(session)
    return session
