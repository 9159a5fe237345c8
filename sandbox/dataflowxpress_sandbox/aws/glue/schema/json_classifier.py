"""JSON classifier: Glue's built-in one, and custom ones with a JSON path.

The built-in classifier takes an array for one value: its table has one column with all records. A
custom classifier with the path `$[*]` finds the records. Values that are no objects are in a column
`record`: https://docs.aws.amazon.com/glue/latest/dg/custom-classifier.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import types
from .schema import Schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .sample import Sample

_STEP = re.compile(r"\.(\w[^.\[]*|\*)|\['([^']*)'\]|\[\"([^\"]*)\"\]|\[(\*|\d+)\]")


@dataclass(frozen=True)
class JsonClassifier:
    """A JSON path; an empty one is the built-in classifier."""

    path: str = ""

    @classmethod
    def of(cls, classifier: dict[str, Any]) -> JsonClassifier:
        """Return the classifier for a definition of Glue's API."""
        return cls(classifier["JsonPath"])

    def classify(self, sample: Sample) -> Schema | None:
        """Return the schema of a sample, or None if it is no JSON or the path finds nothing."""
        if sample.is_binary or not sample.text.lstrip().startswith(("{", "[")):
            return None
        columns, is_valid = self._columns(sample)
        while not is_valid and not columns and sample.grow():
            columns, is_valid = self._columns(sample)
        if not columns or (sample.whole and not is_valid):
            return None
        return Schema("json", columns, {"jsonPath": self.path} if self.path else {})

    def _columns(self, sample: Sample) -> tuple[dict[str, str], bool]:
        """Return the columns, and whether the sample ends after a complete value."""
        columns: dict[str, str] = {}
        try:
            for value in self._selected(_values(sample.text)):
                for name, field in _fields(value, selected=bool(self.path)):
                    known = columns.get(name.lower(), types.UNKNOWN)
                    columns[name.lower()] = types.merge(known, types.of_json(field))
        except ValueError:
            return columns, False
        return columns, True

    def _selected(self, values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            found = [value]
            for step in _STEP.finditer(self.path):
                found = [below for each in found for below in _below(each, step)]
            yield from found


def _fields(value: Any, *, selected: bool) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif selected:
        yield "record", value
    elif isinstance(value, list):
        yield "array", value


def _below(value: Any, step: re.Match[str]) -> list[Any]:
    name, quoted, other, index = step.groups()
    key = quoted or other or name
    if isinstance(value, list) and index:
        return value if index == "*" else value[int(index) : int(index) + 1]
    if isinstance(value, dict) and key == "*":
        return list(value.values())
    return [value[key]] if isinstance(value, dict) and key in value else []


def _values(text: str) -> Iterator[Any]:
    """Yield the values of a text, one after the other, with or without line breaks between."""
    decoder, position = json.JSONDecoder(), 0
    while True:
        while position < len(text) and text[position].isspace():
            position += 1
        if position == len(text):
            return
        value, position = decoder.raw_decode(text, position)
        yield value
