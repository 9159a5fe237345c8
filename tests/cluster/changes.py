"""Changes: what the owners of many pipelines do to them, in an order that a seed decides."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from dataflowxpress.api.status import Status
from tests.e2e.conftest import User

Spec = dict[str, Any]

PREFIX = "soak-"  # of the names; other tests leave pipelines, too
EDIT, DELETE, RECREATE = "edit", "delete", "recreate"
WEIGHTS = {EDIT: 6, DELETE: 2, RECREATE: 1}


@dataclass
class Changes:
    """The changes to pipelines, and the spec that each must have in the end."""

    user: User
    pipelines: int
    chance: random.Random
    specs: dict[str, Spec] = field(default_factory=dict)  # of those that must be there
    returning: dict[str, Spec] = field(default_factory=dict)  # of those that are created again
    made: int = 0

    def one(self) -> None:
        """Make one change to one pipeline."""
        self.made += 1
        name = f"{PREFIX}{self.chance.randrange(self.pipelines):04d}"
        if name in self.specs:
            self._change(name)
        elif name not in self.returning:
            self.returning[name] = self._spec(name)

    def unconverged(self) -> dict[str, Any]:
        """Return the pipelines that are not as they must be, with their status.

        Those whose deletion has ended are created again, if they are to return.
        """
        named = ((item["metadata"]["name"], item) for item in self.user.all())
        there = {name: item for name, item in named if name.startswith(PREFIX)}
        for name in self.returning.keys() - there.keys():
            self._apply(name, self.returning.pop(name))
        names = (there.keys() ^ self.specs.keys()) | self.returning.keys()
        names |= {name for name, item in there.items() if not _is_settled(item)}
        return {name: there.get(name, {}).get("status") for name in names}

    def delete(self, name: str) -> Spec:
        """Delete a pipeline; return its spec."""
        self.user.delete(name)
        return self.specs.pop(name)

    def _change(self, name: str) -> None:
        [action] = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
        if action == EDIT:
            self._apply(name, self._spec(name))
            return
        spec = self.delete(name)
        if action == RECREATE:
            self.returning[name] = spec

    def _spec(self, name: str) -> Spec:
        spec: Spec = {
            "suspend": True,  # without it, the emulator is busy with polling all queues
            "deletionPolicy": "Delete",
            "tags": {"change": str(self.made)},
            "bucket": {"name": f"{name}-data"},
            "job": {"timeoutMinutes": self.chance.randrange(5, 100)},
        }
        if self.chance.random() < 0.3:
            spec["notifications"] = {"emails": [f"{self.made}@example.com"]}
        return spec

    def _apply(self, name: str, spec: Spec) -> None:
        self.user.pipeline(name, **spec)
        self.specs[name] = spec


def _is_settled(item: dict[str, Any]) -> bool:
    status = Status.model_validate(item.get("status") or {})
    is_applied = status.applied_generation == item["metadata"]["generation"]
    return is_applied and status.holds("Ready")
