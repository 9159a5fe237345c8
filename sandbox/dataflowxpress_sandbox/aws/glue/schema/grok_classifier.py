"""Grok classifier: custom ones, which match each line with named patterns.

The patterns here are some of those that Glue has built in. A pattern that uses another one matches
nothing: https://docs.aws.amazon.com/glue/latest/dg/custom-classifier.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .schema import Schema

if TYPE_CHECKING:
    from .sample import Sample

_BUILT_IN = {
    "WORD": r"\b\w+\b",
    "NOTSPACE": r"\S+",
    "SPACE": r"\s*",
    "DATA": r".*?",
    "GREEDYDATA": r".*",
    "INT": r"[+-]?\d+",
    "POSINT": r"\b[1-9]\d*\b",
    "NONNEGINT": r"\b\d+\b",
    "NUMBER": r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)",
    "BOOLEAN": r"(?i:true|false)",
    "UUID": r"[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}",
    "IPV4": r"(?:\d{1,3}\.){3}\d{1,3}",
    "TIMESTAMP_ISO8601": r"\d{4}-\d{2}-\d{2}[T ]\d{2}:?\d{2}(?::?\d{2}(?:[.,]\d+)?)?"
    r"(?:Z|[+-]\d{2}:?\d{2})?",
}
_TYPES = {"byte": "tinyint", "short": "smallint", "long": "bigint"}
_REFERENCE = re.compile(r"%\{(\w+)(?::([\w-]+)(?::(\w+))?)?\}")


@dataclass(frozen=True)
class GrokClassifier:
    """A pattern for a line, and the user's own patterns by name."""

    classification: str
    pattern: str
    patterns: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, classifier: dict[str, Any]) -> GrokClassifier:
        """Return the classifier for a definition of Glue's API."""
        lines = (classifier.get("CustomPatterns") or "").splitlines()
        own = dict(line.split(maxsplit=1) for line in lines if len(line.split(maxsplit=1)) > 1)
        return cls(classifier["Classification"], classifier["GrokPattern"], own)

    def classify(self, sample: Sample) -> Schema | None:
        """Return the schema of a sample, or None if its first line does not match."""
        if sample.is_binary:
            return None
        columns: dict[str, str] = {}
        try:
            expression = re.compile(self._expanded(self.pattern, columns))
        except (re.error, KeyError, RecursionError):
            return None
        line = next(iter(sample.text.splitlines()), "")
        if not columns or not expression.match(line):
            return None
        return Schema(self.classification, columns, {"grokPattern": self.pattern})

    def _expanded(self, pattern: str, columns: dict[str, str]) -> str:
        def replaced(found: re.Match[str]) -> str:
            name, column, kind = found.groups()
            if column and column != "UNWANTED":
                columns[column.lower()] = _TYPES.get(kind or "string", kind or "string")
            own = self.patterns[name] if name in self.patterns else _BUILT_IN[name]
            return f"(?:{self._expanded(own, columns)})"

        return _REFERENCE.sub(replaced, pattern)
