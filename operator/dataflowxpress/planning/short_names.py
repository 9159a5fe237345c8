"""Short names: texts within a limit of AWS that stay different for different pipelines. Pure."""

from __future__ import annotations

import hashlib

HASH_LENGTH = 8


def fit(text: str, limit: int) -> str:
    """Return *text*, shortened to *limit* characters with a hash of the full text.

    The result is deterministic, and different texts give different names.
    """
    if len(text) <= limit:
        return text
    return f"{text[: limit - HASH_LENGTH - 1].rstrip('-_')}-{digest(text)}"


def digest(text: str) -> str:
    """Return a short hash of *text*, in characters that every name in AWS can have."""
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]
