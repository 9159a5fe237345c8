"""The schedule: what is due is what a search of all items finds, whatever has changed."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dataflowxpress.api.pipeline import Reference
from dataflowxpress.controller.schedule import Schedule
from dataflowxpress.controller.workitem import NEVER, Item

NAMES = st.sampled_from("abc")
TIMES = st.integers(0, 9).map(float) | st.just(NEVER)


class Changes(RuleBasedStateMachine):
    """Items that come, change and go while time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.schedule, self.items, self.now = Schedule(), dict[str, Item](), 0.0

    @rule(name=NAMES, poll_at=TIMES, resync_at=TIMES)
    def put(self, name: str, poll_at: float, resync_at: float) -> None:
        item = self.items.setdefault(name, Item(Reference("shop", name, "uid", 1)))
        item.poll_at, item.resync_at = poll_at, resync_at
        self.schedule.put(item)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        if item := self.items.get(name):
            item.deleting = True
            self.schedule.put(item)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        self.items.pop(name, None)
        self.schedule.remove(("shop", name))

    @rule(seconds=st.integers(1, 3))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @invariant()
    def finds_all_that_is_due_and_nothing_else(self) -> None:
        expected = {name for name, item in self.items.items() if item.due_at <= self.now}
        assert {item.reference.name for item in self.schedule.due(self.now)} == expected
        assert {item.reference.name for item in self.schedule} == set(self.items)


TestChanges = Changes.TestCase


def test_items_that_are_not_due_are_not_read() -> None:
    class Watched(Item):
        reads = 0

        @property
        def due_at(self) -> float:
            Watched.reads += 1
            return super().due_at

    schedule = Schedule()
    for number in range(1000):
        schedule.put(Watched(Reference("shop", str(number), "uid", 1), poll_at=60.0 + number))
    Watched.reads = 0
    assert [item.reference.name for item in schedule.due(61)] == ["0", "1"]
    assert Watched.reads == 2
