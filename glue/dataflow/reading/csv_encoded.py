"""CSV in bytes: text in UTF-8 of which each special character is one byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Any

    from dataflow.source_options import CsvOptions

DELIMITER, ESCAPE, QUOTE = "\x1f", "\x1d", "\x1e"  # stand for longer texts
SURROGATE = (0xED, 0xA0)  # the first byte of one, and the least second byte


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text in bytes, and what stands in it for a longer text."""

    data: bytes
    delimiter: str  # of one byte
    substitutes: dict[str, str]  # in the bytes, and in the object
    values: dict[str, str]  # in the bytes, and in the value of a field

    def text(self, start: int, end: int | None) -> str:
        """Return a part of the text as uploaded."""
        text = self.data[start:end].decode("utf-8", "surrogatepass")
        for substitute, original in self.substitutes.items():
            text = text.replace(substitute, original)
        return text

    def broken(self, array: Any) -> Any:
        """Return the positions of bytes that could not be decoded."""
        first, second = SURROGATE
        return np.flatnonzero((array[:-1] == first) & (array[1:] >= second))


def encoded(text: str, options: CsvOptions) -> Encoded | None:
    """Return the text in bytes, if the fast path can read it."""
    if _is_special(text, options):
        return None
    escape, quote, delimiter = options.escape, options.quote, options.delimiter
    originals: dict[str, str] = {}
    values: dict[str, str] = {}
    if escape and escape != quote and escape in text:
        originals |= {ESCAPE: escape * 2, QUOTE: escape + quote}
        values |= {ESCAPE: escape, QUOTE: quote}
    if len(delimiter.encode()) > 1:
        originals[DELIMITER] = values[DELIMITER] = delimiter
        delimiter = DELIMITER
    for substitute, original in originals.items():
        if substitute in text or substitute in (options.delimiter, quote):
            return None
        text = text.replace(original, substitute)
    return Encoded(text.encode("utf-8", "surrogatepass"), delimiter, originals, values)


def _is_special(text: str, options: CsvOptions) -> bool:
    comment, quote = options.comment, options.quote
    return bool(
        "\ufeff" in text  # no part of a record if it stands before it
        or (comment and f"\n{comment}" in f"\n{text}".replace("\r", "\n"))
        or not quote.isascii()
        or (options.escape and options.escape in options.delimiter)
    )
