"""Plan: what is uploaded, what goes wrong, and when, all of it by a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.chaos import content
from tests.chaos.content import Form, Record
from tests.chaos.weather import Weather

BURST = 8  # uploads at most
PAUSE = 5.0  # seconds between two uploads at most
FAULTS = 10  # of those that the weather knows
AGAIN = 0.3  # of the uploads replace what their key holds
NOTED = 0.15  # of the uploads have a column more
PLAIN = 0.4  # of the uploads are plain text in UTF-8
MOMENTS = ("now", "now", "crawl", "run")
FORMATS = tuple(content.FORMATS)


@dataclass(frozen=True)
class Upload:
    """An upload with content that no other one has."""

    number: int
    key: str
    lines: int
    noted: bool
    shuffled: bool
    pause: float = 0.0  # seconds before it
    moment: str = "now"  # `crawl` or `run`: while one is on, if that begins soon
    format: str = "csv"
    form: Form = Form.PLAIN

    @property
    def body(self) -> bytes:
        """The object."""
        records = self.records
        if self.shuffled:
            records = [dict(reversed(each.items())) for each in records]
        ways = content.FORMATS[self.format]
        return content.packed(ways[self.number % len(ways)](records), self.form)

    @property
    def records(self) -> list[Record]:
        """What is uploaded, whether it can be read or not."""
        return [
            content.record(self.number, line, f"{self.key}, {line}", noted=self.noted)
            for line in range(self.lines)
        ]

    @property
    def rows(self) -> list[Record]:
        """What becomes rows of the table."""
        return [] if self.form.poisoned else self.records


@dataclass(frozen=True)
class Plan:
    """One seed's uploads and faults; the same seed gives the same plan."""

    seed: int
    format: str  # of the pipeline's source
    weather: Weather
    uploads: tuple[Upload, ...]
    faults: dict[int, list[dict[str, Any]]]  # by the upload that they precede
    buried: int  # the upload before which a message ends among the dead letters

    @classmethod
    def of(
        cls, seed: int, uploads: int, *, patient: bool = True, table_format: str = "Parquet"
    ) -> Plan:
        """Draw a plan."""
        weather = Weather(f"chaos{seed:04}", patient, table_format)
        chance = random.Random(seed)  # noqa: S311 - to be repeated
        source = FORMATS[seed % len(FORMATS)]
        drawn = tuple(_uploads(chance, uploads, source))
        faults: dict[int, list[dict[str, Any]]] = {}
        for fault in weather.drawn(chance, FAULTS):
            before = chance.randrange(uploads // 2)
            faults.setdefault(before, []).append({**fault, "seed": chance.randrange(1 << 30)})
        return cls(seed, source, weather, drawn, faults, buried=chance.randrange(uploads))


def _uploads(chance: random.Random, number: int, source: str) -> Iterator[Upload]:
    keys: list[str] = []
    burst = 0
    for current in range(number):
        if not burst:
            burst = chance.choice((1, 1, 2, BURST))
            pause, moment = chance.uniform(0, PAUSE), chance.choice(MOMENTS)
        else:
            pause, moment = 0.0, "now"
        burst -= 1
        # A first object that cannot be read teaches the crawler nothing.
        form = _form(chance, source) if current else Form.PLAIN
        if keys and chance.random() < AGAIN:
            key = chance.choice(keys)  # and its suffix, whatever the form is now
        else:
            folder = chance.choice(("", "a/", "b/c d/"))
            name = f"{chance.choice('éx+%[?')}{current}.{source}{form.suffix}"
            key = f"csv_data/{folder}{name}"
            keys.append(key)
        lines = chance.choice((1, 3, 20, 400))
        noted, shuffled = chance.random() < NOTED, chance.random() < NOTED
        yield Upload(current, key, lines, noted, shuffled, pause, moment, source, form)


def _form(chance: random.Random, source: str) -> Form:
    plain = chance.random() < PLAIN
    return Form.PLAIN if plain else chance.choice(content.forms(source))
