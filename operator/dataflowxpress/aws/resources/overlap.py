"""Overlap: detects S3 notification rules that match the same events of the same objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .key_filter import prefix_and_suffix

Rule = Mapping[str, Any]


def overlaps(one: Rule, other: Rule) -> bool:
    """Return whether S3 rejects the two rules as ambiguous."""
    prefix, suffix = prefix_and_suffix(one)
    other_prefix, other_suffix = prefix_and_suffix(other)
    return (
        any(_same_event(a, b) for a in one["Events"] for b in other["Events"])
        and (prefix.startswith(other_prefix) or other_prefix.startswith(prefix))
        and (suffix.endswith(other_suffix) or other_suffix.endswith(suffix))
    )


def _same_event(one: str, other: str) -> bool:
    stems = one.removesuffix("*"), other.removesuffix("*")
    return stems[0].startswith(stems[1]) or stems[1].startswith(stems[0])
