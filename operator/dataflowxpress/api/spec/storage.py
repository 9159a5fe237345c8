"""Storage: the bucket, the uploaded files, the Parquet files, and the tables in the catalog."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from .formats import (
    BucketName,
    Column,
    Database,
    Delimiter,
    KmsKeyArn,
    Prefix,
    Suffix,
    TablePrefix,
)
from .model import SpecModel, ValidationRule

RESERVED_PREFIX = "dataflowxpress/"


class Bucket(SpecModel):
    """The bucket for source files, Parquet files and the pipeline's own records."""

    VALIDATION_RULES = (
        ValidationRule(
            "the name of the bucket cannot change; create a new DataPipeline with the other bucket",
            cel="has(self.name) == has(oldSelf.name)"
            " && (!has(self.name) || self.name == oldSelf.name)",
            field=".name",
        ),
    )

    name: BucketName | None = None
    """The bucket's name, unique in all of AWS. Immutable.
    Default: `<namespace>-<name>-<account>`."""

    adopt: StrictBool = False
    """Take over an existing bucket that belongs to no pipeline. The operator keeps its objects,
    tags, policy statements and notifications, and adds its own."""

    versioning: StrictBool = False
    """Keep old versions of objects."""

    kms_key_arn: KmsKeyArn | None = None
    """The KMS key that encrypts the objects. Default: keys that S3 manages."""


class Csv(SpecModel):
    """The format of CSV files."""

    delimiter: Delimiter = ","
    """One character between fields, or `\\t` for a tab; control characters like `"\\x01"` work."""

    quote: Literal['"', "'"] = '"'
    """The character around fields that contain the delimiter or a newline; doubled in a field."""

    header: StrictBool = True
    """The first line of each file names its columns. If false, columns go by position."""

    @property
    def separator(self) -> str:
        """The character that the delimiter spells."""
        return "\t" if self.delimiter == r"\t" else self.delimiter


class Source(SpecModel):
    """The uploaded files."""

    prefix: Prefix = "csv_data/"
    """The folder in the bucket for uploads; ends with a slash."""

    suffix: Suffix = ""
    """The pipeline ignores keys without this ending, for example `.csv`. Empty: it takes all."""

    format: Literal["csv", "json", "parquet"] = "csv"
    """The format of the files: `csv`, `json` (one object a line) or `parquet`."""

    csv: Csv = Csv()
    """The format of CSV files; other formats ignore it."""


class Target(SpecModel):
    """The Parquet files."""

    prefix: Prefix = "parquet_data/"
    """The folder in the bucket for Parquet files, with a folder per table; ends with a slash."""

    compression: Literal["snappy", "gzip", "zstd", "none"] = "snappy"
    """The compression of the Parquet files."""

    partition_by: Annotated[tuple[Column, ...], Field(max_length=4)] = ()
    """Columns whose values become folders (`year=2026/`), so that queries read less."""


class Catalog(SpecModel):
    """The database and the tables in the Glue Data Catalog."""

    database: Database | None = None
    """The database. Default: derived from namespace and name."""

    adopt: StrictBool = False
    """Take over an existing database that belongs to no pipeline."""

    table_prefix: TablePrefix = ""
    """The beginning of the name of each table that the crawler creates."""

    tables: Literal["PerPrefix", "PerFolder"] = "PerPrefix"
    """The files of one table: all files under the source prefix, or the files of each folder
    directly in it. With `PerFolder`, objects outside of a folder wait until a user moves them."""

    type_changes: Literal["Widen", "Reject"] = "Widen"
    """What happens if a value does not fit the type of its column, which the first crawl decides.
    `Widen`: the column gets the narrowest type that keeps all its values (int, bigint, double,
    string; date, timestamp, string), and the job converts its table again. `Reject`: the job
    rejects the row."""
