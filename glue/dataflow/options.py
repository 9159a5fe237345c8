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
    metadata_columns: str = ""
    has_crawler: str = "true"  # "false": the tables have the columns that users declared
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
    def partitions(self) -> list[str]:
        """The partition columns, in lowercase like in the catalog."""
        return _words(self.partition_by.lower())

    @property
    def metadata(self) -> list[str]:
        """The metadata columns that the tables have."""
        return _words(self.metadata_columns)

    def url(self, key: str) -> str:
        """Return the S3 URL of a key."""
        return f"s3://{self.bucket}/{key}"


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
