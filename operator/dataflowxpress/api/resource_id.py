"""Resource id: what is enough to find a resource in AWS."""

from __future__ import annotations

from typing import NamedTuple

Key = tuple[str, ...]


class Id(NamedTuple):
    """What is enough to find a resource again after its description is gone."""

    kind: str
    key: Key

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def name(self) -> str:
        """What people call it by: the last part of its key, of an ARN what follows the account."""
        last = self.key[-1]
        return last.split(":", 5)[-1] if last.startswith("arn:") else last
