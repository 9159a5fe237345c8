"""Options: the arguments of the job."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields


@dataclass(frozen=True, kw_only=True)
class Options:
    """The arguments that the operator passes; those with a default are optional."""

    pipeline: str
    bucket: str
    bucket_owner: str  # the account
    database: str
    source_prefix: str
    source_format: str
    target_prefix: str
    table_prefix: str = ""
    source_suffix: str = ""
    csv_delimiter: str = ","
    csv_quote: str = '"'
    csv_header: str = "true"
    compression: str = "snappy"
    partition_by: str = ""
    type_changes: str = "Widen"  # or "Reject" the rows that do not fit
    large_mb: str = "256"  # from this size on, several tasks can read one CSV object

    @classmethod
    def names_in(cls, argv: list[str]) -> list[str]:
        """Return the names of the required arguments and of those in *argv*."""
        return [
            field.name
            for field in fields(cls)
            if field.default is MISSING or f"--{field.name}" in argv
        ]

    @property
    def partitions(self) -> list[str]:
        """The partition columns, in lowercase like in the catalog."""
        return [name.strip().lower() for name in self.partition_by.split(",") if name.strip()]

    def url(self, key: str) -> str:
        """Return the S3 URL of a key."""
        return f"s3://{self.bucket}/{key}"
