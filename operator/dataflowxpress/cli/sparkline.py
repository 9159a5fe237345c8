"""Sparkline: a series of numbers as one line of block characters."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
UNKNOWN = "·"


def sparkline(values: Sequence[float | None]) -> str:
    """Return a character for each value, from zero to the greatest value; `·` is unknown."""
    top = max((each for each in values if each is not None), default=0) or 1
    return "".join(
        UNKNOWN if each is None else BLOCKS[round(each / top * (len(BLOCKS) - 1))]
        for each in values
    )
