"""Events of changes: what the operator does with a message, and while none arrives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from dataflowxpress.api.status import Status
from dataflowxpress.aws import change_stack, clients
from dataflowxpress.aws.clients import principal
from dataflowxpress.aws.cloudtrail import DATA_CALLS, ApiCall
from dataflowxpress.controller.change_index import Location
from dataflowxpress.controller.changes import Changes
from dataflowxpress.controller.coverage import Coverage
from dataflowxpress.controller.result import Result
from dataflowxpress.controller.worker import Worker
from dataflowxpress.controller.workqueue import WorkQueue
from dataflowxpress.manager.change_events import RETRY, SETTLE, SPREAD, ChangeEvents
from dataflowxpress.telemetry.metrics import REGISTRY
from tests.unit.change_samples import (
    ACCOUNT,
    AGENT,
    DAY,
    OPERATOR,
    ORDERS,
    OTHERS,
    REGION,
    SOMEBODY,
    event,
    filled_index,
    status,
)
from tests.unit.conftest import Clock
from tests.unit.pipelines import pipeline

HOME, MEMBER = Location(ACCOUNT, REGION), Location("444455556666", REGION)


class Covering:
    """A coverage that a test decides."""

    def __init__(self) -> None:
        self.covers, self.lost = True, set[Location]()

    def observe(self, _: ApiCall) -> None:
        pass

    def includes(self, _: Location) -> bool:
        return self.covers

    def check(self, pipelines: dict[Location, Any]) -> set[Location]:
        assert pipelines.keys() <= {HOME, MEMBER}
        return self.lost


@dataclass
class Inbox:
    """A queue of messages, and those that were deleted."""

    messages: list[str] = field(default_factory=list)
    deleted: list[Any] = field(default_factory=list)

    def receive(self) -> list[dict[str, str]]:
        return [{"Body": body, "ReceiptHandle": str(n)} for n, body in enumerate(self.messages)]

    def delete(self, messages: list[dict[str, str]]) -> None:
        self.deleted += [message["Body"] for message in messages]


class Reader:
    """A reconciler that remembers which pipelines it must read."""

    def __init__(self) -> None:
        self.reads: list[tuple[str, str]] = []

    def read_all(self, *owner: str) -> None:
        self.reads.append((owner[0], owner[1]))


class World:
    """An operator with two pipelines at rest, and events for it."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.inbox, self.reader, self.coverage = clock, Inbox(), Reader(), Covering()
        self.queue = WorkQueue(clock=clock, idle_poll=10 * DAY, uniform=lambda _, most: most)
        for reference in (ORDERS, OTHERS):
            self.queue.observe(pipeline(reference))
        self.changes = Changes(self.coverage, DAY, filled_index())  # type: ignore[arg-type]
        reader: Any = self.reader
        recorder: Any = object()
        worker = Worker(reader, self.queue, recorder, changes=self.changes)
        self.events = ChangeEvents(self.inbox, self.changes, worker, clock)  # type: ignore[arg-type]
        while reference := self.queue.pop():  # type: ignore[assignment]
            with self.queue.work(reference):
                usual = Result(status(reference.name), success=True, resync=60)
                after = self.changes.resync_after(reference.key, usual)
                self.queue.done(reference, self.result(after), "reconcile")

    @staticmethod
    def result(resync: float) -> Result:
        return Result(Status(), success=True, resync=resync)

    def receive(self, *messages: str) -> None:
        self.inbox.messages = list(messages)
        self.events.once()

    def due(self) -> Iterator[str]:
        while reference := self.queue.pop():
            yield reference.name

    def due_after(self, seconds: float) -> list[str]:
        self.clock.now += seconds
        return sorted(self.due())


@pytest.fixture
def world(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clients, "CALLERS", {principal(OPERATOR)})
    monkeypatch.setattr("dataflowxpress.manager.change_events.CALLERS", clients.CALLERS)
    return World(clock)


def counted(outcome: str) -> float:
    series = "dataflowxpress_change_events_total"
    return REGISTRY.get_sample_value(series, {"outcome": outcome}) or 0


def test_a_covered_pipeline_is_compared_rarely(world: World) -> None:
    assert world.due_after(DAY) == []
    assert world.due_after(DAY / 5) == ["orders", "others"]


def test_a_change_makes_its_pipeline_due_soon_with_an_exact_read(world: World) -> None:
    world.receive(event(asked={"name": "orders"}), event(asked={"name": "orders"}))
    assert world.reader.reads == [ORDERS.key] * 2
    assert world.due_after(0) == []
    assert world.due_after(SETTLE) == ["orders"]
    assert len(world.inbox.deleted) == 2


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        (event(asked={"name": "orders"}, caller=OPERATOR, agent=AGENT), "own"),
        (event(asked={"name": "orders"}, errorCode="AccessDenied"), "no_change"),
        (event("GetCrawler", asked={"name": "orders"}, readOnly=True), "no_change"),
        (event("StartCrawler", asked={"name": "orders"}), "no_change"),
        (event(asked={"name": "of-another-team"}), "other"),
        ("no JSON", "invalid"),
        ('{"detail-type": "Scheduled Event"}', "invalid"),
        ("[" * 100_000, "invalid"),
    ],
)
def test_other_messages_are_counted_and_deleted_and_compare_nothing(
    world: World, message: str, outcome: str
) -> None:
    before = counted(outcome)
    world.receive(message)
    assert counted(outcome) == before + 1
    assert world.inbox.deleted == [message]
    assert world.reader.reads == []
    assert world.due_after(DAY) == []


