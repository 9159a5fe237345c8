"""Recovery: which work is stalled, how often it is triggered, and what the status says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Crawl, Data, Recovery, Run, Status
from dataflowxpress.dataplane.events import events_between
from dataflowxpress.dataplane.freshness import data_current
from dataflowxpress.dataplane.manifest_log import ManifestLog
from dataflowxpress.dataplane.observation import Observation
from dataflowxpress.dataplane.queues import Depth
from dataflowxpress.dataplane.recovery import BACKOFF_LIMIT, RecoveryAction, decide, unfinished_work
from dataflowxpress.dataplane.uploads import Keys, Upload, pending_and_refused

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
STALL_TIMEOUT = 60.0


def at(minute: int) -> str:
    return f"2026-01-01T12:{minute:02d}:00Z"


def crawl(minute: int, state: str = "Succeeded", error: str = "") -> Crawl:
    return Crawl(state=state, started=at(minute), error=error)


def run(minute: int, state: str = "SUCCEEDED", error: str = "") -> Run:
    counts = dict.fromkeys(("seconds", "objects", "rows_read", "rows_written", "rows_rejected"), 0)
    return Run(id="jr_1", state=state, started=at(minute), error=error, **counts)


def upload(minute: int, key: str = "in/a.csv") -> Upload:
    return Upload(key, "etag", at(minute))


def observation(*pending: Upload, **more: Any) -> Observation:
    data = Data(objects=0, rows=0, rejected=0, waiting=len(pending), dead_letters=0)
    quiet: dict[str, Any] = {"packaged": True, "crawl": None, "runs": (), "reasons": ()}
    quiet["requests"] = Keys()
    listed, _ = pending_and_refused(ManifestLog(), pending)
    empty = {"queued": Depth(), "pending": listed, "data": data}
    return Observation(**{**quiet, **empty, **more})


LEFT: dict[str, tuple[Observation, str, RecoveryAction]] = {
    "objects that were there before the pipeline, or whose event was lost": (
        observation(upload(0)),
        "ObjectsWaiting",
        RecoveryAction.CRAWL,
    ),
    "an upload after the last crawl": (
        observation(upload(5), crawl=crawl(1), runs=(run(2),)),
        "ObjectsWaiting",
        RecoveryAction.CRAWL,
    ),
    "a crawl whose event was lost": (
        observation(upload(0), crawl=crawl(1)),
        "RunMissing",
        RecoveryAction.RUN,
    ),
    "a crawl whose event was lost, after an earlier run": (
        observation(upload(2), crawl=crawl(3), runs=(run(1),)),
        "RunMissing",
        RecoveryAction.RUN,
    ),
    "a crawl without a run even where no object waits": (
        observation(crawl=crawl(3), runs=(run(1),)),
        "RunMissing",
        RecoveryAction.RUN,
    ),
    "objects that the last run could not convert yet": (
        observation(upload(0), crawl=crawl(1), runs=(run(2),)),
        "ObjectsWaiting",
        RecoveryAction.CRAWL,
    ),
    "a run that failed before its commit": (
        observation(upload(0), crawl=crawl(1), runs=(run(2, "FAILED", "no memory"),)),
        "RunFailed",
        RecoveryAction.RUN,
    ),
    "a run that died after its commit, before the catalog followed": (
        observation(crawl=crawl(1), runs=(run(2, "TIMEOUT"),)),
        "RunFailed",
        RecoveryAction.RUN,
    ),
    "a crawl that failed": (
        observation(upload(0), crawl=crawl(1, "Failed", "no access")),
        "CrawlFailed",
        RecoveryAction.CRAWL,
    ),
    "a crawl that failed, after which a run left objects": (
        observation(upload(0), crawl=crawl(1, "Failed", "no access"), runs=(run(2),)),
        "CrawlFailed",
        RecoveryAction.CRAWL,
    ),
    "a crawl that failed, after which the run failed": (
        observation(crawl=crawl(1, "Failed"), runs=(run(2, "FAILED"),)),
        "CrawlFailed",
        RecoveryAction.CRAWL,
    ),
    "a crawl that failed before a custom script": (
        observation(packaged=False, crawl=crawl(1, "Failed"), runs=(run(2),)),
        "CrawlFailed",
        RecoveryAction.CRAWL,
    ),
    "a reprocess request that no run has fulfilled": (
        observation(crawl=crawl(1), runs=(run(2),), requests=Keys(["requests/1/in/"])),
        "ReprocessPending",
        RecoveryAction.RUN,
    ),
    "replaced files that no run has deleted": (
        observation(crawl=crawl(1), runs=(run(2),), has_overdue_files=True),
        "RunMissing",
        RecoveryAction.RUN,
    ),
    "messages that no function receives": (
        observation(upload(0), queued=Depth(visible=2)),
        "QueueNotConsumed",
        RecoveryAction.COMPARE,
    ),
    "uploads for a custom script": (
        observation(upload(5), packaged=False, crawl=crawl(1), runs=(run(2),)),
        "ObjectsWaiting",
        RecoveryAction.CRAWL,
    ),
    "a lost crawl event before a custom script": (
        observation(upload(0), packaged=False, crawl=crawl(1)),
        "RunMissing",
        RecoveryAction.RUN,
    ),
    "an upload whose event was lost, where uploads start runs": (
        observation(upload(5), crawls="NewColumns", crawl=crawl(1), runs=(run(2),)),
        "ObjectsWaiting",
        RecoveryAction.RUN,
    ),
    "the first upload, where uploads start runs": (
        observation(upload(0), crawls="NewColumns"),
        "ObjectsWaiting",
        RecoveryAction.RUN,
    ),
    "a lost request for a crawl of new columns": (
        observation(upload(3), crawls="NewColumns", crawl=crawl(1), runs=(run(4),)),
        "ObjectsWaiting",
        RecoveryAction.CRAWL,
    ),
    "a crawl of new columns whose event was lost": (
        observation(upload(3), crawls="NewColumns", crawl=crawl(5), runs=(run(4),)),
        "RunMissing",
        RecoveryAction.RUN,
    ),
    "an upload after a crawl that failed, and a run that converted the others": (
        observation(upload(5), crawls="NewColumns", crawl=crawl(1, "Failed"), runs=(run(2),)),
        "ObjectsWaiting",
        RecoveryAction.RUN,
    ),
    "an object that the scheduled run has left": (
        observation(
            *(upload(1), upload(9, "in/b.csv")),
            crawls="NewColumns",
            on_upload=False,
            crawl=crawl(2),
            runs=(run(4),),
        ),
        "ObjectsWaiting",
        RecoveryAction.CRAWL,
    ),
}
NOT_LEFT = {
    "uploads wait for the schedule": observation(
        upload(9), crawls="NewColumns", on_upload=False, crawl=crawl(2), runs=(run(4),)
    ),
    "the first upload waits for the schedule": observation(
        upload(9), crawls="NewColumns", on_upload=False
    ),
    "nothing was ever uploaded": observation(),
    "all is converted": observation(crawl=crawl(1), runs=(run(2),)),
    "a crawl failed, and the run after it converted all": observation(
        crawl=crawl(1, "Failed"), runs=(run(2),)
    ),
    "a crawl is running": observation(upload(0), crawl=crawl(1, "Running")),
    "a run is running": observation(upload(0), crawl=crawl(1), runs=(run(2, "RUNNING"),)),
    "a message is being dealt with": observation(upload(0), queued=Depth(in_flight=1)),
    "a message comes back soon": observation(upload(0), queued=Depth(in_flight=1)),
    "a custom script failed, and may not be safe to run twice": observation(
        upload(0), packaged=False, crawl=crawl(1), runs=(run(2, "FAILED"),)
    ),
}


@pytest.mark.parametrize("case", LEFT)
def test_it_sees(case: str) -> None:
    given, reason, action = LEFT[case]
    left = unfinished_work(given)
    assert left
    assert (left.reason, left.action) == (reason, action)


@pytest.mark.parametrize("case", NOT_LEFT)
def test_it_does_nothing_when(case: str) -> None:
    assert unfinished_work(NOT_LEFT[case]) is None


def test_what_has_just_come_to_rest_is_given_time() -> None:
    decision = decide(observation(upload(0)), Status(), STALL_TIMEOUT - 1, NOON, STALL_TIMEOUT)
    assert decision == (None, None)


def attempts(given: Observation, status: Status, minutes: int) -> tuple[list[int], Status]:
    """Return the minutes of the attempts, looking once a minute at what does not change."""
    tried = []
    for minute in range(minutes):
        now = NOON + timedelta(minutes=minute)
        decision = decide(given, status, STALL_TIMEOUT * (minute + 1), now, STALL_TIMEOUT)
        status = status.model_copy(update={"recovery": decision.recovery})
        if decision.action:
            tried.append(minute)
    return tried, status


def test_attempts_come_ever_later_and_end() -> None:
    tried, status = attempts(observation(upload(0)), Status(), 600)
    assert tried == [0, 2, 6, 14, 30, 62]
    assert len(tried) == BACKOFF_LIMIT
    assert status.recovery
    assert status.recovery.backoff_limit_exceeded


def test_objects_that_a_crawl_and_a_run_have_seen_are_crawled_again_three_times() -> None:
    seen = observation(upload(0), crawl=crawl(1), runs=(run(2),))
    tried, status = attempts(seen, Status(), 600)
    assert tried == [0, 2, 6]
    assert status.recovery
    assert status.recovery.backoff_limit_exceeded


def test_uploads_that_are_converted_do_not_reset_the_attempts_for_an_object_that_is_left() -> None:
    left = observation(upload(0), crawl=crawl(1), runs=(run(2),))
    _, status = attempts(left, Status(), 600)
    later, new = NOON + timedelta(days=1), upload(5, "in/b.csv")
    for given in (
        observation(upload(0), new, crawl=crawl(1), runs=(run(2),)),
        observation(upload(0), new, crawl=crawl(6, "Running"), runs=(run(2),)),
        observation(upload(0), crawl=crawl(6), runs=(run(7),)),
    ):
        decision = decide(given, status, 0, later, STALL_TIMEOUT)
        status = status.model_copy(update={"recovery": decision.recovery})
    assert decide(given, status, STALL_TIMEOUT * 9, later, STALL_TIMEOUT).action is None
    lost = observation(upload(0), new, crawl=crawl(1), runs=(run(2),))
    assert decide(lost, status, STALL_TIMEOUT, later, STALL_TIMEOUT).action is RecoveryAction.CRAWL


def test_a_failed_crawl_does_not_hide_that_all_objects_are_converted() -> None:
    failed = crawl(1, "Failed", "Internal Service Exception")
    converted = data_current(DataPipelineSpec(), observation(crawl=failed, runs=(run(2),)), None)
    assert converted.holds is True
    reasons = ("in/a.csv: no catalog table covers the object yet",)
    left = observation(upload(0), crawl=failed, runs=(run(2),), reasons=reasons)
    waiting = data_current(DataPipelineSpec(), left, None)
    assert (waiting.holds, waiting.reason) == (False, "LastCrawlFailed")
    assert waiting.message == f"the last crawl failed: {failed.error}; {reasons[0]}"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (observation(upload(0), upload(1, "in/b.csv")), {}),
        (observation(Upload("in/a.csv", "other content", at(1))), {}),
        (observation(upload(0)), {"observed_generation": 7}),
        (observation(upload(0)), {"run_handled_at": "just now"}),
    ],
    ids=["a new upload", "new content", "a new spec", "a request"],
)
def test_after_giving_up_it_begins_anew_with(given: Observation, status: dict[str, Any]) -> None:
    _, backoff_limit_exceeded = attempts(observation(upload(0)), Status(), 600)
    later = NOON + timedelta(days=1)
    decision = decide(
        given, backoff_limit_exceeded.model_copy(update=status), STALL_TIMEOUT, later, STALL_TIMEOUT
    )
    assert decision.action is RecoveryAction.CRAWL
    assert decision.recovery
    assert (decision.recovery.attempts, decision.recovery.backoff_limit_exceeded) == (1, False)


def test_another_reason_for_the_same_work_is_no_new_start() -> None:
    _, status = attempts(observation(upload(0)), Status(), 7)
    failed = observation(upload(0), crawl=crawl(1), runs=(run(2, "FAILED"),))
    decision = decide(failed, status, STALL_TIMEOUT, NOON + timedelta(minutes=20), STALL_TIMEOUT)
    assert decision.action is RecoveryAction.RUN
    assert decision.recovery
    assert decision.recovery.attempts == 4


def test_attempts_persist_while_work_is_active_and_reset_when_it_is_done() -> None:
    _, status = attempts(observation(upload(0)), Status(), 1)
    moving = observation(upload(0), crawl=crawl(1, "Running"))
    assert decide(moving, status, 0, NOON, STALL_TIMEOUT).recovery == status.recovery
    assert (
        decide(observation(crawl=crawl(1), runs=(run(2),)), status, 0, NOON, STALL_TIMEOUT).recovery
        is None
    )


def test_the_condition_lists_the_attempts_and_a_fix() -> None:
    failed = observation(upload(0), crawl=crawl(1), runs=(run(2, "FAILED", "no memory"),))
    _, status = attempts(failed, Status(), 600)
    output = data_current(DataPipelineSpec(), failed, status.recovery)
    assert (output.holds, output.reason) == (False, "LastRunFailed")
    assert output.message == (
        "run jr_1 ended FAILED: no memory; the operator requested a run 6 times and stopped: fix"
        " the cause, then set the annotation dataflowxpress.io/run-requested-at"
    )


def test_dead_letters_are_reported_and_do_not_block_recovery() -> None:
    dead = observation(upload(0))
    dead = replace(dead, data=dead.data.model_copy(update={"dead_letters": 2}))
    output = data_current(DataPipelineSpec(), dead, None)
    assert (output.holds, output.reason) == (False, "DeadLetters")
    assert decide(dead, Status(), STALL_TIMEOUT, NOON, STALL_TIMEOUT).action is RecoveryAction.CRAWL


@pytest.mark.parametrize(
    ("state", "objects", "holds"),
    [("RUNNING", 1, False), ("RUNNING", 0, True), ("SUCCEEDED", 1, True)],
)
def test_data_is_current_once_the_run_that_converted_it_has_ended(
    state: str, objects: int, holds: bool
) -> None:
    last = run(2, state).model_copy(update={"objects": objects})
    output = data_current(DataPipelineSpec(), observation(crawl=crawl(1), runs=(last,)), None)
    assert output.holds is holds


def test_data_is_not_current_while_what_a_dead_run_committed_is_left_to_the_next() -> None:
    runs = (run(5, "RUNNING"), run(2, "FAILED").model_copy(update={"objects": 1}))
    output = data_current(DataPipelineSpec(), observation(crawl=crawl(1), runs=runs), None)
    assert output.holds is False


def test_a_first_comparison_because_of_a_queue_is_no_event() -> None:
    once = Recovery(
        reason="QueueNotConsumed",
        message="x",
        last_action=RecoveryAction.COMPARE.value,
        attempts=1,
        work="w",
    )
    none, one = Status(), Status(recovery=once)
    two = Status(recovery=once.model_copy(update={"attempts": 2}))
    assert list(events_between(none, one)) == []
    assert [reason for _, reason, _ in events_between(one, two)] == ["QueueNotConsumed"]


def test_each_attempt_and_the_end_of_them_are_events() -> None:
    once = Recovery(
        reason="RunMissing", message="x", last_action="requested a run", attempts=1, work="w"
    )
    none, one = Status(), Status(recovery=once)
    over = Status(recovery=once.model_copy(update={"backoff_limit_exceeded": True}))
    assert list(events_between(none, one)) == [
        ("Warning", "RunMissing", "x: requested a run (attempt 1)")
    ]
    assert list(events_between(one, one)) == []
    assert list(events_between(one, over)) == [
        ("Warning", "BackoffLimitExceeded", "x: no progress after 1 attempt")
    ]


def test_the_condition_says_that_uploads_wait_for_the_schedule() -> None:
    trigger = {"onUpload": False, "schedule": "rate(1 hour)", "timeZone": "Asia/Tokyo"}
    spec = DataPipelineSpec.model_validate({"trigger": trigger})
    waiting = observation(upload(9), upload(8, "in/b.csv"), on_upload=False, runs=(run(4),))
    condition = data_current(spec, waiting, None)
    assert condition.reason is Reason.SCHEDULED
    assert condition.message == "2 uploaded objects wait for the schedule rate(1 hour), Asia/Tokyo"
