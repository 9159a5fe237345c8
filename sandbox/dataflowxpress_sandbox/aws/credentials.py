"""Credentials: temporary credentials of a role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import Aws


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials for an emulated AWS."""

    aws: Aws
    access_key: str
    secret: str
    token: str

    def environment(self) -> dict[str, str]:
        """Return the environment of a process that uses the credentials."""
        environment = self.aws.environment(self.access_key, self.secret)
        return {**environment, "AWS_SESSION_TOKEN": self.token}

    def client(self, service: str) -> Any:
        """Return a boto3 client that uses the credentials."""
        return self.aws.client(service, self.environment())
