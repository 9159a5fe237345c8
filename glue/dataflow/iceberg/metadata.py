"""Metadata: what an Iceberg table is, read without Spark.

A run that has nothing to do must not start Spark only to see that nothing is left to publish.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataflow.iceberg.types import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dataflow.store import Store

Json = dict[str, Any]

_GZIP = b"\x1f\x8b"
_TOTALS = ("data-files", "delete-files", "files-size", "records", "position-deletes")


@dataclass(frozen=True)
class Metadata:
    """The current metadata of a table."""

    columns: Mapping[str, str]  # the types of the catalog, by name
    fields: Mapping[str, int]  # the identifiers of the columns, which a new type changes
    partitions: tuple[str, ...]  # the columns whose values partition the table
    properties: Mapping[str, str]
    branches: Mapping[str, int]  # the snapshots of all branches, by name
    added: Mapping[int, int]  # the rows that each snapshot has added
    totals: Mapping[int, Json]  # the files, bytes and rows of the table in each snapshot


def read_metadata(store: Store, glue: Any, database: str, name: str) -> Metadata | None:
    """Return the metadata of a table in the catalog, or None if there is no such table.

    Raises RuntimeError if the table is not an Iceberg table.
    """
    try:
        table = glue.get_table(DatabaseName=database, Name=name)["Table"]
    except glue.exceptions.EntityNotFoundException:
        return None
    location = table.get("Parameters", {}).get("metadata_location")
    if not location:
        raise RuntimeError(
            f"table {name} exists and is no Iceberg table: delete it or change catalog.tablePrefix"
        )
    content = store.read(location.partition(f"{store.bucket}/")[2])
    return _parsed(json.loads(gzip.decompress(content) if content[:2] == _GZIP else content))


def _parsed(content: Json) -> Metadata:
    schema = _with_id(content["schemas"], "schema-id", content["current-schema-id"])
    spec = _with_id(content["partition-specs"], "spec-id", content["default-spec-id"])
    names = {field["id"]: field["name"] for field in schema["fields"]}
    refs = content.get("refs", {})
    branches = {name: ref["snapshot-id"] for name, ref in refs.items() if ref["type"] == "branch"}
    summaries = {each["snapshot-id"]: each["summary"] for each in content.get("snapshots", [])}
    return Metadata(
        {field["name"]: kind_of(field["type"]) for field in schema["fields"]},
        {name: number for number, name in names.items()},
        tuple(
            names[each["source-id"]] for each in spec["fields"] if each["transform"] == "identity"
        ),
        content.get("properties", {}),
        branches,
        {number: int(each.get("added-records", 0)) for number, each in summaries.items()},
        {number: _totals(each) for number, each in summaries.items()},
    )


def _totals(summary: Mapping[str, str]) -> Json:
    """Return the totals of a snapshot; files of deletes are files, too."""
    figures = {name: int(summary.get(f"total-{name}", 0)) for name in _TOTALS}
    return {
        "files": figures["data-files"] + figures["delete-files"],
        "bytes": figures["files-size"],
        "rows": figures["records"] - figures["position-deletes"],
    }


def _with_id(listed: list[Json], name: str, number: int) -> Json:
    return next(each for each in listed if each[name] == number)
