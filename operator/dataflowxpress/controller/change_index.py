"""Change index: finds the pipelines whose resources a call to AWS names."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator
from hashlib import blake2b
from typing import NamedTuple

from dataflowxpress.api.status import ResourceStatus, Status
from dataflowxpress.aws.clients import Access
from dataflowxpress.aws.cloudtrail import ApiCall, identifiers
from dataflowxpress.planning.resource import Resource

Owner = tuple[str, str]  # namespace and name of a pipeline


class Location(NamedTuple):
    """Where a pipeline has its resources."""

    account: str
    region: str


class _Known(NamedTuple):
    location: Location
    names: frozenset[int]
    access: Access | None


class ChangeIndex:
    """The resources of all pipelines, from their status; thread-safe.

    It keeps hashes of 8 bytes, which take a tenth of the memory of the names. If two names have the
    same hash, the only effect is one comparison too many.
    """

    def __init__(self) -> None:
        self._known: dict[Owner, _Known] = {}
        self._owners: dict[int, tuple[Owner, ...]] = {}
        self._lock = threading.Lock()

    def observe(self, owner: Owner, status: Status, access: Access | None = None) -> None:
        """Record the resources of a pipeline, in place of those recorded before.

        *access* is the identity that reaches them, None if none does.
        """
        if (location := _location(status.resources)) is None:
            self.forget(owner)
            return
        names = frozenset(map(_hash, _names(status.resources, location)))
        known = _Known(location, names, access)
        with self._lock:
            if self._known.get(owner) != known:
                self._drop(owner)
                self._known[owner] = known
                for name in known.names:
                    self._owners[name] = (*self._owners.get(name, ()), owner)

    def forget(self, owner: Owner) -> None:
        """Drop a deleted pipeline."""
        with self._lock:
            self._drop(owner)

    def affected(self, call: ApiCall) -> set[Owner]:
        """Return the pipelines in the account of the call whose resources it names.

        So no account can cause comparisons of others by naming their ARNs. For most services,
        CloudTrail sends an event to the account of the resource, also if the caller is elsewhere.
        """
        with self._lock:
            return {
                owner
                for name in call.names()
                for owner in self._owners.get(_hash(name), ())
                if self._known[owner].location.account == call.account
            }

    def location(self, owner: Owner) -> Location | None:
        """Return where a pipeline has its resources; None if it has none."""
        known = self._known.get(owner)
        return known and known.location

    def locations(self) -> dict[Location, dict[str, Access]]:
        """Return where the pipelines have their resources, and the roles that reach them there.

        Each role has one of the sessions that pipelines use; the operator itself is no role.
        """
        found: dict[Location, dict[str, Access]] = {}
        with self._lock:
            for known in self._known.values():
                roles = found.setdefault(known.location, {})
                if known.access and known.access.role_arn:
                    roles[known.access.role_arn] = known.access
        return found

    def owners(self, locations: Collection[Location]) -> set[Owner]:
        """Return the pipelines that have their resources in one of *locations*."""
        with self._lock:
            return {owner for owner, known in self._known.items() if known.location in locations}

    def _drop(self, owner: Owner) -> None:
        known = self._known.pop(owner, None)
        for name in known.names if known else ():
            if left := tuple(each for each in self._owners[name] if each != owner):
                self._owners[name] = left
            else:
                del self._owners[name]


def _location(resources: Iterable[ResourceStatus]) -> Location | None:
    """Return the account and region of the first ARN that has both."""
    parts = (resource.arn.split(":") for resource in resources if resource.arn)
    return next((Location(p[4], p[3]) for p in parts if p[3] and p[4]), None)


def _names(resources: Iterable[ResourceStatus], location: Location) -> Iterator[str]:
    """Yield how calls name these resources; those without tags are named by their parents."""
    for resource in resources:
        kind = Resource.kinds.get(resource.kind)
        if kind and resource.state != "Refused" and not kind.parents(*resource.key):
            yield from identifiers(kind, resource.key[-1], resource.arn, location)


def _hash(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")
