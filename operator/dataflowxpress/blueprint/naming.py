"""Naming: what a pipeline's resources are called where the user does not say it."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

HASH_LENGTH = 8


def fit(text: str, limit: int) -> str:
    """Return *text*, or its beginning and a hash of the whole where it exceeds *limit* characters.

    The same text gives the same name for ever, and texts that differ give names that differ.
    """
    if len(text) <= limit:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]
    return f"{text[: limit - HASH_LENGTH - 1].rstrip('-_')}-{digest}"


class Names(NamedTuple):
    """Names derived from a pipeline's own; limits are AWS's."""

    base: str  # "<namespace>-<name>"
    account: str

    def bucket(self) -> str:
        """At most 63 characters, lower case: unique in all of AWS thanks to the account."""
        return f"{fit(self.base.replace('.', '-'), 63 - 1 - len(self.account))}-{self.account}"

    def database(self) -> str:
        """At most 255 characters, lower case with underscores."""
        return re.sub(r"[^a-z0-9_]", "_", fit(self.base, 255))

    def of(self, role: str = "", limit: int = 64) -> str:
        """At most *limit* characters: the base and the resource's role in the pipeline."""
        suffix = f"-{role}" if role else ""
        return f"{fit(self.base.replace('.', '-'), limit - len(suffix))}{suffix}"
