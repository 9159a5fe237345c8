"""Clients: boto3's, one per role, region and service, shared by all pipelines."""

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
IMPATIENT = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})


class Identity(NamedTuple):
    """Who we are in AWS."""

    account: str
    partition: str
    region: str


@functools.cache
def clients(region: str | None, role_arn: str | None) -> Callable[[str], Any]:
    """Return a function from a service's name to its client, acting as *role_arn* where given."""
    session = boto3.Session(botocore_session=_session(role_arn), region_name=region)

    @functools.cache
    def client(service: str) -> Any:
        return session.client(service, config=SETTINGS)

    return client


def warm(services: Iterable[str]) -> None:
    """Make the clients of our own identity ahead of time: the first ones take seconds."""
    try:
        for service in services:
            clients(None, None)(service)
    except BotoCoreError as error:
        log.warning("pipelines that name neither region nor role will wait: %s", error)


@functools.cache
def impatient(service: str) -> Any:
    """Return a client of our own identity for whoever waits for an answer right now."""
    session = boto3.Session(botocore_session=_bare())
    return session.client(service, config=SETTINGS.merge(IMPATIENT))


@functools.cache
def identity(region: str | None, role_arn: str | None) -> Identity:
    """Ask STS who we are there; errors are AWS's own and are not remembered."""
    sts = clients(region, role_arn)("sts")
    arn = sts.get_caller_identity()["Arn"].split(":")
    return Identity(account=arn[4], partition=arn[1], region=sts.meta.region_name)


@functools.lru_cache(maxsize=16_384)
def queue_url(sqs: Any, name: str) -> str:
    """Return the URL of the queue in the client's account; AWS's error where there is none."""
    return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])


def _session(role_arn: str | None) -> botocore.session.Session:
    """Return a session of our own identity, or one that assumes a role and renews it by itself."""
    own = _observed()
    if role_arn is None:
        return own
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=own.create_client,
        source_credentials=own.get_credentials(),
        role_arn=role_arn,
        extra_args={"RoleSessionName": "dataflowxpress"},
    )
    assumed = _observed()
    credentials = DeferredRefreshableCredentials(
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    assumed.register_component("credential_provider", _Provided(credentials))
    return assumed


class _Provided(CredentialResolver):
    """Answers with credentials that renew themselves, in place of the default chain."""

    def __init__(self, credentials: DeferredRefreshableCredentials) -> None:
        super().__init__(providers=[])
        self._credentials = credentials

    def load_credentials(self) -> DeferredRefreshableCredentials:
        """Return the credentials."""
        return self._credentials


@functools.cache
def _descriptions() -> Any:
    """Return what reads the descriptions of services: 30 MB, which all roles are to share."""
    return botocore.session.get_session().get_component("data_loader")


def _bare() -> botocore.session.Session:
    session = botocore.session.get_session()
    session.register_component("data_loader", _descriptions())
    return session


def _observed() -> botocore.session.Session:
    session = _bare()
    aws_calls.observe(session)
    return session
