"""The smoke test of an account: the report without secrets, and waiting that ends."""

from __future__ import annotations

import io
import signal
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from dataflowxpress.cli.smoke import wait as waiting
from dataflowxpress.cli.smoke.hops import HopFailed
from dataflowxpress.cli.smoke.interrupts import Interrupted, Interrupts
from dataflowxpress.cli.smoke.report import masked, report
from dataflowxpress.cli.smoke.table import Table
from dataflowxpress.cli.smoke.wait import wait

DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/Admin/ann@example.com is not authorized to"
    " perform: s3:PutObject on arn:aws:s3:::default-smoke-12ab-123456789012 as"
    " arn:aws:sts::123456789012:assumed-role/default-smoke-12ab-glue/Session (key"
    " ASIAQWERTYUIOPASDFGH), X-Amz-Signature=abc123&X-Amz-Date=1"
)


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetCrawler")


def poll(*answers: int | Exception) -> Callable[[], int]:
    """Return a function that gives these answers in turn, and the last one for ever."""
    left = [*answers]

    def answer() -> int:
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return found

    return answer


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PAUSE", 0)


def test_a_report_hides_account_keys_and_people_and_keeps_the_pipelines_own_names() -> None:
    text = masked(DENIED, "123456789012", "smoke-12ab")
    assert not {"123456789012", "ann@example.com", "QWERTY", "abc123"} & set(text.split())
    assert "assumed-role/MASKED is not authorized" in text
    assert "ASIAMASKED" in text
    assert "X-Amz-Signature=MASKED&" in text
    assert "assumed-role/default-smoke-12ab-glue/Session" in text
    assert "default-smoke-12ab-ACCOUNT" in text


def test_a_report_names_the_hop_that_failed_and_its_error() -> None:
    table = Table(Console(file=io.StringIO()))
    with table.hop("create"):
        pass
    with pytest.raises(HopFailed), table.hop("queue → crawl"):
        raise HopFailed("no crawl after 900 s")
    text = "\n".join(report(table, "eu-west-1", "estimated cost $0.17", ["no crawl"]))
    assert "## Failed: queue → crawl\n\n```\nno crawl after 900 s\n```" in text
    assert "Region eu-west-1; dataflowxpress " in text


def test_an_error_that_goes_away_by_itself_is_waited_for() -> None:
    found = wait(poll(refusal("ThrottlingException"), 1, 2), lambda n: n == 2, 60, str)
    assert found == 2


def test_an_error_that_needs_a_person_ends_the_wait_at_once() -> None:
    with pytest.raises(HopFailed, match="GetCrawler: AccessDeniedException"):
        wait(poll(refusal("AccessDeniedException"), 2), lambda n: n == 2, 60, str)


def test_a_wait_that_is_over_says_what_the_last_state_was() -> None:
    with pytest.raises(HopFailed, match="not done after 0 s: 7 messages"):
        wait(poll(7), lambda n: n == 0, 0, lambda n: f"{n} messages")


def test_ctrl_c_during_the_deletion_warns_and_ends_it_only_the_second_time() -> None:
    warned: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    with Interrupts(lambda: warned.append(1)) as interrupts:
        interrupts.deleting = True
        signal.raise_signal(signal.SIGINT)
        assert warned == [1]
        with pytest.raises(Interrupted) as error:
            signal.raise_signal(signal.SIGINT)
    assert error.value.exit_code == 128 + signal.SIGINT
    assert signal.getsignal(signal.SIGINT) == before
