"""Glue classifier: defines how a crawler reads CSV, JSON, XML or fixed-width files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dataflowxpress.planning.resource import Resource, State, Tags

Form = Literal["CsvClassifier", "JsonClassifier", "XMLClassifier", "GrokClassifier"]


@dataclass(frozen=True, kw_only=True)
class Classifier(Resource):
    """A custom classifier, whose form never changes: AWS has one call, with a member for each."""

    service = "glue"

    form: Form
    settings: Mapping[str, Any]

    def desired(self) -> State:
        return dict(self.settings)

    @staticmethod
    def read(glue: Any, name: str) -> State:
        classifier: dict[str, State] = glue.get_classifier(Name=name)["Classifier"]
        return next(iter(classifier.values()), {})

    def create(self, glue: Any, want: State, tags: Tags) -> None:
        glue.create_classifier(**{self.form: {"Name": self.name, **want}})

    def update(self, glue: Any, want: State, changed: frozenset[str]) -> None:
        glue.update_classifier(**{self.form: {"Name": self.name, **want}})

    @staticmethod
    def delete(glue: Any, name: str) -> None:
        glue.delete_classifier(Name=name)
