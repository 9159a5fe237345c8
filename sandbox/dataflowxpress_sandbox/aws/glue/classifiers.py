"""Classifiers: the operation UpdateClassifier, which ministack lacks."""

from __future__ import annotations

import time
from typing import Any

from ministack.services import glue

from .errors import invalid, not_found


def update(request: dict[str, Any]) -> dict[str, Any]:
    """UpdateClassifier: properties that the request lacks do not change."""
    kind, given = next(iter(request.items()), ("", dict[str, Any]()))
    stored = glue._classifiers.get(given.get("Name"))
    if stored is None:
        raise not_found("Classifier", given.get("Name"))
    if kind not in stored:
        raise invalid(f"Classifier {given['Name']} is of another kind")
    known = stored[kind]
    known.update(given, LastUpdated=time.time(), Version=known["Version"] + 1)
    return {}
