"""Crawl: one run of a crawler over its S3 targets, with the permissions of its role."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from . import catalog
from .grouping import Group, group
from .schema import objects
from .schema.classify import classify, custom
from .schema.schema import UNKNOWN, UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from dataflowxpress_sandbox.aws.credentials import Credentials

    from .schema.objects import S3Object
    from .schema.schema import Schema

_AT_ONCE = 100  # partitions, the limit of BatchCreatePartition
_CLIENT_ERRORS = range(400, 500)
_THROTTLED = {"SlowDown", "Throttling", "ThrottlingException", "RequestTimeout"}


class Stopped(Exception):
    """The crawl was stopped on request."""


@dataclass
class Report:
    """The changes of a crawl to the catalog."""

    created: int = 0
    updated: int = 0


class Crawl:
    """A crawl; setting `stopping` stops it, and `log` receives its messages.

    `known` holds the objects that the crawler has classified. It classifies none of them again:
    https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html
    """

    def __init__(
        self,
        crawler: dict[str, Any],
        classifiers: list[dict[str, Any]],
        credentials: Credentials,
        log: Callable[..., None],
        known: dict[S3Object, Schema],
    ) -> None:
        self.stopping = threading.Event()
        self._crawler = crawler
        self._custom = [custom(each) for each in classifiers]
        self._s3 = credentials.client("s3")
        self._glue = credentials.client("glue")
        self._log, self._known = log, known
        configuration = json.loads(crawler.get("Configuration") or "{}")
        output = configuration.get("CrawlerOutput", {})
        grouping = configuration.get("Grouping", {})
        self._merge = output.get("Tables", {}).get("AddOrUpdateBehavior") == "MergeNewColumns"
        self._combine = grouping.get("TableGroupingPolicy") == "CombineCompatibleSchemas"
        self._level = grouping.get("TableLevelConfiguration")
        self._change = crawler.get("SchemaChangePolicy", {})

    def run(self) -> Report:
        """Crawl all targets and update the catalog."""
        report = Report()
        self._glue.get_database(Name=self._crawler["DatabaseName"])
        for target in self._crawler.get("Targets", {}).get("S3Targets", []):
            groups = self._groups(target)
            for each in groups:
                catalog.check(each)
            for each in groups:
                self._write(each, report)
            self._take_missing(target["Path"], {each.location for each in groups})
        return report

    def _groups(self, target: dict[str, Any]) -> list[Group]:
        classified = []
        for found in objects.under(self._s3, target["Path"], target.get("Exclusions", [])):
            if self.stopping.is_set():
                raise Stopped
            classified.append((found, self._known.get(found) or self._classified(found)))
        return group(target["Path"], classified, combine=self._combine, level=self._level)

    def _classified(self, found: S3Object) -> Schema:
        """Return the schema of an object; an object that S3 refuses does not end the crawl.

        The message is one of Glue's log: "Glue crawler issues during spark job run", 2020-03-18.
        """
        try:
            schema = classify(self._s3, found, self._custom)
        except ClientError as error:
            if not _is_about_the_object(error):
                raise
            message = f"Error {error} retrieving file at {found.uri}."
            self._log(f"{message} Tables created did not infer schemas from this file.", "ERROR")
            return UNREADABLE
        if schema is UNKNOWN:
            self._log(f"No classifier recognises {found.uri}")
        self._known[found] = schema
        return schema

    def _write(self, each: Group, report: Report) -> None:
        database = self._crawler["DatabaseName"]
        tables = {table["Name"]: table for table in self._tables()}
        locations = {name: table["StorageDescriptor"]["Location"] for name, table in tables.items()}
        name = catalog.name_of(each, self._crawler.get("TablePrefix", ""), locations)
        new = catalog.table_input(each, self._crawler["Name"], name)
        if name not in tables:
            self._glue.create_table(DatabaseName=database, TableInput=new)
            self._log(f"Created table {name} in database {database}")
            report.created += 1
        elif self._change.get("UpdateBehavior") != "LOG":
            changed = catalog.updated(tables[name], new, merge_columns=self._merge)
            if changed:
                self._glue.update_table(DatabaseName=database, TableInput=changed)
                self._log(f"Updated table {name} in database {database}")
                report.updated += 1
        self._write_partitions(each, name)

    def _write_partitions(self, each: Group, table: str) -> None:
        if not each.partitioned:
            return
        named = {"DatabaseName": self._crawler["DatabaseName"], "TableName": table}
        pages = self._glue.get_paginator("get_partitions").paginate(**named)
        known = {tuple(each["Values"]) for page in pages for each in page["Partitions"]}
        described = self._glue.get_table(DatabaseName=named["DatabaseName"], Name=table)["Table"]
        storage, keys = described["StorageDescriptor"], described.get("PartitionKeys", [])
        if [key["Name"] for key in keys] != each.partition_keys:
            # https://repost.aws/knowledge-center/glue-crawler-not-adding-new-partitions
            reason = "Folder partition keys do not match table partition keys"
            for location in each.partitions.values():
                self._log(f"{reason}, skipped folder: {location.removeprefix('s3://')}")
            return
        new = [
            {"Values": list(values), "StorageDescriptor": {**storage, "Location": location}}
            for values, location in each.partitions.items()
            if values not in known
        ]
        for begin in range(0, len(new), _AT_ONCE):
            some = new[begin : begin + _AT_ONCE]
            self._glue.batch_create_partition(**named, PartitionInputList=some)

    def _take_missing(self, path: str, found: set[str]) -> None:
        """Delete or mark this crawler's tables whose objects no longer exist."""
        behaviour = self._change.get("DeleteBehavior", "LOG")
        if behaviour == "LOG":
            return
        for table in self._tables():
            is_own = table.get("Parameters", {}).get("UPDATED_BY_CRAWLER") == self._crawler["Name"]
            location = table["StorageDescriptor"]["Location"]
            if is_own and location.startswith(path) and location not in found:
                self._take(table, delete=behaviour == "DELETE_FROM_DATABASE")

    def _take(self, table: dict[str, Any], *, delete: bool) -> None:
        database, name = self._crawler["DatabaseName"], table["Name"]
        if delete:
            self._glue.delete_table(DatabaseName=database, Name=name)
            self._log(f"Deleted table {name}: its objects no longer exist")
        elif marked := catalog.deprecated(table):
            self._glue.update_table(DatabaseName=database, TableInput=marked)
            self._log(f"Deprecated table {name}: its objects no longer exist")

    def _tables(self) -> list[dict[str, Any]]:
        pages = self._glue.get_paginator("get_tables").paginate(
            DatabaseName=self._crawler["DatabaseName"]
        )
        return [table for page in pages for table in page["TableList"]]


def _is_about_the_object(error: ClientError) -> bool:
    """Return whether S3 refuses an object: archived, encrypted, denied or deleted meanwhile."""
    is_refused = error.response["ResponseMetadata"]["HTTPStatusCode"] in _CLIENT_ERRORS
    is_throttled = error.response["Error"]["Code"] in _THROTTLED
    return error.operation_name == "GetObject" and is_refused and not is_throttled
