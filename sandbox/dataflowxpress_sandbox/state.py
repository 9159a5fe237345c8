"""State: what a sandbox remembers between two commands, in its `state.json`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from dataflowxpress_sandbox.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class SandboxState:
    """The port of each process, and the context of the user's own cluster if that is used."""

    ports: dict[str, int] = field(default_factory=dict)
    context: str | None = None

    @classmethod
    def load(cls, path: Path) -> SandboxState:
        """Read it, or begin with an empty one."""
        return cls(**json.loads(path.read_text())) if path.exists() else cls()

    def save(self, path: Path) -> None:
        """Write it so that a reader sees the old one or the new one."""
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self), indent=2))
        partial.replace(path)

    def choose_port(self, name: str) -> None:
        """Give a process that is to be started the port it had before, or else a free one."""
        self.ports[name] = free_port(self.ports.get(name, 0))
