"""Files: the CSV files that the demo uploads, and what is in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

Row = Sequence[str]

PARTS = 3  # how many files a data set is uploaded in
NOTES = [
    ["place", "note", "visitors"],
    ["Zürich", "Quoted, with a comma", "1200"],
    ["São Paulo", "Two lines:\nthe second one", "3400"],
    ["東京", 'She said "hello", then left', "5600"],
    ["Reykjavík", "", "78"],
]


class File(NamedTuple):
    """A CSV file to upload."""

    folder: str
    name: str
    rows: Sequence[Row]  # the header first
    is_last: bool = False  # it is uploaded after the others, and has their columns

    @property
    def body(self) -> bytes:
        """The file's bytes."""
        text = io.StringIO()
        csv.writer(text).writerows(self.rows)
        return text.getvalue().encode()

    def key(self, prefix: str) -> str:
        """Return the key of the object that it is uploaded as."""
        return f"{prefix}{self.folder}/{self.name}"


def files() -> list[File]:
    """Return two real data sets in several parts each, and a file with all that CSV allows."""
    from vega_datasets import local_data

    airports = _rows(local_data.airports.filepath)
    weather = _rows(local_data.seattle_weather.filepath)
    return [
        *_parts("airports", airports),
        *_parts("seattle_weather", weather),
        File("notes", "quoted + accents é.csv", NOTES),
    ]


def _rows(path: str) -> list[Row]:
    with open(path, newline="", encoding="utf-8") as file:  # noqa: PTH123 - csv wants newline=""
        return list(csv.reader(file))


def _parts(folder: str, rows: Sequence[Row]) -> Iterator[File]:
    header, data = rows[0], rows[1:]
    for part in range(PARTS):
        rows = [header, *data[part::PARTS]]
        yield File(folder, f"part-{part + 1}.csv", rows, is_last=part + 1 == PARTS)
