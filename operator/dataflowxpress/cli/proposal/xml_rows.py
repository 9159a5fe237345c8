"""XML rows: the element that repeats below the first one of a document."""

from __future__ import annotations

from collections import Counter
from typing import BinaryIO
from xml.parsers import expat

HEAD = 4 * 2**20  # bytes


def row_tag(stream: BinaryIO) -> str:
    """Return the most frequent name of the elements below the first one; empty without any."""
    counts: Counter[str] = Counter()
    depth = 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth == 2:  # noqa: PLR2004 - below the first element
            counts[name.rpartition(":")[2]] += 1

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(stream.read(HEAD), False)  # noqa: FBT003 - expat takes no name
    except expat.ExpatError:
        return ""
    return counts.most_common(1)[0][0] if counts else ""
