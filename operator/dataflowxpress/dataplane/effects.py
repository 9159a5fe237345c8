"""Effects: what a plan means for the data, beside the changes of resources."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import Bucket, Database
from dataflowxpress.planning.resource import Resource, only
from dataflowxpress.planning.step import Action, Step
from dataflowxpress.reporting.text import pluralize

from .manifest_log import ManifestLog
from .partition_columns import unknown_columns
from .table_changes import argument_changes, moves
from .uploads import converted

READING = "--source"
# Arguments of the job whose change makes it write the rows of all objects again.
WRITING = frozenset({"--metadata_columns", "--partition_by", "--target_prefix"})


def effects_of(
    client: Callable[[str], Any],
    spec: DataPipelineSpec,
    wanted: Sequence[Resource],
    steps: Sequence[Step],
) -> Iterator[str]:
    """Yield what happens to the data, and what a user should correct before."""
    bucket, database = only(wanted, Bucket), only(wanted, Database)
    actions = {step.id: step for step in steps}
    exists = {each.id for each in wanted if actions[each.id].action not in _ABSENT}
    how = rewrites(steps)
    if how and spec.job.script.packaged and bucket.id in exists:
        log = ManifestLog.load(client("s3"), bucket.name)
        if objects := sum(1 for _ in converted(client("s3"), bucket.name, spec.source, log)):
            yield f"changes how {how}: {pluralize(objects, 'object')} will be converted again"
    yield from moves(steps)
    if database.id in exists:
        fault = unknown_columns(client("glue"), spec, bucket.name, database.name)
        yield from filter(None, [fault])
    yield from _hints(spec)


_ABSENT = {Action.CREATE, Action.REFUSE}


def rewrites(steps: Iterable[Step]) -> str:
    """Return what of the job changes so that it converts objects again, or an empty string."""
    changes = argument_changes(steps)
    reading = changes.get(READING)
    if reading and _decides(reading.old) != _decides(reading.new):
        return "files are read"
    return "rows are written" if WRITING & changes.keys() else ""


def _decides(argument: Any) -> Any:
    """Return the options that decide an object's rows; an unreadable argument is one itself."""
    try:
        options = dict(json.loads(argument))
    except (TypeError, ValueError):
        return argument
    options.pop("typeChanges", None)
    return options


def _hints(spec: DataPipelineSpec) -> Iterator[str]:
    """Yield the options that the crawler cannot know, if no declared column replaces its guess."""
    source, csv = spec.source, spec.source.csv
    options = {
        "source.csv.delimiter": len(csv.separator) > 1,
        "source.csv.quote": not csv.quote,
        "source.csv.escape": bool(csv.escape),
        "source.csv.comment": bool(csv.comment),
        "source.csv.skipLines": csv.skip_lines > 0,
        "source.encoding": source.encoding not in {"auto", "utf-8", "us-ascii"},
    }
    given = [name for name, is_given in options.items() if is_given]
    if given and not source.columns and spec.job.script.packaged:
        yield (
            f"AWS Glue's crawler does not know {', '.join(given)}, and can find wrong columns;"
            " declare them in source.columns"
        )
