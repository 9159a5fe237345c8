"""Glue database: contains the pipeline's tables in the Data Catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dataflowxpress.api.resource_id import Key
from dataflowxpress.aws.paging import pages
from dataflowxpress.planning.resource import Resource, State, Tags

READ_ONLY = {"CatalogId", "CreateTime"}


@dataclass(frozen=True, kw_only=True)
class Database(Resource):
    """A database; the operator does not change properties that are empty here."""

    service = "glue"
    arn_format = "arn:{partition}:glue:{region}:{account}:database/{name}"
    keeps_data = True
    lists = True
    critical = True
    adopt_by = "spec.catalog.adopt"

    description: str
    location: str = ""

    def desired(self) -> State:
        given = {"Description": self.description, "LocationUri": self.location}
        return {name: value for name, value in given.items() if value}

    @staticmethod
    def read(glue: Any, name: str) -> State:
        have: State = glue.get_database(Name=name)["Database"]
        return have

    @staticmethod
    def list_all(glue: Any) -> Iterator[Mapping[Key, State]]:
        for page in pages(glue, "get_databases"):
            yield {(each["Name"],): each for each in page["DatabaseList"]}

    def create(self, glue: Any, want: State, tags: Tags) -> None:
        glue.create_database(DatabaseInput={"Name": self.name, **want}, Tags=dict(tags))

    def update(self, glue: Any, want: State, changed: frozenset[str]) -> None:
        """Send all properties, because UpdateDatabase removes parameters that the input lacks."""
        have = self.read(glue, self.name)
        kept = {name: value for name, value in have.items() if name not in READ_ONLY}
        glue.update_database(Name=self.name, DatabaseInput={**kept, **want})

    @staticmethod
    def is_empty(glue: Any, name: str) -> bool:
        """Return whether it has neither tables nor functions: a deletion removes both with it."""
        # As a regular expression and as a pattern of Hive, ".*" means every name.
        functions = glue.get_user_defined_functions(DatabaseName=name, Pattern=".*", MaxResults=1)
        tables = glue.get_tables(DatabaseName=name, MaxResults=1)
        return not tables["TableList"] and not functions["UserDefinedFunctions"]

    @staticmethod
    def delete(glue: Any, name: str) -> None:
        glue.delete_database(Name=name)
