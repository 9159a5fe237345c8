"""Leaves: what differs within a document, in the fewest words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dataflowxpress.planning.changes import flatten_changes
from dataflowxpress.planning.diff import Change

READ = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["a/*"]}
LIST = {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["a"]}
OURS = {"Sid": "Ours", "Effect": "Deny", "Action": ["s3:*"], "Resource": ["a"]}
POLICY = {"Version": "2012-10-17", "Statement": [LIST, READ]}


def told(old: Any, new: Any) -> list[str]:
    return [str(leaf) for leaf in flatten_changes(Change(("P",), old, new))]


CASES = [
    pytest.param(1, 2, ["P: 1 -> 2"], id="a value"),
    pytest.param("a", None, ['P: "a" -> (none)'], id="a value that goes"),
    pytest.param({"A": 1, "B": 2}, {"A": 1, "B": 3}, ["P.B: 2 -> 3"], id="a part of a document"),
    pytest.param(
        POLICY,
        {**POLICY, "Statement": [LIST, {**READ, "Action": ["s3:GetObject", "s3:PutObject"]}]},
        ['P.Statement.1.Action: (none) -> "s3:PutObject"'],
        id="an action more in a statement",
    ),
    pytest.param(
        {"Statement": [OURS, READ]},
        {"Statement": [READ, {**OURS, "Resource": ["a", "b"]}]},
        ['P.Statement.Ours.Resource: (none) -> "b"'],
        id="a statement is known by its name, wherever it stands",
    ),
    pytest.param(
        {"Statement": [READ]},
        {"Statement": [READ, OURS]},
        [
            'P.Statement.Ours.Sid: (none) -> "Ours"',
            'P.Statement.Ours.Effect: (none) -> "Deny"',
            'P.Statement.Ours.Action: (none) -> ["s3:*"]',
            'P.Statement.Ours.Resource: (none) -> ["a"]',
        ],
        id="a statement more",
    ),
    pytest.param(
        json.dumps(POLICY),
        json.dumps({**POLICY, "Statement": [READ, LIST]}, indent=2),
        ["P.Statement: " + json.dumps(POLICY["Statement"], sort_keys=True) + " -> "],
        id="texts are compared as the documents they hold",
    ),
    pytest.param(
        json.dumps({"a": [1]}), json.dumps({"a": [1, 2]}), ["P.a: (none) -> 2"], id="in a text"
    ),
    pytest.param(
        "one\ntwo\nthree", "one\n2\nthree", ['P: "two" -> (none)', 'P: (none) -> "2"'], id="lines"
    ),
    pytest.param([1, 2], [2, 1], ["P: [1, 2] -> [2, 1]"], id="another order"),
    pytest.param(None, {}, ["P: (none) -> {}"], id="an empty document"),
    pytest.param({"A": 1}, 5, ['P: {"A": 1} -> 5'], id="another shape"),
    pytest.param("{no json", "x", ['P: "{no json" -> "x"'], id="a text that only looks like one"),
]


@pytest.mark.parametrize(("old", "new", "lines"), CASES)
def test_a_change_is_split_into_its_smallest_parts(old: Any, new: Any, lines: list[str]) -> None:
    found = told(old, new)
    assert len(found) == len(lines)
    assert all(line.startswith(start) for line, start in zip(found, lines, strict=True)), found


def test_what_means_the_same_is_no_change() -> None:
    assert told(json.dumps(POLICY), json.dumps(POLICY, indent=4)) == []
