"""At rest: compares a pipeline that matched its spec, mostly with the snapshot of its account."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from dataflowxpress.api.resource_id import Id, Key
from dataflowxpress.planning.plan import plan
from dataflowxpress.planning.resource import Resource, Scope, State
from dataflowxpress.planning.step import Action, Step
from dataflowxpress.telemetry.context import Pool

from .observer import Observer
from .snapshot import Snapshot

# A resource that no list shows is read in one of these many comparisons, at the latest. A random
# number distributes the reads over the comparisons.
OFTENEST, SELDOMEST = 5, 7
WORKERS = 4  # that read lists at once

Lists = Mapping[str, Mapping[Key, State | None] | None]


class Verified(NamedTuple):
    """A resource that matched its description when it was read itself."""

    description: bytes  # its digest
    left: int  # comparisons that may rely on it


@dataclass
class AtRest:
    """The resources that earlier comparisons have read, and that the next ones need not read."""

    choose: Callable[[int, int], int] = random.randint
    _verified: dict[str, dict[Id, Verified]] = field(default_factory=dict)

    def forget(self, owner: str) -> None:
        """Drop what is known of a pipeline."""
        self._verified.pop(owner, None)

    def record(self, scope: Scope, steps: Iterable[Step]) -> None:
        """Record the comparison of a pipeline that has read all of its resources."""
        self._verified[scope.owner] = dict(self._matching(steps))

    def compare(
        self,
        observer: Observer,
        snapshot: Snapshot,
        scope: Scope,
        wanted: Sequence[Resource],
        max_age: float,
    ) -> list[Step] | None:
        """Return the steps if none of them writes, otherwise None: all resources must be read.

        The states from lists are at most *max_age* seconds old.
        """
        tags = snapshot.tags([each.arn for each in wanted if each.arn], max_age)
        if tags is None:
            return None
        lists, verified = _lists(snapshot, wanted, max_age), self._verified.get(scope.owner, {})
        states = dict(_known(wanted, lists, verified))
        unread = [each.id for each in wanted if each.id not in states]
        observed = {
            **observer.observe(scope, unread, owned=tags),
            **observer.with_tags(scope, states, tags),
        }
        steps = plan(scope, wanted, [each.id for each in wanted], observed)
        if any(step.action is not Action.KEEP for step in steps):
            return None
        relied_on = {i: each._replace(left=each.left - 1) for i, each in verified.items()}
        read = self._matching(step for step in steps if step.id in unread)
        self._verified[scope.owner] = {**relied_on, **dict(read)}
        return steps

    def _matching(self, steps: Iterable[Step]) -> Iterator[tuple[Id, Verified]]:
        """Yield the resources that match their descriptions, and wait for nothing."""
        for step in steps:
            if step.resource and step.action is Action.KEEP and not step.waits_for:
                left = self.choose(OFTENEST, SELDOMEST) - 1
                yield step.id, Verified(_digest(step.resource), left)


def _lists(snapshot: Snapshot, wanted: Iterable[Resource], max_age: float) -> Lists:
    """Return the list of each kind, or None if there is none."""
    keys: dict[str, list[Key]] = defaultdict(list)
    for each in wanted:
        keys[each.id.kind].append(each.key)
    kinds = [kind for kind in keys if Resource.kinds[kind].lists]
    with Pool(WORKERS) as pool:
        listed = pool.map(lambda kind: snapshot.states(kind, keys[kind], max_age), kinds)
    return {**dict.fromkeys(keys), **dict(zip(kinds, listed, strict=True))}


def _known(
    wanted: Iterable[Resource], lists: Lists, verified: Mapping[Id, Verified]
) -> Iterator[tuple[Id, State | None]]:
    """Yield the states of the resources that need not be read themselves."""
    for each in wanted:
        listed = lists[each.id.kind]
        if listed is not None and not each.unlisted:
            yield each.id, listed[each.key]
        elif (it := verified.get(each.id)) and it.left > 0 and it.description == _digest(each):
            yield each.id, _completed(each, listed)


def _completed(resource: Resource, listed: Mapping[Key, State | None] | None) -> State | None:
    """Return the state of a verified resource: the desired one, and what a list adds."""
    want = resource.desired()
    if listed is None:
        return {**want, "Tags": resource.scope.all_tags} if resource.reads_tags else want
    found = listed[resource.key]
    return found and {**{name: want[name] for name in resource.unlisted & want.keys()}, **found}


def _digest(resource: Resource) -> bytes:
    return blake2b(repr(resource.desired()).encode(), digest_size=8).digest()
