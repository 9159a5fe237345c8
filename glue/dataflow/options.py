"""Options: the arguments of the job."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from functools import cached_property

from dataflow.source_options import SourceOptions


@dataclass(frozen=True, kw_only=True)
class Options:
    """The arguments that the operator passes; those with a default are optional."""

    pipeline: str
    bucket: str
    bucket_owner: str  # the account
    database: str
    source_prefix: str
    target_prefix: str
    source: str = "{}"  # how to read the objects: see SourceOptions
    source_suffix: str = ""
    table_prefix: str = ""
    tables: str = "PerPrefix"  # or PerFolder
    compression: str = "snappy"
    partition_by: str = ""
    table_format: str = "Parquet"  # or Iceberg
    row_changes: str = "copy-on-write"  # or merge-on-read; of an Iceberg table
    upsert_keys: str = ""  # columns; an Iceberg table then has one row for each of their values
    latest_by: str = ""  # the column that says which of these rows is the newest
    snapshot_retention_hours: str = "120"  # of an Iceberg table
    maintenance_runs: str = "20"  # between two maintenances of an Iceberg table
    metadata_columns: str = ""
    crawls: str = "Always"  # after uploads; or NewColumns: on request; or Never
    crawler: str = ""  # the name, and the queue for requests, with NewColumns
    crawl_queue: str = ""
    replaced_file_retention_minutes: str = "10"
    spark_mb: str = "64"  # of objects, from which on Spark converts them, and not the driver alone

    @classmethod
    def names_in(cls, argv: list[str]) -> list[str]:
        """Return the names of the required arguments and of those in *argv*."""
        return [
            field.name
            for field in fields(cls)
            if field.default is MISSING or f"--{field.name}" in argv
        ]

    @cached_property
    def reading(self) -> SourceOptions:
        """How to read the objects."""
        return SourceOptions.parse(self.source)

    @property
    def is_iceberg(self) -> bool:
        """Whether the rows go to Iceberg tables."""
        return self.table_format == "Iceberg"

    @property
    def partition_columns(self) -> list[str]:
        """The columns that partition the tables, in lowercase like in the catalog."""
        return _words(self.partition_by.lower())

    @property
    def partitions(self) -> list[str]:
        """The partition columns whose values are folders; Iceberg keeps them in the files."""
        return [] if self.is_iceberg else self.partition_columns

    @property
    def keys(self) -> list[str]:
        """The columns that identify a row, in lowercase; empty if all rows are kept."""
        return _words(self.upsert_keys.lower())

    @property
    def upsert_columns(self) -> list[str]:
        """The columns without whose values a row cannot be compared with others."""
        return [*self.keys, self.latest_by.lower()] if self.keys else []

    @property
    def metadata(self) -> list[str]:
        """The metadata columns that the tables have."""
        return _words(self.metadata_columns)

    def url(self, key: str) -> str:
        """Return the S3 URL of a key."""
        return f"s3://{self.bucket}/{key}"


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
