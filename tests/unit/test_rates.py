"""Rates: the operator stays below the quotas of AWS, and no call waits for ever."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from typer.testing import CliRunner

from dataflowxpress.aws.rates import (
    BURST,
    DEFAULTS,
    QUOTAS,
    RECOVERY,
    Bucket,
    InvalidRate,
    Rates,
    parse,
)
from dataflowxpress.aws.turns import AGING, Claim, Priority, Turns, claim, on_behalf
from dataflowxpress.cli.app import app
from dataflowxpress.telemetry.context import Pool
from tests.unit.server import WHO

if TYPE_CHECKING:
    from tests.unit.conftest import Clock
    from tests.unit.server import Server

ROUTINE, REQUEST = Claim(Priority.ROUTINE, "a"), Claim(Priority.REQUEST, "a")
RATE = 4.0


def order(*claims: Claim) -> list[int]:
    """Return the numbers of the claims that wait together, in the order in which calls are sent."""
    turns = Turns()
    waiting = [turns.join(each) for each in claims]
    sent: list[int] = []
    while len(sent) < len(claims):
        [call] = [each for each in waiting if each.arrival not in sent and turns.is_next(each)]
        turns.leave(call, sent=True)
        sent.append(call.arrival)
    return sent


def test_a_users_change_precedes_a_deletion_and_routine() -> None:
    deletion = Claim(Priority.DELETION, "a")
    assert order(ROUTINE, deletion, REQUEST) == [2, 1, 0]


def test_routine_does_not_starve_behind_requests() -> None:
    assert order(ROUTINE, *[REQUEST] * 20).index(0) == AGING - 1


def test_a_namespace_does_not_starve_behind_a_busy_one() -> None:
    busy, quiet = Claim(Priority.ROUTINE, "busy"), Claim(Priority.ROUTINE, "quiet")
    assert order(*[busy] * 20, quiet).index(20) == 1


def bucket(clock: Clock) -> Bucket:
    """Return a bucket whose callers wait without spending time."""

    def wait(_: threading.Condition, seconds: float | None) -> None:
        assert seconds is not None  # nobody else waits
        clock.now += seconds

    return Bucket(RATE, clock, wait)


def drain(of: Bucket, clock: Clock, calls: int) -> list[float]:
    """Return the times at which so many calls are sent, one after the other."""
    times = []
    for _ in range(calls):
        of.take(ROUTINE)
        times.append(clock.now)
    return times


def test_a_bucket_sends_a_burst_and_then_its_rate(clock: Clock) -> None:
    burst = int(RATE * BURST)
    times = drain(bucket(clock), clock, burst + 40)
    assert times[burst - 1] == 0
    assert times[-1] == pytest.approx(40 / RATE)


def test_throttled_calls_halve_the_rate_once_a_second_and_it_recovers(clock: Clock) -> None:
    slow = bucket(clock)
    for _ in range(5):
        slow.throttled()
    first, second = drain(slow, clock, 2)
    assert first == pytest.approx(2 / RATE, rel=0.1)
    assert second - first == pytest.approx(2 / RATE, rel=0.1)
    clock.now += RECOVERY
    drain(slow, clock, int(RATE * BURST))
    assert [b - a for a, b in pairwise(drain(slow, clock, 5))] == pytest.approx([1 / RATE] * 4)


def test_however_often_aws_throttles_some_calls_are_sent(clock: Clock) -> None:
    slow = bucket(clock)
    for _ in range(100):
        slow.throttled()
        clock.now += 1.0
    assert drain(slow, clock, 1)[0] < 110.0


def test_all_waiting_threads_are_sent_at_the_rate() -> None:
    rate = 50.0
    shared = Bucket(rate)
    threads = [threading.Thread(target=shared.take, args=(REQUEST,)) for _ in range(200)]
    began = time.monotonic()
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=10)
    assert not any(each.is_alive() for each in threads)
    assert time.monotonic() - began >= (200 - rate * BURST) / rate - 0.1


def test_all_sessions_of_an_account_share_a_bucket_and_others_do_not() -> None:
    rates = Rates()
    assert rates.bucket("1", "eu-west-1", "glue") is rates.bucket("1", "eu-west-1", "glue")
    assert rates.bucket("1", "eu-west-1", "glue") is not rates.bucket("2", "eu-west-1", "glue")
    assert rates.bucket("1", "eu-west-1", "glue") is not rates.bucket("1", "us-east-1", "glue")
    assert rates.bucket("1", "eu-west-1", "iam") is rates.bucket("1", "us-east-1", "iam")


def test_a_throttled_attempt_slows_all_callers_down(server: Server) -> None:
    error = (
        "<ErrorResponse><Error><Code>Throttling</Code><Message>no</Message></Error></ErrorResponse>"
    )
    server.answers.extend([(400, error), (400, error), (200, WHO)])
    rates, sts = Rates(), client(server.port)
    rates.apply_to(sts, "sts", lambda: "1")
    sts.get_caller_identity()
    assert len(server.came) == 3
    assert rates.bucket("1", "eu-west-1", "sts").rate < DEFAULTS["sts"]


def client(port: int) -> Any:
    return boto3.client(
        "sts",
        region_name="eu-west-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="some",
        aws_secret_access_key="body",
    )


def test_the_threads_of_a_pool_call_on_behalf_of_the_pipeline() -> None:
    with on_behalf(Priority.ROUTINE, "team"), Pool(1) as pool:
        assert pool.submit(claim).result() == Claim(Priority.ROUTINE, "team")
    assert claim().namespace == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("iam", "write iam=CALLS with a positive number"),
        ("iam=0", "write iam=CALLS with a positive number"),
        ("iam=fast", "write iam=CALLS with a positive number"),
        ("iam=inf", "write iam=CALLS with a positive number"),
        ("ec2=1", "the service is none of cloudwatch, events"),
    ],
)
def test_a_wrong_rate_is_refused_with_the_cure(text: str, message: str) -> None:
    with pytest.raises(InvalidRate, match=message):
        parse([text])
    result = CliRunner().invoke(app, ["operator", "--rate", text])
    assert result.exit_code == 1
    assert "--rate" in result.output


def test_a_rate_replaces_the_default_of_its_service_only() -> None:
    rates = Rates()
    rates.configure(parse(["iam=20", "glue=2.5"]))
    assert rates.bucket("1", "eu-west-1", "iam").limit == 20
    assert rates.bucket("1", "eu-west-1", "glue").limit == 2.5
    assert rates.bucket("1", "eu-west-1", "logs").limit == DEFAULTS["logs"]


def test_the_page_about_performance_shows_each_quota_and_default() -> None:
    page = (Path(__file__).parents[2] / "docs/performance.md").read_text()
    for service, quota in QUOTAS.items():
        published = f"{quota.per_second:g}" if quota.source else "not published"
        assert f"| `{service}` | {published} | {DEFAULTS[service]:.3g} |" in page
        assert quota.source in page
