"""Skip reasons: why an object is not converted in a run."""

from __future__ import annotations


class SkipReason(Exception):
    """The reason why an object is not converted in this run."""


class Unreadable(SkipReason):
    """The object cannot be read: the manifest records the reason, and no run reads it again."""


class Deferred(SkipReason):
    """The object waits, for example until the crawler has updated the catalog."""


class Uncrawled(Deferred):
    """The object waits for a crawl, which can add what the catalog lacks."""
