"""The simulation of shards: what it depends on, and what it finds."""

from __future__ import annotations

import pytest

from tests.bench.shards.simulation import Fleet, Model, Outcome, Simulation, TaskCost

COMPARISON, POLL = TaskCost(calls=60, chain=9, cpu=0.1), TaskCost(calls=11, chain=5, cpu=0.02)
SECONDS = 300


def outcome(fleet: Fleet, rate: float = 100) -> Outcome:
    """Simulate comparisons that are due every five minutes."""
    return Simulation(fleet, Model(COMPARISON, POLL, resync=SECONDS, rate=rate)).run(SECONDS)


def test_a_seed_determines_the_outcome() -> None:
    assert outcome(Fleet(100, 2, 2)) == outcome(Fleet(100, 2, 2))


def test_every_pipeline_is_compared_once_an_interval_and_polled_in_between() -> None:
    found = outcome(Fleet(100, 1, 1))
    assert 100 <= found.tasks["reconcile"] < 200  # the first ones are due earlier
    assert found.tasks["poll"] == pytest.approx(100 * SECONDS / 60, rel=0.3)
    assert found.longest_wait < 2


def test_an_account_that_grants_too_few_calls_makes_pipelines_wait_for_each_other() -> None:
    scarce = outcome(Fleet(100, 1, 1), rate=10)
    assert scarce.longest_wait > 60
    assert scarce.calls == pytest.approx(10, rel=0.2)


def test_more_operators_do_not_help_where_the_account_is_the_limit() -> None:
    assert outcome(Fleet(100, 4, 1), rate=10).longest_wait > 60
    assert outcome(Fleet(100, 1, 10), rate=10).longest_wait < 5


def test_a_change_of_a_user_precedes_what_is_due_by_schedule() -> None:
    found = outcome(Fleet(400, 1, 4), rate=60)
    assert found.changes
    assert max(found.changes) < max(10, found.longest_wait)


def test_only_labels_spread_pipelines_of_unequal_namespaces_evenly() -> None:
    by_label = outcome(Fleet(600, 6, 60, "label"))
    by_namespace = outcome(Fleet(600, 6, 60, "namespace"))
    assert by_namespace.busiest_core > 1.15 * by_label.busiest_core
