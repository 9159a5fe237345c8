"""Text: numbers and lists in messages. Pure."""

from __future__ import annotations

from collections.abc import Sequence

NAMED = 3  # items that a message names


def pluralize(number: int, noun: str) -> str:
    """Return the number with its noun: `1 row`, `2 rows`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def batches(number: int) -> str:
    """Return the number of batches with its noun."""
    return "1 batch" if number == 1 else f"{number} batches"


def mebibytes(size: int) -> str:
    """Return a number of bytes in MiB: `1.5 MiB`."""
    return f"{size / 2**20:,.1f} MiB"


def summarize(items: Sequence[str], limit: int = NAMED) -> str:
    """Join the first *limit* items in one line, and append the number of the others."""
    more = len(items) - limit
    return "; ".join(items[:limit]) + (f"; and {more} more" if more > 0 else "")


def without_code(markdown: str) -> str:
    """Return a text without the marks of code in Markdown."""
    return markdown.replace("`", "")


def visible(text: str) -> str:
    """Return text from a file, with escapes for all characters that a terminal could interpret."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
