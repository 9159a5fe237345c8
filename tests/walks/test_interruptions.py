"""Interruption walk, law 6: wherever the operator dies, the next one converges; nothing is left.

It dies after a call and before its answer: AWS has done it, and nobody knows. `make test` takes a
sample of the calls, `make walks` every one.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.sample import EVERYTHING
from tests.walks.conftest import Killed, Life, World, new_life, said

EVERY = 1 if EVERYTHING else 30  # how many calls apart the deaths are
A = {"deletionPolicy": "Delete", "notifications": {"emails": ["ann@example.com"]}}
B = {  # what changes, comes, goes and is renamed at once
    "deletionPolicy": "Delete",
    "bucket": {"versioning": True},
    "source": {"prefix": "in/", "format": "json"},
    "target": {"compression": "zstd"},
    "crawler": {"name": "interrupted-crawler-{id}"},
    "job": {"name": "interrupted-job-{id}", "workers": 3},
    "functions": {"startJob": {"name": "interrupted-start-job-{id}"}},
    "topic": {"name": "interrupted-topic-{id}"},
    "notifications": {"emails": ["bob@example.com"]},
    "tags": {"cost-center": "4711"},
    "suspend": True,
}

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


def spec_b(life: Life) -> dict[str, Any]:
    def named(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: named(inner) for key, inner in value.items()}
        return value.replace("{id}", life.name) if isinstance(value, str) else value

    return {part: named(value) for part, value in B.items()}


def deaths(world: World, life: Life) -> list[str]:
    """Return the calls after which the operator is to die, for a pipeline of any name."""
    ours = [call for call in world.wire.calls if call.startswith("status")]
    calls = [_of_any(life, call) for call in [*world.wire.writes, *ours]]
    sample = sorted(calls)[::EVERY]
    sys.stderr.write(f"{len(sample)} of {len(calls)} calls\n")
    return sample


def _of_any(life: Life, call: str) -> str:
    return call.replace(life.name, "{id}").replace(_in_sql(life), "{sql}")


def _of(life: Life, call: str) -> str:
    return call.replace("{id}", life.name).replace("{sql}", _in_sql(life))


def _in_sql(life: Life) -> str:
    """Return the name as databases have it."""
    return life.name.replace("-", "_")


def kinds(lines: set[str]) -> Counter[str]:
    """Count what is there by kind and name, but for the names that AWS chooses."""
    return Counter(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "(uuid)", line) for line in lines)


def die(life: Life, call: str, *, deleting: bool = False) -> None:
    """Let an operator begin, and end after *call*."""
    life.world.restart(_of(life, call))
    operator = life.world.operator
    try:
        (operator.delete if deleting else operator.reconcile)("default", life.name)
    except Killed:
        return
    finally:
        life.world.restart()
    assert "#" in call, f"{call} was not made"  # a retry of the first time is not always needed


@pytest.fixture
def empty(world: World) -> Iterator[World]:
    """A world in which the test leaves nothing behind."""
    world.restart()
    before = world.everything()
    yield world
    assert world.everything() == before


def test_a_creation_that_is_interrupted_is_completed(empty: World) -> None:
    calls, complete = reference_of_creation(empty)
    before = empty.everything()
    for call in calls:
        life = new_life(empty)
        life.create(A)
        die(life, call)
        life.converge()
        made = renamed(empty.everything() - before, life)
        assert kinds(made) == complete, call
        life.delete()
        life.end()
        assert empty.everything() == before, call


def reference_of_creation(world: World) -> tuple[list[str], Counter[str]]:
    """Return the calls of an undisturbed creation, and what there is after it."""
    before, life = world.everything(), new_life(world)
    world.restart()
    life.create(A)
    life.reconcile()
    calls = deaths(world, life)
    made = kinds(renamed(world.everything() - before, life))
    life.converge()
    life.delete()
    life.end()
    return calls, made


def renamed(lines: set[str], life: Life) -> set[str]:
    return {_of_any(life, line) for line in lines}


@pytest.mark.extended
def test_a_change_that_is_interrupted_is_completed(empty: World) -> None:
    life = new_life(empty)
    life.create(A)
    life.converge()
    there = {}
    calls: dict[str, Sequence[str]] = {}
    specs = {"A": A, "B": spec_b(life)}
    for name in ("B", "A", "B", "A"):  # the first time, addresses are asked that stay listed
        empty.restart()
        life.change(specs[name])
        life.converge()
        calls[name], there[name] = deaths(empty, life), kinds(empty.everything())
    rounds = max(map(len, calls.values()))
    for n in range(rounds):
        for name in ("B", "A"):
            life.change(specs[name])
            if n < len(calls[name]):
                die(life, calls[name][n])
            life.converge()
            assert kinds(empty.everything()) == there[name], calls[name][n : n + 1]
            assert life.owned() <= {line.arn for line in life.status.resources}
    life.delete()
    life.end()


@pytest.mark.extended
def test_a_deletion_that_is_interrupted_is_completed(empty: World) -> None:
    calls = reference_of_deletion(empty)
    before = empty.everything()
    for call in calls:
        life = new_life(empty)
        life.create(A)
        life.converge()
        life.delete()
        die(life, call, deleting=True)
        life.end()
        assert empty.everything() == before, (call, said(life.status))


def reference_of_deletion(world: World) -> list[str]:
    """Return the calls of an undisturbed deletion."""
    life = new_life(world)
    life.create(A)
    life.converge()
    world.restart()
    life.delete()
    life.end()
    return deaths(world, life)
