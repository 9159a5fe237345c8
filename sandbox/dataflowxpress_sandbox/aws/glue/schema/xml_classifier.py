"""XML classifier: Glue's built-in one, and custom ones with the tag of a row.

A row that is a self-closing element is ignored:
https://docs.aws.amazon.com/glue/latest/dg/custom-classifier.html. The page does not say which rows
the built-in classifier finds. Here it takes the document for one row, which is the worse case.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from . import types
from .schema import Schema

if TYPE_CHECKING:
    from .sample import Sample


@dataclass(frozen=True)
class XmlClassifier:
    """The tag of a row; an empty one is the built-in classifier."""

    row_tag: str = ""

    @classmethod
    def of(cls, classifier: dict[str, Any]) -> XmlClassifier:
        """Return the classifier for a definition of Glue's API."""
        return cls(classifier["RowTag"])

    def classify(self, sample: Sample) -> Schema | None:
        """Return the schema of a sample, or None if it is no XML or has no row."""
        if not sample.text.lstrip().startswith("<"):
            return None
        rows = _Rows(self.row_tag)
        try:
            events = ET.iterparse(  # noqa: S314 - expat limits the expansion of entities
                io.BytesIO(sample.data), events=("start", "end")
            )
            for event, element in events:
                rows.take(event, element)
        except ET.ParseError:  # the sample can end within an element
            if sample.whole:
                return None
        columns = rows.columns
        return Schema("xml", columns, {"rowTag": self.row_tag}) if columns else None


class _Rows:
    """The columns of the rows so far."""

    def __init__(self, row_tag: str) -> None:
        self.columns: dict[str, str] = {}
        self._row_tag, self._depth = row_tag, 0

    def take(self, event: str, element: ET.Element) -> None:
        self._depth += 1 if event == "start" else -1
        if event == "end" and self._is_row(element) and (len(element) or element.text):
            for name, kind in _fields(element).items():
                self.columns[name] = types.merge(self.columns.get(name, types.UNKNOWN), kind)

    def _is_row(self, element: ET.Element) -> bool:
        return element.tag == self._row_tag if self._row_tag else self._depth == 0


def _fields(element: ET.Element) -> dict[str, str]:
    found = {name.lower(): types.of_text(value) for name, value in element.attrib.items()}
    children: dict[str, list[str]] = {}
    for child in element:
        children.setdefault(child.tag.lower(), []).append(_kind(child))
    for name, kinds in children.items():
        kind = types.merged(kinds)
        found[name] = kind if len(kinds) == 1 else f"array<{types.known(kind)}>"
    return found


def _kind(element: ET.Element) -> str:
    if not len(element) and not element.attrib:
        return types.of_text((element.text or "").strip())
    fields = (f"{name}:{types.known(kind)}" for name, kind in _fields(element).items())
    return f"struct<{','.join(fields)}>"
