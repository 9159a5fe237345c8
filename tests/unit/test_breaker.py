"""Circuit breaker: an AWS that does not answer costs its timeouts once, not for each call."""

from __future__ import annotations

import socket
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from dataflowxpress.aws.breaker import ATTEMPTS, PAUSE, Breaker, ServiceUnreachable
from dataflowxpress.aws.error_classes import ErrorClass
from dataflowxpress.aws.errors import classify, describe
from tests.unit.conftest import Clock
from tests.unit.server import Server

DENIED = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
REGION, ONCE = "eu-west-1", Config(connect_timeout=1, retries={"total_max_attempts": 1})


class Account:
    """The clients for one account and region, whose services answer or not, as a test sets it."""

    def __init__(self, clock: Clock, answering: int) -> None:
        self._session = botocore.session.Session()
        self._session.set_credentials("some", "body")
        Breaker(clock).protect(self._session)
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            silent = unused.getsockname()[1]
        self.silent, self.answering = self.client("sts", silent), self.client("sts", answering)
        self.other = self.client("sqs", answering)

    def client(self, service: str, port: int) -> Any:
        url = f"http://127.0.0.1:{port}"
        return self._session.create_client(service, REGION, endpoint_url=url, config=ONCE)

    def fail(self, times: int = ATTEMPTS) -> None:
        """Call the service while it does not answer."""
        for _ in range(times):
            with pytest.raises(EndpointConnectionError):
                self.silent.get_caller_identity()


@pytest.fixture
def account(clock: Clock, server: Server) -> Account:
    server.answers.extend([(403, DENIED)] * 9)
    return Account(clock, server.port)


def test_a_service_that_does_not_answer_is_not_called_for_a_while(account: Account) -> None:
    account.fail()
    with pytest.raises(ServiceUnreachable) as error:
        account.answering.get_caller_identity()
    assert describe(error.value) == "sts does not answer; the operator tries again every 30 s"
    assert classify(error.value) is ErrorClass.UNREACHABLE


def test_one_call_at_a_time_finds_out_whether_it_answers_again(
    account: Account, clock: Clock
) -> None:
    account.fail()
    clock.now = PAUSE
    account.fail(times=1)
    with pytest.raises(ServiceUnreachable):
        account.answering.get_caller_identity()


def test_the_first_answer_ends_the_pause(account: Account, clock: Clock) -> None:
    account.fail()
    clock.now = PAUSE
    for _ in range(2):
        with pytest.raises(ClientError):  # a refusal is an answer
            account.answering.get_caller_identity()


def test_a_timeout_between_answers_is_nothing_to_wait_for(account: Account) -> None:
    for _ in range(3):
        account.fail(ATTEMPTS - 1)
        with pytest.raises(ClientError):
            account.answering.get_caller_identity()


def test_other_services_and_other_accounts_are_called(
    account: Account, clock: Clock, server: Server
) -> None:
    account.fail()
    with pytest.raises(ClientError):
        account.other.list_queues()
    with pytest.raises(ClientError):
        Account(clock, server.port).answering.get_caller_identity()