@pytest.mark.parametrize(
    ("caller", "agent"),
    [(OPERATOR, "aws-cli/2"), (SOMEBODY, AGENT)],
    ids=["another program", "another identity"],
)
def test_only_the_operator_itself_is_exempt(world: World, caller: str, agent: str) -> None:
    world.receive(event(asked={"name": "orders"}, caller=caller, agent=agent))
    assert world.due_after(SETTLE) == ["orders"]


def test_a_change_during_a_comparison_makes_another_one_due(world: World) -> None:
    world.receive(event(asked={"name": "orders"}))
    world.clock.now += SETTLE
    reference = world.queue.pop()
    assert reference == ORDERS
    with world.queue.work(ORDERS):
        world.receive(event(asked={"name": "orders"}))
        world.queue.done(ORDERS, world.result(DAY), "reconcile")
    assert world.due_after(SETTLE) == ["orders"]


def test_without_coverage_the_interval_of_the_spec_applies(world: World) -> None:
    world.coverage.covers = False
    assert world.changes.resync_after(ORDERS.key, Result(status("orders"), success=True)) == 600


def test_a_longer_interval_of_the_spec_remains(world: World) -> None:
    rare = Result(status("orders"), success=True, resync=2 * DAY)
    assert world.changes.resync_after(ORDERS.key, rare) == 2 * DAY


def test_the_end_of_coverage_compares_the_pipelines_there_within_ten_minutes(world: World) -> None:
    elsewhere = status("others", account=MEMBER.account)
    world.changes.index.observe(OTHERS.key, elsewhere)
    world.coverage.lost = {MEMBER}
    world.receive()
    assert world.due_after(SPREAD) == ["others"]
    world.coverage.lost = {HOME}
    world.receive()
    assert world.due_after(SPREAD) == ["orders"]


def test_a_failed_delete_keeps_the_messages_and_what_they_made_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(world.inbox, "delete", fail)
    with pytest.raises(ConnectionError):
        world.receive(event(asked={"name": "orders"}))
    assert world.due_after(SETTLE) == ["orders"]


def test_nothing_is_processed_after_the_stop(world: World) -> None:
    world.events.stop()
    world.receive(event(asked={"name": "orders"}))
    assert world.inbox.deleted == []
    assert world.due_after(SETTLE) == []


class TestStack:
    """What the administrator creates fits into AWS' limits and lets only calls through."""

    def test_the_pattern_fits_and_skips_the_calls_that_move_data(self) -> None:
        pattern = change_stack.pattern()
        assert len(json.dumps(pattern)) < 2048
        assert pattern["detail"]["eventName"] == [{"anything-but": sorted(DATA_CALLS)}]

    def test_the_policy_reads_one_queue_and_tags_one_rule(self) -> None:
        statements = change_stack.policy("mine")["Statement"]
        assert [each["Resource"] for each in statements] == [
            ["arn:*:sqs:*:*:mine"],
            ["arn:*:events:*:*:rule/mine"],
        ]

    def test_the_policy_of_a_role_in_another_account_only_tags_the_rule(self) -> None:
        (statement,) = change_stack.probes("mine")["Statement"]
        assert statement["Action"] == ["events:TagResource"]
        assert statement["Resource"] == ["arn:*:events:*:*:rule/mine"]


def test_changes_in_a_loop_make_a_pipeline_due_at_most_twice_a_minute(world: World) -> None:
    found = []
    for _ in range(60):
        world.receive(event(asked={"name": "orders"}))
        found += world.due_after(1)
        with world.queue.work(ORDERS):
            if task := world.queue.next_task(ORDERS):
                world.queue.done(ORDERS, world.result(DAY), task)
    assert found == ["orders"] * 2


class TestWithoutAws:
    """An AWS that does not answer ends neither the operator nor the comparisons."""

    @staticmethod
    def unreachable(*_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://sts")

    def test_the_receiver_goes_on_and_no_pipeline_is_covered(
        self, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        coverage = Coverage("changes", self.unreachable, clock)
        events = ChangeEvents(Inbox(), Changes(coverage, DAY, filled_index()), object(), clock)  # type: ignore[arg-type]
        waited: list[float] = []

        def wait(seconds: float) -> bool:
            waited.append(seconds)
            if len(waited) == 3:
                events.stop()
            return False

        monkeypatch.setattr(events._stopped, "wait", wait)  # noqa: SLF001 - the only clock of it
        events._receive()  # noqa: SLF001 - `run` has a thread for it
        assert waited == [RETRY] * 3
        assert not coverage.includes(Location(ACCOUNT, REGION))
