"""Resource ID: identifies a resource in AWS."""

from __future__ import annotations

from typing import NamedTuple

Key = tuple[str, ...]


class Id(NamedTuple):
    """The identity of a resource: enough to find it after it has left the spec."""

    kind: str
    key: Key

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def name(self) -> str:
        """The display name: the last part of the key, or the part of an ARN after the account."""
        last = self.key[-1]
        return last.split(":", 5)[-1] if last.startswith("arn:") else last
