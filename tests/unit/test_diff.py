"""Diff: what has to change, and what is not ours to change."""

from __future__ import annotations

from typing import Any

import pytest

from dataflowxpress.planning.diff import HIDDEN, Change, Exclusive, Sensitive, diff

NO_CHANGE = [
    pytest.param({}, {"Theirs": 1}, id="what we do not mention is not ours"),
    pytest.param({"A": {"B": 1}}, {"A": {"B": 1, "C": 2}}, id="nor is it deeper down"),
    pytest.param({"A": [{"B": 1}]}, {"A": [{"B": 1, "C": 2}]}, id="nor within a list"),
    pytest.param({"A": 60}, {"A": 60.0}, id="numbers are equal by value"),
    pytest.param({"A": None}, {}, id="nothing is nothing"),
    pytest.param(
        {"A": Exclusive(B=[{"C": 1}])}, {"A": {"B": [{"C": 1}]}}, id="a whole is the same"
    ),
]
CHANGED = [
    pytest.param({"A": 2}, {"A": 1}, [("A", 1, 2)], id="another value"),
    pytest.param({"A": {"B": 2}}, {}, [("A", None, {"B": 2})], id="a branch that is not there"),
    pytest.param({"A": 1}, {"A": {"B": 1}}, [("A", {"B": 1}, 1)], id="another shape"),
    pytest.param({"A": [1, 2]}, {"A": [1]}, [("A", [1], [1, 2])], id="a longer list"),
    pytest.param({"A": [1, 2]}, {"A": [2, 1]}, [("A.0", 2, 1), ("A.1", 1, 2)], id="another order"),
    pytest.param({"A": Exclusive()}, {"A": {"B": 1}}, [("A.B", 1, None)], id="more than the whole"),
    pytest.param(
        {"A": Exclusive(B=[{"C": 1}])},
        {"A": {"B": [{"C": 1, "D": 2}]}},
        [("A.B", [{"C": 1, "D": 2}], [{"C": 1}])],
        id="more within a whole, where a list is one change",
    ),
    pytest.param(
        {"A": Exclusive(B=1)}, {}, [("A", None, {"B": 1})], id="a whole that is not there"
    ),
    pytest.param(
        {"A": Sensitive(B=2)},
        {"A": {"B": 1, "PASSWORD": "hunter2"}},
        [("A.B", 1, 2), ("A.PASSWORD", HIDDEN, None)],
        id="more than what is private, which may be a secret",
    ),
]


@pytest.mark.parametrize(("want", "have"), NO_CHANGE)
def test_is_satisfied(want: Any, have: Any) -> None:
    assert list(diff(want, have)) == []


@pytest.mark.parametrize(("want", "have", "changes"), CHANGED)
def test_yields_what_has_to_change(want: Any, have: Any, changes: list[Any]) -> None:
    found = [(".".join(map(str, each.path)), each.old, each.new) for each in diff(want, have)]
    assert found == changes


def test_a_change_reads_as_path_old_and_new() -> None:
    change = Change(("Targets", "S3Targets", 0, "Path"), None, "s3://orders/csv_data/")
    assert str(change) == 'Targets.S3Targets.0.Path: (none) -> "s3://orders/csv_data/"'
