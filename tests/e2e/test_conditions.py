"""Conditions over a whole life: each says what it has to say once, and none ever flaps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Self

import pytest
from kubernetes.watch import Watch
from urllib3.exceptions import ProtocolError

from dataflowxpress.api.spec import GROUP, KIND, VERSION
from dataflowxpress.api.status import Status
from dataflowxpress_sandbox.aws import mail
from dataflowxpress_sandbox.aws.faults import Faults
from tests.e2e.conftest import NAMESPACE, User, holds

NAME, BUCKET, READER = "watched", "e2e-watched", "watcher@example.com"
SPEC: dict[str, Any] = {
    "bucket": {"name": BUCKET},
    "deletionPolicy": "Delete",
    "notifications": {"emails": [READER]},
}
CREATED = {
    "Ready": ["False Creating", "True Converged"],
    "Reconciling": ["True Applying", "False Settled"],
    "Stalled": ["False Progressing"],
    "Drifted": ["False NoDrift"],
    "SubscriptionsConfirmed": ["False PendingConfirmation", "True Confirmed"],
    "DataCurrent": ["True Current"],
}
UPLOADED = {"DataCurrent": ["False Waiting", "True Current"]}
EXTENDED = {
    "Reconciling": ["True Applying", "False Settled"],
    "SubscriptionsConfirmed": ["False PendingConfirmation"],
}
DELETED = {"Ready": ["False Deleting"], "Reconciling": ["True Deleting"]}
EVENTS = ["Converged", "RunSucceeded"]


class Transitions:
    """Every new status and reason of each condition, as a watch sees them."""

    def __init__(self, user: User) -> None:
        self._kind, self._watch = user.kind(KIND, f"{GROUP}/{VERSION}"), Watch()
        self._last: dict[str, str] = {}
        self._seen: dict[str, list[str]] = {}
        self.gone = threading.Event()
        self._thread = threading.Thread(target=self._record)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._watch.stop()
        self._thread.join(timeout=30)

    def _record(self) -> None:
        with suppress(ProtocolError):  # the watch is ended in the middle of an answer
            self._watch_until_it_ends()

    def _watch_until_it_ends(self) -> None:
        selector = f"metadata.name={NAME}"
        for event in self._kind.watch(
            namespace=NAMESPACE, field_selector=selector, watcher=self._watch, timeout=400
        ):
            for each in (event["raw_object"].get("status") or {}).get("conditions", ()):
                now = f"{each['status']} {each['reason']}"
                if self._last.get(each["type"]) != now:
                    self._last[each["type"]] = now
                    self._seen.setdefault(each["type"], []).append(now)
            if event["type"] == "DELETED":
                self.gone.set()

    def taken(self) -> dict[str, list[str]]:
        """Return what has come since this was last asked."""
        seen, self._seen = self._seen, {}
        return seen

    def assert_become(self, expected: dict[str, list[str]], seconds: float = 20) -> None:
        """Wait until the watch has brought all that is expected; then take it."""
        deadline = time.monotonic() + seconds
        while self._seen != expected and time.monotonic() < deadline:
            time.sleep(0.05)
        assert self.taken() == expected


@pytest.fixture
def transitions(user: User) -> Iterator[Transitions]:
    with Transitions(user) as recording:
        yield recording


def converted(status: Status) -> bool:
    done = [run for run in status.runs if run.state == "SUCCEEDED"]
    return bool(status.data and status.data.objects == 1 and done and holds(status, "DataCurrent"))


def reported(user: User) -> list[str]:
    """Return the reasons of the pipeline's Events, each as often as it was reported."""
    found = user.kind("Event", "v1").get(
        namespace=NAMESPACE, field_selector=f"involvedObject.name={NAME}"
    )
    return sorted(f"{event.reason}" for event in found.items for _ in range(event["count"] or 1))


def test_no_condition_flaps_over_a_whole_life(user: User, transitions: Transitions) -> None:
    user.pipeline(NAME, **SPEC)
    user.ready(NAME)
    mail.confirm(user.directory, READER)
    user.wait(NAME, lambda s: holds(s, "SubscriptionsConfirmed"), 90, "confirmed")
    transitions.assert_become(CREATED)

    # Longer than from one poll to the next, or no poll may see that the upload waits.
    Faults(user.cloud).set("delay", f"delivery:default-{NAME}-start-job", times=1, seconds=5)
    user.aws("s3").put_object(Bucket=BUCKET, Key="csv_data/people.csv", Body=b"name,age\nAda,36\n")
    user.wait(NAME, converted, 120, "converted")
    transitions.assert_become(UPLOADED)

    # What changes in place is not announced, though AWS sets functions up anew; what is new is.
    job = {"workers": 3, "timeoutMinutes": 2880}  # which tells functions and queues to wait longer
    user.pipeline(NAME, **SPEC | {"job": job})
    user.wait(NAME, settled_at(user.get(NAME)), 60, "changed")
    assert transitions.taken() == {}
    more = SPEC | {"job": job, "notifications": {"emails": [READER, "more@example.com"]}}
    user.pipeline(NAME, **more)
    user.wait(NAME, settled_at(user.get(NAME)), 60, "extended")
    transitions.assert_become(EXTENDED)

    user.pipeline(NAME, annotations={f"{GROUP}/reconcile-requested-at": "now"}, **more)
    user.wait(NAME, lambda s: s.reconcile_handled_at == "now", 60, "compared")
    time.sleep(6)  # the looks of several ticks: silence cannot be awaited otherwise
    assert transitions.taken() == {}
    assert reported(user) == EVENTS

    user.gone(NAME)
    assert transitions.gone.wait(20)
    transitions.assert_become(DELETED)


def settled_at(body: dict[str, Any]) -> Callable[[Status], bool]:
    """Return whether a status says that the spec of *body* is true."""
    generation = body["metadata"]["generation"]

    def check(status: Status) -> bool:
        ready = status["Ready"]
        return ready is not None and (ready.status, ready.observed_generation) == (
            "True",
            generation,
        )

    return check
