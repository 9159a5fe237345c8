"""Overlap: whether two S3 notification rules are for the same events of the same objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Rule = Mapping[str, Any]


def overlaps(one: Rule, other: Rule) -> bool:
    """Say whether S3 would call two rules ambiguous."""
    (prefix, suffix), (its_prefix, its_suffix) = _ends(one), _ends(other)
    return (
        any(_same_event(a, b) for a in one["Events"] for b in other["Events"])
        and (prefix.startswith(its_prefix) or its_prefix.startswith(prefix))
        and (suffix.endswith(its_suffix) or its_suffix.endswith(suffix))
    )


def _ends(rule: Rule) -> tuple[str, str]:
    given = rule.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    values = {item["Name"].lower(): item["Value"] for item in given}
    return values.get("prefix", ""), values.get("suffix", "")


def _same_event(one: str, other: str) -> bool:
    stems = one.removesuffix("*"), other.removesuffix("*")
    return stems[0].startswith(stems[1]) or stems[1].startswith(stems[0])
