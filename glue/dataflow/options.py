"""Options: the arguments of the job."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields


@dataclass(frozen=True, kw_only=True)
class Options:
    """The arguments as the operator passes them; those with a default may be missing."""

    pipeline: str
    bucket: str
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
    large_mb: str = "256"  # the size from which on many tasks may read one CSV object

    @classmethod
    def names_in(cls, argv: list[str]) -> list[str]:
        """Return the arguments to ask Glue for: all required ones, and those that were given."""
        return [
            field.name
            for field in fields(cls)
            if field.default is MISSING or f"--{field.name}" in argv
        ]

    @property
    def partitions(self) -> list[str]:
        """The columns that become directories, as the catalog spells them."""
        return [name.strip().lower() for name in self.partition_by.split(",") if name.strip()]

    def url(self, key: str) -> str:
        """Return where Spark and the catalog find a key."""
        return f"s3://{self.bucket}/{key}"
