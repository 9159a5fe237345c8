"""Encoding: a guess for text that is not UTF-8."""

from __future__ import annotations

import itertools

RUNS = 0.5  # share of the bytes beyond ASCII that stand beside another one


def guessed(data: bytes) -> str | None:
    """Return the encoding of Western text that is not UTF-8; None for other text.

    In Western text, letters beyond ASCII stand alone between others. In other scripts they stand
    together, and their bytes do not tell which encoding they have.
    """
    high = [position for position, byte in enumerate(data) if byte > 0x7F]  # noqa: PLR2004 - ASCII
    together = sum(one + 1 == other for one, other in itertools.pairwise(high))
    if together > RUNS * len(high):
        return None
    try:
        data.decode("windows-1252")
    except UnicodeDecodeError:
        return None
    return "windows-1252"
