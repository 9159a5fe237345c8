"""Convergence: derives the step for one wanted resource from its observed state. Pure."""

from __future__ import annotations

from collections.abc import Collection

from dataflowxpress.api.problem import Problem

from .diff import Change, diff
from .ownership import OwnerTags
from .resource import Absent, Resource, State
from .step import Action, Step


def converge(resource: Resource, have: State | Problem | None, *, known: bool) -> Step:
    """Return the step from *have* to the resource; *known*: it is part of the inventory."""
    critical = (named for named in resource.names if named.critical)
    needs = frozenset(need.id for need in (*resource.needs, *critical))

    def step(action: Action, **details: object) -> Step:
        common: dict[str, object] = {"needs": needs, "known": known}
        return Step(resource.id, action, resource, resource.arn, **common, **details)  # type: ignore[arg-type]

    if isinstance(have, Problem):
        return step(Action.REFUSE, problem=have, foreign=not known)
    if have is None or isinstance(have, Absent):
        found = have or Absent()
        if obstacle := resource.obstacle(found):
            return step(Action.REFUSE, reason=obstacle, foreign=True)
        if reason := resource.stays_absent:
            return step(Action.KEEP, waits_for=reason)
        changes, waits_for = tuple(resource.replaces(found)), resource.initially_waits_for
        return step(Action.CREATE, changes=changes, waits_for=waits_for)
    want = dict(resource.desired())
    changes = tuple(diff(want, have))
    if conflict := _conflict(resource, have, trusted=known or not changes):
        return step(Action.REFUSE, reason=conflict, foreign=True)
    if resource.arn_format:
        changes += tuple(diff({"Tags": resource.scope.tags_to_be}, have))
    action, reason = _action(resource, changes)
    waits_for, since = resource.waits_for(have), resource.changed_at(have)
    return step(action, changes=changes, reason=reason, waits_for=waits_for, since=since)


def _action(resource: Resource, changes: Collection[Change]) -> tuple[Action, str]:
    """Return the action for *changes*, and its reason."""
    if immutable := resource.immutable & {str(change.path[0]) for change in changes}:
        action = Action.REFUSE if resource.keeps_data else Action.REPLACE
        reason = f"{', '.join(sorted(immutable))} cannot be changed in place"
        return action, "; ".join(filter(None, (reason, resource.replacement)))
    return Action.UPDATE if changes else Action.KEEP, ""


def _conflict(resource: Resource, have: State, *, trusted: bool) -> str:
    """Return why the pipeline cannot manage the existing resource, and a fix."""
    scope = resource.scope
    if resource.arn_format:
        unowned = not (resource.adopt or scope.adopt)
        conflict = scope.owner_tags.conflict(
            have["Tags"],
            reject_unowned=unowned,
            reject_moved=not scope.adopt,
            adopt_by=resource.adopt_by,
        )
        is_adoption = OwnerTags.of(have["Tags"]) is None
        return conflict or (resource.unadoptable(have) if is_adoption else "")
    if trusted or scope.adopt or resource.parents(*resource.key):  # owned through its parents
        return ""
    return "exists with other properties, and not from this pipeline: set spec.adopt to adopt it"
