"""Naming: the default names of a pipeline's resources."""

from __future__ import annotations

import re
from typing import NamedTuple

from dataflowxpress.planning.short_names import fit


class Names(NamedTuple):
    """Names derived from the pipeline's name, within AWS' limits."""

    base: str  # "<namespace>-<name>"
    account: str

    def bucket(self) -> str:
        """Return the bucket's name: at most 63 characters; the account makes it globally unique."""
        return f"{fit(self.base.replace('.', '-'), 63 - 1 - len(self.account))}-{self.account}"

    def database(self) -> str:
        """Return the database's name: at most 255 characters, lowercase with underscores."""
        return re.sub(r"[^a-z0-9_]", "_", fit(self.base, 255))

    def of(self, role: str = "", limit: int = 64) -> str:
        """Return the base name and the resource's role: at most *limit* characters."""
        suffix = f"-{role}" if role else ""
        return f"{fit(self.base.replace('.', '-'), limit - len(suffix))}{suffix}"
