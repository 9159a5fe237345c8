"""Glue crawler: infers tables and columns from the files under a prefix."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from dataflowxpress.api.resource_id import Key
from dataflowxpress.aws.errors import client_error
from dataflowxpress.aws.paging import pages
from dataflowxpress.planning.diff import Exclusive
from dataflowxpress.planning.resource import Resource, State, Tags

from .classifier import Classifier
from .database import Database
from .log_group import OF_CRAWLERS, LogGroup
from .principal_permissions import PrincipalPermissions
from .role import Role
from .security_configuration import SecurityConfiguration


@dataclass(frozen=True, kw_only=True)
class Crawler(Resource):
    """A crawler without a schedule; it updates tables but never deletes them.

    A crawler classifies an object once, also if its classifiers change:
    https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html
    """

    service = "glue"
    arn_format = "arn:{partition}:glue:{region}:{account}:crawler/{name}"
    modified = "LastUpdated"
    lists = True
    immutable = frozenset({"Classifiers"})
    replacement = (
        "the new crawler classifies all objects again; a table keeps the columns of the old format"
        " until you delete it from the catalog"
    )

    role: Role
    database: Database
    classifier: Classifier | None
    path: str  # s3://bucket/prefix
    permissions: PrincipalPermissions | None = None  # that Glue checks when it is created
    table_prefix: str = ""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    recrawl: str = "CRAWL_EVERYTHING"
    exclusions: tuple[str, ...] = ()  # globs
    connection: str = ""  # to a VPC; empty: the network of Glue
    updates_tables: bool = True  # false: a table keeps the columns of its first crawl
    security_configuration: SecurityConfiguration | None = None
    log_group: LogGroup | None = None  # of its own, with a security configuration

    def desired(self) -> State:
        # Other policies require UpdateBehavior LOG.
        target = {"Path": self.path, "Exclusions": list(self.exclusions)}
        updates = self.updates_tables and self.recrawl == "CRAWL_EVERYTHING"
        return {
            "Role": self.role.name,  # GetCrawler returns the name, also if an ARN was sent
            "DatabaseName": self.database.name,
            "Classifiers": [self.classifier.name] if self.classifier else [],
            "Targets": {"S3Targets": [{**target, "ConnectionName": self.connection}]},
            "TablePrefix": self.table_prefix,
            "Configuration": Exclusive(self.configuration),
            "RecrawlPolicy": {"RecrawlBehavior": self.recrawl},
            "SchemaChangePolicy": {
                "UpdateBehavior": "UPDATE_IN_DATABASE" if updates else "LOG",
                "DeleteBehavior": "LOG",
            },
            "CrawlerSecurityConfiguration": (
                self.security_configuration.name if self.security_configuration else ""
            ),
        }

    @property
    def log_group_name(self) -> str:
        """The name of the log group of the crawls."""
        return self.log_group.name if self.log_group else OF_CRAWLERS

    @staticmethod
    def read(glue: Any, name: str) -> State:
        return _state(glue.get_crawler(Name=name)["Crawler"])

    @staticmethod
    def list_all(glue: Any) -> Iterator[Mapping[Key, State]]:
        for page in pages(glue, "get_crawlers"):
            yield {(each["Name"],): _state(each) for each in page["Crawlers"]}

    def create(self, glue: Any, want: State, tags: Tags) -> None:
        glue.create_crawler(Name=self.name, Tags=dict(tags), **self._arguments(want))

    def update(self, glue: Any, want: State, changed: frozenset[str]) -> None:
        glue.update_crawler(Name=self.name, **self._arguments(want))

    def _arguments(self, want: State) -> dict[str, Any]:
        document = json.dumps(want["Configuration"]) if want["Configuration"] else ""
        targets = [_given(each) for each in want["Targets"]["S3Targets"]]
        sent = {"Role": self.role.arn, "Configuration": document}
        return {**want, **sent, "Targets": {**want["Targets"], "S3Targets": targets}}

    @staticmethod
    def work(glue: Any, name: str) -> str:
        busy = glue.get_crawler(Name=name)["Crawler"]["State"] != "READY"
        return "the running crawl" if busy else ""

    @staticmethod
    def delete(glue: Any, name: str) -> None:
        """Delete the crawler.

        If a crawl is running, stop it and raise an error that the engine retries.
        """
        errors = glue.exceptions
        try:
            glue.delete_crawler(Name=name)
        except errors.CrawlerRunningException:
            with suppress(errors.CrawlerNotRunningException, errors.CrawlerStoppingException):
                glue.stop_crawler(Name=name)
            raise client_error("DeleteCrawler", "CrawlerStoppingException", _STOPPED) from None


def _given(target: Mapping[str, Any]) -> dict[str, Any]:
    """Return a target without an empty connection, which Glue would look up."""
    return {name: value for name, value in target.items() if name != "ConnectionName" or value}


_STOPPED = "the crawler is stopping"


def _state(crawler: Mapping[str, Any]) -> State:
    """Return the answer of Glue with its defaults, and as `desired` does."""
    absent = {"Exclusions": [], "ConnectionName": ""}
    targets = [{**absent, **each} for each in crawler["Targets"].get("S3Targets", ())]
    return {
        "TablePrefix": "",
        "Classifiers": [],
        "CrawlerSecurityConfiguration": "",
        **crawler,
        "Role": crawler["Role"].rpartition("/")[2],
        "Configuration": json.loads(crawler.get("Configuration") or "{}"),
        "Targets": {**crawler["Targets"], "S3Targets": targets},
    }
