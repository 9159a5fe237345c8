"""Job: the beginning and the end of a run, and the bookmark that it keeps between runs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from awsglue.context import GlueContext


class Job:
    """A run's job: `init` first, `commit` when all is written."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._bookmark = glue_context.bookmark

    def init(self, job_name: str, args: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Begin: read the bookmark if the job has one."""
        self._bookmark.open((args or {}).get("job_bookmark_option", Bookmark.DISABLED))

    def commit(self) -> None:
        """End: what was read counts as done in the next run."""
        self._bookmark.commit()


class Bookmark:
    """How far each source was read: the last modification seen, and the objects of that second.

    Like AWS', it knows when objects were modified, not what was made of them. A source takes part
    through its `transformation_ctx`.
    """

    DISABLED: ClassVar = "job-bookmark-disable"
    ENABLED: ClassVar = "job-bookmark-enable"

    def __init__(self) -> None:
        self._option = self.DISABLED
        self._done: dict[str, Any] = {}
        self._read: dict[str, Any] = {}

    def open(self, option: str) -> None:
        """Take up where the last committed run has ended."""
        self._option = option
        if option != self.DISABLED:
            self._done = json.loads(Path(os.environ["DATAFLOWXPRESS_BOOKMARK"]).read_text())

    def unread(self, source: str, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return those of S3's objects that a source has not seen yet."""
        if self._option == self.DISABLED or not source:
            return objects
        done = self._done.get(source, {"modified": "", "keys": []})
        new = [each for each in objects if _is_new(each, done)]
        modified = max([done["modified"], *map(_modified, new)])
        latest = [each["Key"] for each in objects if _modified(each) == modified]
        self._read[source] = {"modified": modified, "keys": latest}
        return new

    def commit(self) -> None:
        """Keep what was read, unless bookmarks are paused or off."""
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
