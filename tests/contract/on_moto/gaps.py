"""Gaps: what moto cannot do, each with the failure that shows it.

The first test that a gap concerns runs, and must fail with its message; the others are left out.
When moto closes a gap, that test passes, which fails the suite: remove the entry then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dataflowxpress.aws.resources import Crawler, Job
from dataflowxpress.planning.resource import Resource, Scope

_ALL = ("",)
_UPDATES = ("a_changed_field", "what_others_changed", "law_5_what_is_a_strangers")


@dataclass(frozen=True)
class Gap:
    """What fails on moto: laws of a kind, by parts of their names, and a pattern of the failure."""

    kind: str
    laws: tuple[str, ...]
    failure: str
    reason: str

    def concerns(self, law: str, kind: str) -> bool:
        """Return whether a law of a kind meets the gap."""
        return kind == self.kind and any(part in law for part in self.laws)


GAPS = (
    Gap("Classifier", _ALL, "GetClassifier: 500", "moto has no classifiers"),
    Gap(
        "Object",
        _ALL,
        "PutObject: 403: Forbidden",
        "moto applies the Deny of a bucket policy without its condition aws:SecureTransport",
    ),
    Gap("Crawler", _UPDATES, "UpdateCrawler", "moto has no UpdateCrawler"),
    Gap("Job", _UPDATES, "UpdateJob", "moto has no UpdateJob"),
)


def without_unknown(make: Callable[[Scope, str], Resource], scope: Scope, name: str) -> Any:
    """Return a sample that needs neither a classifier nor an object."""
    resource = make(scope, name)
    if isinstance(resource, Crawler):
        return replace(resource, classifier=None)
    if isinstance(resource, Job):
        return replace(resource, script="s3://scripts/convert.py")
    return resource
