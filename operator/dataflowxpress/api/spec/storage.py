"""Storage: the bucket, what arrives in it, what comes out, and the tables in the catalog."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .model import Prefix, SpecModel, Suffix, ValidationRule

RESERVED_PREFIX = "dataflowxpress/"

KmsKeyArn = Annotated[
    str,
    Field(pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", max_length=512),
]
Column = Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=255)]


class Bucket(SpecModel):
    """The bucket that holds source files, Parquet and the pipeline's own bookkeeping."""

    VALIDATION_RULES = (
        ValidationRule(
            "the bucket's name cannot change: create a new DataPipeline with the other bucket",
            cel="has(self.name) == has(oldSelf.name)"
            " && (!has(self.name) || self.name == oldSelf.name)",
            field=".name",
        ),
    )

    name: Annotated[
        str | None,
        Field(pattern=r"^[a-z0-9][a-z0-9.-]*[a-z0-9]$", min_length=3, max_length=63),
    ] = None
    """The bucket's name, unique in all of AWS. Immutable.
    Left out: `<namespace>-<name>-<account>`."""

    adopt: bool = False
    """Take over a bucket that exists already and belongs to no pipeline. Its objects, tags, policy
    statements and notifications stay as they are; ours are added."""

    versioning: bool = False
    """Keep old versions of objects."""

    kms_key_arn: KmsKeyArn | None = None
    """Encrypt with this KMS key. Left out: with keys that S3 manages."""


class Csv(SpecModel):
    """How CSV files are written."""

    delimiter: Annotated[str, Field(pattern=r"^(\\t|[^\\\r\n\"'])$", max_length=2)] = ","
    """One character between fields, or `\\t` for a tab."""

    quote: Literal['"', "'"] = '"'
    """The character around fields that hold the delimiter or a newline; doubled within a field."""

    header: bool = True
    """The first line of each file names its columns. Without it, columns go by position."""


class Source(SpecModel):
    """What arrives."""

    prefix: Prefix = "csv_data/"
    """Where in the bucket uploads arrive; ends with a slash."""

    suffix: Suffix = ""
    """Only keys that end with it count, for example `.csv`. Empty: all."""

    format: Literal["csv", "json", "parquet"] = "csv"
    """What the files are: `csv`, `json` (one object a line) or `parquet`."""

    csv: Csv = Csv()
    """How the CSV files are written; of no meaning for other formats."""


class Target(SpecModel):
    """What comes out."""

    prefix: Prefix = "parquet_data/"
    """Where in the bucket the Parquet goes, a folder per table; ends with a slash."""

    compression: Literal["snappy", "gzip", "zstd", "none"] = "snappy"
    """How the Parquet is compressed."""

    partition_by: Annotated[tuple[Column, ...], Field(max_length=4)] = ()
    """Columns whose values become folders (`year=2026/`), so that queries read less."""


class Catalog(SpecModel):
    """The Glue Data Catalog's side: where the tables are."""

    database: Annotated[str | None, Field(pattern=r"^[a-z0-9_]+$", max_length=255)] = None
    """The database. Left out: derived from namespace and name."""

    adopt: bool = False
    """Take over a database that exists already and belongs to no pipeline."""

    table_prefix: Annotated[str, Field(pattern=r"^[a-z0-9_]*$", max_length=64)] = ""
    """Put before the name of every table that the crawler makes."""

    tables: Literal["PerPrefix", "PerFolder"] = "PerPrefix"
    """What becomes one table: all that lies under the source prefix, or each folder directly in it.
    With `PerFolder`, objects that lie in no folder wait until they are moved into one."""
