"""Key filter: the form of prefixes and suffixes in S3 notification rules.

S3 compares a filter with the encoded key. It accepts a filter in plain text, and then sends no
event: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, unquote_plus

SAFE = "/!*'()"  # in addition to letters, digits and "_.-"


def encoded(part: str) -> str:
    """Return a prefix or suffix of keys as a filter: a space is `+`, others are %-encoded."""
    return quote_plus(part, safe=SAFE).replace("~", "%7E")


def prefix_and_suffix(rule: Mapping[str, Any]) -> tuple[str, str]:
    """Return the prefix and the suffix of the keys that a notification rule matches."""
    given = rule.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    values = {item["Name"].lower(): unquote_plus(item["Value"]) for item in given}
    return values.get("prefix", ""), values.get("suffix", "")
