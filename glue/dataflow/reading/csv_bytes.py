"""CSV bytes: text with bytes that could not be decoded."""

from __future__ import annotations

import re

SURROGATE = re.compile("[\udc80-\udcff]")


def has_surrogates(text: str) -> bool:
    """Return whether the text has bytes that could not be decoded."""
    return SURROGATE.search(text) is not None


def escaped_bytes(text: str) -> str:
    r"""Return the text with such bytes like `\xff`."""
    return SURROGATE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return repr(found[0].encode("utf-8", "surrogateescape"))[2:-1]
