"""Glue classifier: defines how a crawler reads CSV, JSON, XML or fixed-width files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dataflowxpress.api.resource_id import Key
from dataflowxpress.aws.paging import pages
from dataflowxpress.planning.naming import Names
from dataflowxpress.planning.resource import Resource, Scope, State, Tags
from dataflowxpress.planning.short_names import HASH_LENGTH

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

    @classmethod
    def name_of(cls, scope: Scope, format_digest: str) -> str:
        """Return the name of the classifier of one format, of which *format_digest* is a digest."""
        return Names(scope.owner, scope.account).of(format_digest, limit=255)

    @classmethod
    def is_derived(cls, scope: Scope, key: Key) -> bool:
        (name,) = key
        suffix = name.rpartition("-")[2]
        is_digest = re.fullmatch(f"[0-9a-f]{{{HASH_LENGTH}}}", suffix) is not None
        return is_digest and name == cls.name_of(scope, suffix)

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
