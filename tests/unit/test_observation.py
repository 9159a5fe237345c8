"""Observation: what the status says of the objects that a run could not convert in full."""

from __future__ import annotations

from dataflowxpress.dataplane.observation import by_reason

SHORT, EMPTY = "not a record of 2 columns", "empty"


def test_objects_with_the_same_reason_share_it() -> None:
    found = by_reason([("in/a.csv", SHORT), ("in/b.csv", EMPTY), ("in/c.csv", SHORT)])
    assert found == [f"in/a.csv, in/c.csv: {SHORT}", f"in/b.csv: {EMPTY}"]


def test_many_objects_with_one_reason_are_counted() -> None:
    found = by_reason([(f"{number}.csv", EMPTY) for number in range(12)])
    assert found == [f"0.csv, 1.csv, 2.csv and 9 more: {EMPTY}"]
