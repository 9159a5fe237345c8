"""Classify: an object's schema, by the crawler's own classifiers first, then by built-in ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import objects
from .csv_classifier import CsvClassifier
from .other_classifiers import classify_json, classify_parquet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .schema import Schema


def classify(s3: Any, found: objects.S3Object, own: Sequence[CsvClassifier]) -> Schema | None:
    """Return an object's schema; None when no classifier recognises it."""
    data, whole = objects.head(s3, found)
    parquet = classify_parquet(s3, found, data)
    if parquet or data.startswith(b"PAR1"):
        return parquet
    custom = (each.classify(data, whole=whole) for each in own)
    first = next((schema for schema in custom if schema), None)
    return first or classify_json(data, whole=whole) or CsvClassifier().classify(data, whole=whole)
