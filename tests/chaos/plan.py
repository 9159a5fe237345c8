"""Plan: what is uploaded, what goes wrong, and when, all of it by a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.chaos.weather import Weather

BURST = 8  # uploads at most
PAUSE = 5.0  # seconds between two uploads at most
FAULTS = 10  # of those that the weather knows
AGAIN = 0.3  # of the uploads replace what their key holds
NOTED = 0.15  # of the uploads have a column more
MOMENTS = ("now", "now", "crawl", "run")


@dataclass(frozen=True)
class Upload:
    """An upload with content that no other one has."""

    number: int
    key: str
    rows: int
    noted: bool
    shuffled: bool
    pause: float  # seconds before it
    moment: str  # `crawl` or `run`: while one is on, if that begins soon

    @property
    def body(self) -> bytes:
        """The CSV."""
        columns = ["upload", "line", "word", *(["note"] if self.noted else [])]
        if self.shuffled:
            columns.reverse()
        rows = [self._row(line) for line in range(self.rows)]
        lines = [columns, *([row[name] for name in columns] for row in rows)]
        return "".join(",".join(line) + "\n" for line in lines).encode()

    def _row(self, line: int) -> dict[str, str]:
        word = f'"{self.key}, {line}"'
        return {"upload": str(self.number), "line": str(line), "word": word, "note": "noted"}


@dataclass(frozen=True)
class Plan:
    """One seed's uploads and faults; the same seed gives the same plan."""

    seed: int
    weather: Weather
    uploads: tuple[Upload, ...]
    faults: dict[int, list[dict[str, Any]]]  # by the upload that they precede
    buried: int  # the upload before which a message ends among the dead letters

    @classmethod
    def of(cls, seed: int, uploads: int, *, patient: bool = True) -> Plan:
        """Draw a plan."""
        weather = Weather(f"chaos{seed:04}", patient=patient)
        chance = random.Random(seed)  # noqa: S311 - to be repeated
        drawn = tuple(_uploads(chance, uploads))
        faults: dict[int, list[dict[str, Any]]] = {}
        for fault in weather.drawn(chance, FAULTS):
            before = chance.randrange(uploads // 2)
            faults.setdefault(before, []).append({**fault, "seed": chance.randrange(1 << 30)})
        return cls(seed, weather, drawn, faults, buried=chance.randrange(uploads))


def _uploads(chance: random.Random, number: int) -> Iterator[Upload]:
    keys: list[str] = []
    burst = 0
    for current in range(number):
        if not burst:
            burst = chance.choice((1, 1, 2, BURST))
            pause, moment = chance.uniform(0, PAUSE), chance.choice(MOMENTS)
        else:
            pause, moment = 0.0, "now"
        burst -= 1
        if keys and chance.random() < AGAIN:
            key = chance.choice(keys)
        else:
            folder = chance.choice(("", "a/", "b/c d/"))
            key = f"csv_data/{folder}{chance.choice('éx+%')}{current}.csv"
            keys.append(key)
        rows = chance.choice((1, 3, 20, 400))
        noted = chance.random() < NOTED
        yield Upload(current, key, rows, noted, chance.random() < NOTED, pause, moment)
