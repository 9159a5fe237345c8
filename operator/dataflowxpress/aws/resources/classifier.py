"""Glue classifier: defines how a crawler reads CSV files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from dataflowxpress.planning.resource import Resource, State, Tags

Header = Literal["PRESENT", "ABSENT"]


@dataclass(frozen=True, kw_only=True)
class Classifier(Resource):
    """A custom CSV classifier.

    Glue's built-in one guesses the header and requires at least two columns and two rows.
    """

    service = "glue"

    delimiter: str = ","
    quote: str = '"'
    header: Header

    def desired(self) -> State:
        return {
            "Delimiter": self.delimiter,
            "QuoteSymbol": self.quote,
            "ContainsHeader": self.header,
            "DisableValueTrimming": False,
            "AllowSingleColumn": True,
        }

    @staticmethod
    def read(glue: Any, name: str) -> State:
        classifier: State = glue.get_classifier(Name=name)["Classifier"]
        have: State = classifier.get("CsvClassifier", {})  # absent for other formats
        return have

    def create(self, glue: Any, want: State, tags: Tags) -> None:
        glue.create_classifier(CsvClassifier={"Name": self.name, **want})

    def update(self, glue: Any, want: State, changed: frozenset[str]) -> None:
        glue.update_classifier(CsvClassifier={"Name": self.name, **want})

    @staticmethod
    def delete(glue: Any, name: str) -> None:
        glue.delete_classifier(Name=name)
