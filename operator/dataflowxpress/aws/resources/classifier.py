"""Glue classifier: defines how a crawler reads CSV, JSON, XML or fixed-width files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dataflowxpress.api.resource_id import Key
from dataflowxpress.aws.paging import pages
from dataflowxpress.planning.resource import Resource, State, Tags

Form = Literal["CsvClassifier", "JsonClassifier", "XMLClassifier", "GrokClassifier"]


@dataclass(frozen=True, kw_only=True)
class Classifier(Resource):
    """A custom classifier, whose form never changes: AWS has one call, with a member for each."""

    service = "glue"
    lists = True

    form: Form
    settings: Mapping[str, Any]

    def desired(self) -> State:
        return dict(self.settings)

    @staticmethod
    def read(glue: Any, name: str) -> State:
        return _settings(glue.get_classifier(Name=name)["Classifier"])

    @staticmethod
    def list_all(glue: Any) -> Iterator[Mapping[Key, State]]:
        for page in pages(glue, "get_classifiers"):
            found = map(_settings, page["Classifiers"])
            yield {(each["Name"],): each for each in found if each}

    def create(self, glue: Any, want: State, tags: Tags) -> None:
        glue.create_classifier(**{self.form: {"Name": self.name, **want}})

    def update(self, glue: Any, want: State, changed: frozenset[str]) -> None:
        glue.update_classifier(**{self.form: {"Name": self.name, **want}})

    @staticmethod
    def delete(glue: Any, name: str) -> None:
        glue.delete_classifier(Name=name)


def _settings(classifier: Mapping[str, State]) -> State:
    """Return the settings of a classifier; AWS puts them below the name of its form."""
    return next(iter(classifier.values()), {})
