"""Chain: the longest chain of dependent calls of a command, from a record of its calls.

The floor of a command's duration, however many calls run in parallel: the calls outside of the
graph that do not overlap, the most calls for one resource in the comparison, and the longest path
through the graph of resources, whose calls for one resource follow each other.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

POLL = "GetFunctionConfiguration"
PENDING = 0.5  # seconds until a function of the emulator is active


class Chain(NamedTuple):
    """The number of dependent calls, and how many of them wait for a new function."""

    calls: int
    waits: int

    def seconds(self, call: float) -> float:
        """Return the floor in seconds, if each call takes *call* seconds."""
        return self.calls * call + self.waits * PENDING


def chain(trace: Path) -> Chain:
    """Return the longest chain of dependent calls in a trace."""
    records = [json.loads(line) for line in trace.read_text().splitlines()]
    parts: dict[str, list[dict[str, Any]]] = {"": [], "read": [], "step": []}
    for record in records:
        parts[record["kind"]].append(record)
    reads = Counter(record["resource"] for record in parts["read"])
    path = _longest_path(parts["step"])
    others = _sequential(parts[""]) + max(reads.values(), default=0)
    return Chain(others + path.calls, path.waits)


def _sequential(records: Iterable[Mapping[str, Any]]) -> int:
    """Count the calls of the largest set in which none overlaps another."""
    count, end = 0, float("-inf")
    for record in sorted(records, key=lambda each: each["end"]):
        if record["start"] >= end:
            count, end = count + 1, record["end"]
    return count


def _longest_path(records: Iterable[Mapping[str, Any]]) -> Chain:
    """Return the longest path through the steps; a new function is read once, when it is active."""
    calls: dict[str, Counter[str]] = {}
    needs: dict[str, list[str]] = {}
    for record in records:
        calls.setdefault(record["resource"], Counter())[record["operation"]] += 1
        needs[record["resource"]] = record["needs"]

    @cache
    def to(which: str) -> Chain:
        own = calls[which]
        before = [to(each) for each in needs[which] if each in calls]
        longest = max(before, key=lambda each: each.seconds(1), default=Chain(0, 0))
        polls = max(own[POLL] - 1, 0)
        return Chain(longest.calls + own.total() - polls, longest.waits + bool(own[POLL]))

    return max(map(to, calls), key=lambda each: each.seconds(1), default=Chain(0, 0))
