"""Clients: boto3 clients, one per role, region and service, shared by all pipelines."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from . import instrumentation as aws_calls
from .breaker import Breaker
from .error_classes import ErrorClass
from .errors import classify, describe
from .queue_urls import queue_url
from .rates import RATES
from .sessions import (
    OF_OPERATOR,
    USER_AGENT,
    RoleSession,
    assumed_session,
    credentials_of,
    expect_bucket_owner,
    own_session,
    session_like,
)
from .snapshot import Snapshot

log = logging.getLogger(__name__)

SETTINGS = Config(
    connect_timeout=3,
    read_timeout=30,
    retries={"mode": "standard", "max_attempts": 4},
    max_pool_connections=64,
    user_agent=USER_AGENT,
)
CALLERS = set[str]()  # the principals of all clients of this process, some hundred bytes each
SESSIONS = 64  # of roles and regions, whose clients are kept: 2 MB each
FAIL_FAST = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})


class Identity(NamedTuple):
    """The account, partition and region that AWS calls act in."""

    account: str
    partition: str
    region: str


class Access(NamedTuple):
    """The identity that calls for a pipeline use: a role and its session, or the operator's own."""

    role_arn: str | None = None
    role_session: RoleSession = OF_OPERATOR

    @property
    def parameters(self) -> tuple[Any, ...]:
        """The arguments of `clients` after the region, equal for all that share the clients."""
        return tuple(self) if self.role_arn else (None,)


OWN = Access()


class Clients:
    """The clients for one role and region; a call returns the client of a service.

    *snapshot* holds the lists that the pipelines of this identity share.

    If AWS rejects the credentials, or their source fails, the clients are dropped. The next call
    then reads the credentials again, so that new ones take effect without a restart.
    """

    def __init__(  # noqa: PLR0913 - each has a default
        self,
        region: str | None = None,
        role_arn: str | None = None,
        role_session: RoleSession = OF_OPERATOR,
        *,
        fail_fast: bool = False,
        breaker: Breaker | None = None,
        own: Callable[[], botocore.session.Session] | None = None,
    ) -> None:
        self._region, self._role_arn, self._fail_fast = region, role_arn, fail_fast
        self._role_session = role_session
        self._lock = threading.RLock()  # a session must not create two clients at once
        self._session: boto3.Session | None = None
        self._clients: dict[str, Any] = {}
        self._identity: Identity | None = None
        self._breaker = breaker or Breaker()
        self._own = own or functools.partial(own_session, fail_fast=fail_fast)
        self.snapshot = Snapshot(self)

    def __call__(self, service: str) -> Any:
        """Return the client of *service*; raises botocore's error if there are no credentials."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._create(service)
            return self._clients[service]

    @property
    def identity(self) -> Identity:
        """The caller identity that STS reports; raises AWS' error, which is not cached."""
        if found := self._identity:
            return found
        sts = self("sts")
        caller = sts.get_caller_identity()["Arn"]
        CALLERS.add(principal(caller))
        arn = caller.split(":")
        self._identity = Identity(account=arn[4], partition=arn[1], region=sts.meta.region_name)
        return self._identity

    def drop(self) -> None:
        """Drop clients, credentials, identity, and what this identity has read."""
        with self._lock:
            self._session, self._clients, self._identity = None, {}, None
            self.snapshot = Snapshot(self)
        queue_url.cache_clear()  # its keys hold the clients

    def _create(self, service: str) -> Any:
        self._session = self._session or self._connect()
        client = self._session.client(service, config=self._settings)
        RATES.apply_to(client, service, self._account)
        return client

    def _account(self) -> str:
        """Return the account, as far as it is known without a call."""
        if self._identity:
            return self._identity.account
        return self._role_arn.split(":")[4] if self._role_arn else ""

    @property
    def _settings(self) -> Config:
        return SETTINGS.merge(FAIL_FAST) if self._fail_fast else SETTINGS

    def _connect(self) -> boto3.Session:
        """Return a session that has credentials."""
        session = self._own()
        if not self._fail_fast:
            self._observe(session)
        if self._role_arn:
            session = assumed_session(session, self._role_arn, self._role_session)
            self._observe(session)
        credentials_of(session)
        expect_bucket_owner(session, lambda: self.identity.account)
        session.register("after-call", self._on_response)
        session.register("after-call-error", self._on_error)
        return boto3.Session(botocore_session=session, region_name=self._region)

    def _observe(self, session: botocore.session.Session) -> None:
        aws_calls.observe(session)
        self._breaker.protect(session)

    def _on_response(self, **event: Any) -> None:
        if "Error" in event["parsed"]:
            self._on_error(exception=ClientError(event["parsed"], event["model"].name))

    def _on_error(self, **event: Any) -> None:
        error = event["exception"]
        if classify(error) is ErrorClass.UNAUTHENTICATED:
            log.warning("AWS credentials are read again: %s", describe(error))
            self.drop()


def principal(caller: str) -> str:
    """Return the ARN of a caller without the name of its session."""
    return caller.rpartition("/")[0] if ":assumed-role/" in caller else caller


@functools.lru_cache(maxsize=SESSIONS)
def clients(
    region: str | None, role_arn: str | None, role_session: RoleSession = OF_OPERATOR
) -> Clients:
    """Return the clients for a region.

    They assume *role_arn* as *role_session* if given; otherwise they use the operator's own
    credentials.
    """
    return Clients(region, role_arn, role_session, breaker=breaker_of(region, role_arn))


ClientsFor = Callable[..., Clients]  # the arguments of `clients`


@functools.lru_cache(maxsize=8)  # so that calls with one session share its clients
def clients_of(session: boto3.Session) -> ClientsFor:
    """Return `clients` with the credentials, the profile and the default region of *session*."""

    @functools.lru_cache(maxsize=SESSIONS)
    def found(
        region: str | None, role_arn: str | None, role_session: RoleSession = OF_OPERATOR
    ) -> Clients:
        own = functools.partial(session_like, session)
        return Clients(region or session.region_name, role_arn, role_session, own=own)

    return found


@functools.lru_cache(maxsize=4096)  # some bytes each
def breaker_of(
    region: str | None,  # noqa: ARG001 - the key of the cache
    role_arn: str | None,  # noqa: ARG001
) -> Breaker:
    """Return the circuit breaker that all sessions of a role in a region share."""
    return Breaker()


@functools.cache
def fail_fast() -> Clients:
    """Return clients with the operator's own credentials, short timeouts and no retries."""
    return Clients(fail_fast=True)


def warm(services: Iterable[str]) -> None:
    """Create the clients for the operator's own credentials in advance.

    The first clients of a process take seconds to create.
    """
    try:
        for service in services:
            clients(None, None)(service)
    except BotoCoreError as error:
        log.warning("AWS clients were not created in advance: %s", describe(error))
