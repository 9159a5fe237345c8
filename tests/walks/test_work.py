"""A crawl or a run that is on its way is waited for by changes, and stopped by a deletion."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from dataflowxpress_sandbox.aws.faults import Faults
from tests.walks.conftest import POLL, TIMEOUT, Life, said

SPEC = {"deletionPolicy": "Delete"}
SLOW = 10  # seconds that S3 takes for an answer to the crawler or the job


pytestmark = pytest.mark.long


@pytest.fixture
def live(life: Life) -> Iterator[Life]:
    life.create(SPEC)
    life.converge()
    yield life
    life.delete()
    life.end()
    assert life.owned() == set()


@pytest.fixture
def slow_s3(live: Life) -> Iterator[None]:
    """Let all that Glue asks of S3 take long."""
    worker = f"*/default-{live.name}-glue/*"
    with Faults(live.world.aws).during("delay", "s3:*", caller=worker, seconds=SLOW):
        yield


def start_crawl(live: Life) -> str:
    name = f"default-{live.name}"
    live.world.admin("glue").start_crawler(Name=name)
    return name


def start_run(live: Life) -> str:
    name = f"default-{live.name}"
    run: str = live.world.admin("glue").start_job_run(JobName=name)["JobRunId"]
    return run


def ready(live: Life) -> tuple[str, str]:
    condition = live.status["Ready"]
    assert condition
    return condition.reason, condition.message


def converge_in_time(live: Life) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not live.reconcile().success:
        assert time.monotonic() < deadline, said(live.status)
        time.sleep(POLL)


@pytest.mark.extended
@pytest.mark.usefixtures("slow_s3")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(
            {"crawler": {"name": "renamed-{id}"}},
            "is deleted when the running crawl ends",
            id="renamed",
            marks=pytest.mark.extended,
        ),
        pytest.param({"catalog": {"tablePrefix": "raw_"}}, "is running", id="changed"),
        pytest.param(
            {"source": {"format": "json"}},
            "is replaced when the running crawl ends",
            id="replaced",
            marks=pytest.mark.extended,
        ),
    ],
)
def test_a_crawl_may_end_before_its_crawler_changes_or_goes(
    live: Life, change: dict[str, Any], words: str
) -> None:
    glue = live.world.admin("glue")
    crawler = start_crawl(live)
    named = {k: {f: v.replace("{id}", live.name)} for k, p in change.items() for f, v in p.items()}
    live.change({**SPEC, **named})
    assert not live.reconcile().success
    reason, message = ready(live)
    assert reason == "ResourceInUse"
    assert f"Crawler/{crawler}" in message
    assert words in message
    stalled = live.status["Stalled"]
    assert stalled
    assert stalled.status == "False"
    assert glue.get_crawler(Name=crawler)["Crawler"]["State"] == "RUNNING"
    converge_in_time(live)
    assert ready(live)[0] == "Converged"


@pytest.mark.extended
@pytest.mark.usefixtures("slow_s3")
def test_a_run_may_end_before_its_job_goes(live: Life) -> None:
    glue = live.world.admin("glue")
    run = start_run(live)
    live.change({**SPEC, "job": {"name": f"renamed-{live.name}"}})
    assert not live.reconcile().success
    reason, message = ready(live)
    assert reason == "ResourceInUse"
    assert f"is deleted when run {run} ends" in message
    assert glue.get_job(JobName=f"renamed-{live.name}")
    glue.batch_stop_job_run(JobName=f"default-{live.name}", JobRunIds=[run])
    converge_in_time(live)
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_job(JobName=f"default-{live.name}")


@pytest.mark.usefixtures("slow_s3")
def test_a_deletion_stops_what_is_on_its_way(live: Life) -> None:
    start_crawl(live)
    start_run(live)  # ... and the fixture expects that all ends within its timeout
