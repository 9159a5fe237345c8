"""Table changes: what a new target means for the tables that exist. Pure.

The API server compares two versions of a spec, and refuses what tables cannot follow. A manifest
has no earlier version, so the same rules also compare the arguments of the job in AWS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dataflowxpress.api.spec.storage import Target
from dataflowxpress.aws.resources import Job
from dataflowxpress.planning.diff import Change
from dataflowxpress.planning.step import Action, Step

FORMAT, PREFIX = "--table_format", "--target_prefix"
WRITE = frozenset({"--upsert_keys", "--latest_by"})
MESSAGES = {rule.field: rule.message for rule in Target.VALIDATION_RULES}


def argument_changes(steps: Iterable[Step]) -> dict[str, Change]:
    """Return the changes of the job's arguments, by argument."""
    return {
        str(change.path[1]): change
        for step in steps
        if step.id.kind == Job.__name__ and step.action is Action.UPDATE
        for change in step.changes
        if change.path[0] == "DefaultArguments" and len(change.path) > 1
    }


def mistakes_of(steps: Iterable[Step]) -> list[str]:
    """Return the fields of the target whose change the tables cannot follow, each with a fix."""
    steps = list(steps)
    changes = argument_changes(steps)
    if FORMAT in changes:
        fields = [] if PREFIX in changes else [".format"]
    elif _is_iceberg(steps):
        found = {".prefix": PREFIX in changes, ".write": bool(WRITE & changes.keys())}
        fields = [field for field, is_changed in found.items() if is_changed]
    else:
        fields = []
    return [f"spec.target{field}: {MESSAGES[field]}" for field in fields]


def moves(steps: Iterable[Step]) -> Iterator[str]:
    """Yield what happens to the tables if the format changes."""
    changes = argument_changes(steps)
    if not (change := changes.get(FORMAT)):
        return
    where = f"in {changes[PREFIX].new}" if PREFIX in changes else "in the same folder"
    name = "Iceberg" if change.new else "Parquet"
    tables = f"tables ending in _{name.lower()}"
    yield f"the format changes to {name}: the rows go to {tables}, {where}"
    if change.new:
        yield "a table ending in _parquet leaves the catalog when its last row has moved"
    else:
        yield (
            "the tables ending in _iceberg stay with their files and the rows of deleted objects:"
            " delete them when no query needs them"
        )


def _is_iceberg(steps: Iterable[Step]) -> bool:
    jobs = (step.resource for step in steps if isinstance(step.resource, Job))
    return any(FORMAT in job.arguments for job in jobs)
