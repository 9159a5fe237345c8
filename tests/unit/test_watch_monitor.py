"""Watch: when it counts as stale."""

from __future__ import annotations

import pytest

from dataflowxpress.manager.watch_monitor import Watch
from tests.unit.conftest import Clock


@pytest.fixture
def watch(clock: Clock) -> Watch:
    return Watch(60, clock)


def test_a_delivered_version_is_current(watch: Watch, clock: Clock) -> None:
    watch.observe("a", "1")
    assert not watch.compare({"a": "1"})
    clock.now = 1000
    assert not watch.compare({"a": "1"})


def test_a_change_can_be_late_within_a_limit(watch: Watch, clock: Clock) -> None:
    watch.observe("a", "1")
    assert not watch.compare({"a": "2"})
    clock.now = 60
    assert not watch.compare({"a": "2"})
    clock.now = 61
    assert "missed changes of 1 pipelines" in watch.compare({"a": "2"})
    watch.observe("a", "2")
    assert not watch.compare({"a": "2"})


def test_an_object_that_changes_all_the_time_hides_nothing(watch: Watch, clock: Clock) -> None:
    watch.observe("a", "1")
    for second in range(0, 60, 10):
        clock.now = second
        assert not watch.compare({"a": str(second + 2)})
    clock.now = 61
    assert watch.compare({"a": "99"})


def test_a_watch_that_lags_but_progresses_is_not_stale(watch: Watch, clock: Clock) -> None:
    for version in range(20):
        clock.now = version * 10
        watch.observe("a", str(version))
        assert not watch.compare({"a": str(version + 1)})


@pytest.mark.parametrize("there", [{}, {"a": "1", "new": "1"}], ids=["deletion", "creation"])
def test_creations_and_deletions_count_as_well(
    watch: Watch, clock: Clock, there: dict[str, str]
) -> None:
    watch.observe("a", "1")
    assert not watch.compare(there)
    clock.now = 61
    assert watch.compare(there)


def test_what_is_gone_is_forgotten(watch: Watch, clock: Clock) -> None:
    watch.observe("a", "1")
    watch.observe("a", None)
    clock.now = 1000
    assert not watch.compare({})


def test_changes_of_a_busy_pipeline_can_arrive_later(watch: Watch, clock: Clock) -> None:
    watch.observe("a", "1")
    for second in (0, 100, 200):
        clock.now = second
        assert not watch.compare({"a": "2"}, busy={"a"})
    assert not watch.compare({"a": "2"})
    clock.now = 261
    assert watch.compare({"a": "2"})
