"""Classify: applies the crawler's custom classifiers first, then the built-in ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import objects
from .csv_classifier import CsvClassifier
from .other_classifiers import classify_json, classify_parquet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .schema import Schema


def classify(s3: Any, found: objects.S3Object, custom: Sequence[CsvClassifier]) -> Schema | None:
    """Return the schema of an object, or None if no classifier recognises it."""
    data, whole = objects.head(s3, found)
    parquet = classify_parquet(s3, found, data)
    if parquet or data.startswith(b"PAR1"):
        return parquet
    schemas = (each.classify(data, whole=whole) for each in custom)
    first = next((schema for schema in schemas if schema), None)
    return first or classify_json(data, whole=whole) or CsvClassifier().classify(data, whole=whole)
