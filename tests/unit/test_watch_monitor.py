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


def test_a_creation_that_was_missed_counts_as_well(watch: Watch, clock: Clock) -> None:
    watch.observe("a", "1")
    assert not watch.compare({"a": "1", "new": "1"})
    clock.now = 61
    assert watch.compare({"a": "1", "new": "1"})


def test_a_deletion_that_was_missed_is_no_reason_to_restart(watch: Watch, clock: Clock) -> None:
    watch.observe("a", "1")
    assert not watch.compare({})
    clock.now = 1000
    assert not watch.compare({})


def test_what_is_gone_is_forgotten(watch: Watch) -> None:
    watch.observe("a", "1")
    watch.observe("b", "1")
    watch.observe("a", None)
    watch.forget(frozenset({"b"}))
    assert watch.observed() == frozenset()
