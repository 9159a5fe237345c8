"""Job: the start and the commit of a run, and the bookmark between runs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from awsglue.context import GlueContext


class Job:
    """The job of a run: call `init` first, and `commit` after all writes."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._bookmark = glue_context.bookmark

    def init(self, job_name: str, args: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Start the run and read the bookmark, if enabled."""
        self._bookmark.open((args or {}).get("job_bookmark_option", Bookmark.DISABLED))

    def commit(self) -> None:
        """Commit the run: the next run does not read the same objects again."""
        self._bookmark.commit()


class Bookmark:
    """The progress of each source: the last modification time and the objects of that second.

    Like on AWS, it depends on modification times only, not on the output. A `transformation_ctx`
    identifies a source.
    """

    DISABLED: ClassVar = "job-bookmark-disable"
    ENABLED: ClassVar = "job-bookmark-enable"

    def __init__(self) -> None:
        self._option = self.DISABLED
        self._done: dict[str, Any] = {}
        self._read: dict[str, Any] = {}

    def open(self, option: str) -> None:
        """Load the state of the last committed run."""
        self._option = option
        if option != self.DISABLED:
            self._done = json.loads(Path(os.environ["DATAFLOWXPRESS_BOOKMARK"]).read_text())

    def unread(self, source: str, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the objects that a source has not read yet."""
        if self._option == self.DISABLED or not source:
            return objects
        done = self._done.get(source, {"modified": "", "keys": []})
        new = [each for each in objects if _is_new(each, done)]
        modified = max([done["modified"], *map(_modified, new)])
        latest = [each["Key"] for each in objects if _modified(each) == modified]
        self._read[source] = {"modified": modified, "keys": latest}
        return new

    def commit(self) -> None:
        """Save the state, unless bookmarks are paused or disabled."""
        if self._option == self.ENABLED:
            state = json.dumps({**self._done, **self._read})
            Path(os.environ["DATAFLOWXPRESS_BOOKMARK"]).write_text(state)


def _is_new(each: dict[str, Any], done: dict[str, Any]) -> bool:
    modified = _modified(each)
    return modified > done["modified"] or (
        modified == done["modified"] and each["Key"] not in done["keys"]
    )


def _modified(each: dict[str, Any]) -> str:
    return str(each["LastModified"].isoformat())
