"""Classify: applies the crawler's custom classifiers first, then the built-in ones.

Glue invokes them in this order, and classifies an object that none of them recognises as UNKNOWN:
https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html. Its built-in classifiers for logs,
BSON and Ion are missing here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from . import objects
from .avro_classifier import AvroClassifier
from .columnar import OrcClassifier, ParquetClassifier
from .compression import NotExpandableError
from .csv_classifier import CsvClassifier
from .grok_classifier import GrokClassifier
from .json_classifier import JsonClassifier
from .sample import Sample
from .schema import UNKNOWN, Schema
from .xml_classifier import XmlClassifier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Classifier(Protocol):
    """Recognises a format."""

    def classify(self, sample: Sample) -> Schema | None:
        """Return the schema of a sample, or None if it is of another format."""


_BUILT_IN: tuple[Classifier, ...] = (
    *(AvroClassifier(), OrcClassifier(), ParquetClassifier()),
    *(JsonClassifier(), XmlClassifier(), CsvClassifier()),
)
_CUSTOM: dict[str, Callable[[dict[str, Any]], Classifier]] = {
    "CsvClassifier": CsvClassifier.of,
    "JsonClassifier": JsonClassifier.of,
    "XMLClassifier": XmlClassifier.of,
    "GrokClassifier": GrokClassifier.of,
}


def custom(definition: dict[str, Any]) -> Classifier:
    """Return the classifier for an answer of GetClassifier."""
    [(kind, about)] = definition.items()
    return _CUSTOM[kind](about)


def classify(s3: Any, found: objects.S3Object, classifiers: Sequence[Classifier]) -> Schema:
    """Return the schema of an object, or UNKNOWN if no classifier recognises it."""
    try:
        sample = Sample(objects.reader(s3, found), found.compression)
        schemas = (each.classify(sample) for each in (*classifiers, *_BUILT_IN))
        return next((schema for schema in schemas if schema), UNKNOWN)
    except NotExpandableError:
        return UNKNOWN
