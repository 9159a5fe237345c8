"""Active faults: the faults that are set, and the choice of the fault that strikes."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from .fault import Fault, Kind, Moment

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("dataflowxpress.faults")

_REMEMBERED = 10_000  # strikes


@dataclass
class _Entry:
    """A fault with its counts and its own random generator."""

    number: int
    fault: Fault
    chance: Random = field(init=False)
    seen: int = 0
    strikes: int = 0
    tokens: float = field(init=False)
    filled_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.chance = Random(self.fault.seed)  # noqa: S311 - reproducible, not secret
        self.tokens = max(1.0, self.fault.per_second)

    def strikes_now(self) -> bool:
        self.seen += 1
        skipped = self.seen <= self.fault.after
        exhausted = self.fault.times is not None and self.strikes >= self.fault.times
        if skipped or exhausted or self.chance.random() >= self.fault.rate or self._passes():
            return False
        self.strikes += 1
        return True

    def _passes(self) -> bool:
        """Return whether a call is within the limit, by a token bucket as AWS has them."""
        if self.fault.kind != Kind.LIMIT:
            return False
        now = time.monotonic()
        most = max(1.0, self.fault.per_second)
        self.tokens = min(most, self.tokens + (now - self.filled_at) * self.fault.per_second)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Active:
    """The faults of this process; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._entries: dict[int, _Entry] = {}
        self._strikes: deque[dict[str, Any]] = deque(maxlen=_REMEMBERED)

    def set(self, fault: Fault) -> int:
        """Activate a fault and return its number."""
        with self._lock:
            number = next(self._numbers)
            self._entries[number] = _Entry(number, fault)
        logger.info("fault %d: %s", number, fault)
        return number

    def clear(self, number: int | None = None) -> bool:
        """Clear a fault, or all; return whether it existed."""
        with self._lock:
            known = number is None or number in self._entries
            for each in [number] if number is not None else list(self._entries):
                self._entries.pop(each, None)
        return known

    @property
    def is_empty(self) -> bool:
        """Whether no fault is set: the usual case, which must be fast."""
        return not self._entries

    def strike(
        self, moment: Moment, able: Callable[[Fault], bool] = lambda _: True
    ) -> Fault | None:
        """Return the first fault that strikes now, of those that *able* accepts."""
        with self._lock:
            for entry in self._entries.values():
                fault = entry.fault
                if fault.matches(moment) and able(fault) and entry.strikes_now():
                    self._note(entry, moment)
                    return fault
        return None

    def _note(self, entry: _Entry, moment: Moment) -> None:
        kind, number = entry.fault.kind, entry.number
        logger.info("fault %d: %s %s", number, kind, moment)
        strike = {"at": time.time(), "number": number, "kind": kind, **moment._asdict()}
        self._strikes.append(strike)

    def expects(self, kind: Kind, moment: Moment) -> bool:
        """Return whether a fault of this kind can strike at this moment or later."""
        with self._lock:
            faults = [entry.fault for entry in self._entries.values()]
        return any(fault.kind == kind and fault.matches(moment) for fault in faults)

    def shown(self) -> dict[str, Any]:
        """Return the faults with their numbers, and the latest strikes, in JSON types."""
        with self._lock:
            return {
                "faults": [
                    {**entry.fault.model_dump(mode="json"), "number": number}
                    | {"seen": entry.seen, "strikes": entry.strikes}
                    for number, entry in self._entries.items()
                ],
                "strikes": list(self._strikes),
            }
