"""Storage: the bucket, the Parquet files, and the tables in the catalog."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from .columns import ADDED_BY_JOB, TableSchema
from .formats import BucketName, Column, Database, KmsKeyArn, Prefix, TablePrefix
from .model import SpecModel, ValidationRule


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
    Default: `<namespace>-<name>-<account>`; a namespace that has a hyphen is followed by two."""

    adopt: StrictBool = False
    """Take over an existing bucket that belongs to no pipeline. The operator keeps its objects,
    tags, policy statements and notifications, and adds its own."""

    versioning: StrictBool = False
    """Keep old versions of objects."""

    kms_key_arn: KmsKeyArn | None = None
    """The KMS key that encrypts the objects. Default: keys that S3 manages."""


MetadataColumn = Literal["file", "fileModified", "ingestedAt", "recordNumber"]


class Target(SpecModel):
    """The Parquet files."""

    VALIDATION_RULES = (
        ValidationRule(
            "a column is named twice; remove one of the two",
            cel="!has(self.partitionBy) || self.partitionBy.all(one,"
            " self.partitionBy.exists_one(other, other == one))",
            holds=lambda target: len(set(target.partition_by)) == len(target.partition_by),
            field=".partitionBy",
        ),
        ValidationRule(
            "the job adds a column of this name, and it cannot be a folder; choose a column of the"
            " files",
            cel="!has(self.partitionBy)"
            f" || !self.partitionBy.exists(name, name in {list(ADDED_BY_JOB)})",
            holds=lambda target: not set(target.partition_by) & set(ADDED_BY_JOB),
            field=".partitionBy",
        ),
    )

    prefix: Prefix = "parquet_data/"
    """The folder in the bucket for Parquet files, with a folder per table; ends with a slash."""

    compression: Literal["snappy", "gzip", "zstd", "none"] = "snappy"
    """The compression of the Parquet files."""

    partition_by: Annotated[tuple[Column, ...], Field(max_length=4)] = ()
    """Columns whose values become folders (`year=2026/`), so that queries read less."""

    metadata_columns: Annotated[tuple[MetadataColumn, ...], Field(max_length=4)] = ()
    """Columns that say where a row came from. `file`: the key of its object, in `_file`.
    `fileModified`: the time of the upload, in `_file_modified`. `ingestedAt`: the time of the
    conversion, in `_ingested_at`. `recordNumber`: its number in the object, from 1, in
    `_record_number`."""


class Catalog(SpecModel):
    """The database and the tables in the Glue Data Catalog."""

    database: Database | None = None
    """The database. Default: derived from namespace and name."""

    adopt: StrictBool = False
    """Take over an existing database that belongs to no pipeline."""

    lake_formation: StrictBool = False
    """Grant the job's role permissions in Lake Formation on the database and its tables, if Lake
    Formation governs them. The operator's role must be a data lake administrator."""

    table_prefix: TablePrefix = ""
    """The beginning of the name of each table that the crawler creates."""

    tables: Literal["PerPrefix", "PerFolder"] = "PerPrefix"
    """The files of one table: all files under the source prefix, or the files of each folder
    directly in it. With `PerFolder`, objects outside of a folder wait until a user moves them."""

    table_schema: Annotated[TableSchema, Field(alias="schema")] = TableSchema()
    """The reaction to columns and values that do not fit the tables."""
