"""Naming: the default names of a pipeline's resources, different for different pipelines."""

from __future__ import annotations

import re
from typing import NamedTuple

from .short_names import HASH_LENGTH, digest

HASHED = "---"  # precedes the hash; no name without a hash has three hyphens in a row


class Names(NamedTuple):
    """Names derived from the pipeline's namespace and name, within AWS' limits.

    A name begins with `<namespace>-<name>`, or `<namespace>--<name>` if the namespace has a
    hyphen: `team`/`a-orders` and `team-a`/`orders` get different names. A text that is too long,
    has a dot, or has two hyphens in a row of its own, ends with a hash of namespace and name.
    """

    owner: str  # "<namespace>/<name>"
    account: str

    def bucket(self) -> str:
        """Return the bucket's name: at most 63 characters; the account makes it globally unique."""
        return f"{self._base(63 - 1 - len(self.account))}-{self.account}"

    def database(self) -> str:
        """Return the database's name: at most 255 characters, lowercase with underscores."""
        return re.sub(r"[^a-z0-9_]", "_", self._base(255))

    def of(self, role: str = "", limit: int = 64) -> str:
        """Return the base name and the resource's role: at most *limit* characters."""
        suffix = f"-{role}" if role else ""
        return f"{self._base(limit - len(suffix))}{suffix}"

    def _base(self, limit: int) -> str:
        namespace, _, name = self.owner.partition("/")
        text = f"{namespace}{'--' if '-' in namespace else '-'}{name}".replace(".", "-")
        is_unambiguous = not re.search(r"\.|--", self.owner)
        if is_unambiguous and len(text) <= limit:
            return text
        return (
            f"{text[: limit - len(HASHED) - HASH_LENGTH].rstrip('-')}{HASHED}{digest(self.owner)}"
        )
