"""Observer: reads the current state and tags of many resources in parallel."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dataflowxpress.api.problem import Problem
from dataflowxpress.api.resource_id import Id
from dataflowxpress.planning.ownership import OWNER_TAG
from dataflowxpress.planning.resource import Observed, Resource, Scope, State, Tags
from dataflowxpress.telemetry.context import Pool

from .error_classes import ErrorClass
from .errors import classify, describe, problem
from .paging import pages
from .snapshot import TAGGING, Snapshot
from .tags import TAGGERS, unpair

log = logging.getLogger(__name__)


class Observer:
    """Reads resources of one account and region.

    *client* maps a service's name to its boto3 client. *snapshot* is that of *client*.
    """

    def __init__(
        self, client: Callable[[str], Any], workers: int = 16, snapshot: Snapshot | None = None
    ) -> None:
        self._client, self._workers, self._snapshot = client, workers, snapshot

    def observe(
        self,
        scope: Scope,
        ids: Iterable[Id],
        *,
        consistent_tags: bool = False,
        owned: Mapping[str, Tags] | None = None,
        existing: Collection[Id] = (),
    ) -> Observed:
        """Return the state of each resource, None if it is absent, or the problem of reading it.

        By default the tags come from the tagging API, which is eventually consistent, or from
        *owned*. With *consistent_tags*, the tags of each resource are read from its own service.
        The states of *existing* resources can come from the first page of a list, which shows a
        change some seconds later than a read of the resource.
        """
        if not (ids := list(ids)):
            return {}
        known = {} if consistent_tags else owned
        with Pool(self._workers) as pool:
            owned_tags = pool.submit(lambda: self._owned_tags(scope) if known is None else known)
            groups = _groups(ids, existing if self._snapshot else ())
            found = {i: state for read in pool.map(self._read, groups) for i, state in read}
            left = [i for i in ids if i not in found]
            found |= zip(left, pool.map(self.read_one, left), strict=True)
            states = {i: found[i] for i in ids}
            tagged = pool.map(
                lambda i: self._with_tags(scope, i, states[i], owned_tags.result()), states
            )
            return dict(zip(states, tagged, strict=True))

    def with_tags(self, scope: Scope, states: Observed, owned: Mapping[str, Tags]) -> Observed:
        """Return *states* with their tags: those in *owned*, and all others from their services."""
        return {i: self._with_tags(scope, i, state, owned) for i, state in states.items()}

    def _read(self, ids: Sequence[Id]) -> list[tuple[Id, State | Problem | None]]:
        """Read resources of one kind, in one call if the API has a bulk operation.

        Returns those that the call shows; the others are left.
        """
        kind = Resource.kinds[ids[0].kind]
        if len(ids) > 1 and kind.lists_first and self._snapshot:
            shown = self._snapshot.current(ids[0].kind, [i.key for i in ids])
            return [(i, shown[i.key]) for i in ids if i.key in shown]
        if len(ids) > 1:
            try:
                found = kind.read_many(self._client(kind.service), [i.key for i in ids])
                return [(i, found.get(i.key)) for i in ids]
            except (ClientError, BotoCoreError) as error:
                log.warning(
                    "bulk read of kind %s failed, reading one by one: %s",
                    ids[0].kind,
                    describe(error),
                )
                return []
        return [(i, self.read_one(i)) for i in ids]

    def read_one(self, which: Id) -> State | Problem | None:
        """Return the state of a resource without its tags, None if it is absent, or the problem."""
        kind = Resource.kinds[which.kind]
        try:
            return kind.read(self._client(kind.service), *which.key)
        except (ClientError, BotoCoreError) as error:
            return None if classify(error) is ErrorClass.MISSING else problem(error)

    def _owned_tags(self, scope: Scope) -> Mapping[str, Tags]:
        """Return the tags of all resources with this pipeline's owner tag, by ARN."""
        try:
            owner = [{"Key": OWNER_TAG, "Values": [scope.owner_tags.pipeline]}]
            found = [
                each
                for page in pages(self._client(TAGGING), "get_resources", TagFilters=owner)
                for each in page["ResourceTagMappingList"]
            ]
        except (ClientError, BotoCoreError) as error:
            log.warning("tagging API failed, reading tags one by one: %s", describe(error))
            return {}
        return {resource["ResourceARN"]: unpair(resource["Tags"]) for resource in found}

    def _with_tags(
        self, scope: Scope, which: Id, state: State | Problem | None, owned: Mapping[str, Tags]
    ) -> State | Problem | None:
        """Add the tags if the kind has any.

        A resource missing from *owned* may still have the tag, because the tagging API lags.
        """
        kind = Resource.kinds[which.kind]
        if state is None or isinstance(state, Problem) or not kind.arn_format or "Tags" in state:
            return state
        arn = kind.arn_of(scope, which.key)
        if arn in owned:
            return {**state, "Tags": owned[arn]}
        try:
            return {**state, "Tags": TAGGERS[kind.service].read(self._client(kind.service), arn)}
        except (ClientError, BotoCoreError) as error:
            return None if classify(error) is ErrorClass.MISSING else problem(error)


def _groups(ids: Iterable[Id], existing: Collection[Id]) -> list[list[Id]]:
    """Group the ids that one call reads."""
    groups: dict[object, list[Id]] = {}
    for each in ids:
        kind = Resource.kinds[each.kind]
        together = kind.reads_many or (kind.lists_first and each in existing)
        groups.setdefault(each.kind if together else each, []).append(each)
    return list(groups.values())
