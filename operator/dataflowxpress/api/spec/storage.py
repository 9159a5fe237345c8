"""Storage: the bucket, the Parquet files, and the tables in the catalog."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from .columns import ADDED_BY_JOB, TableSchema
from .formats import BucketName, Column, Database, KmsKeyArn, Prefix, TablePrefix
from .model import SpecModel, ValidationRule


class AccessLogs(SpecModel):
    """Where S3 writes a record of each request to the pipeline's bucket."""

    bucket: BucketName
    """The bucket of the logs, in the account and region of the pipeline. Its policy must allow
    `logging.s3.amazonaws.com` to put objects."""

    prefix: Prefix | None = None
    """The folder of the logs. Default: the name of the pipeline's bucket."""


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
    """The KMS key that encrypts the objects. Default: `encryption.kmsKeyArn`, or keys that S3
    manages."""

    access_logs: AccessLogs | None = None
    """Write the access logs of the bucket to another bucket. Default: S3 writes none."""


MetadataColumn = Literal["file", "fileModified", "ingestedAt", "recordNumber"]


SHORTEST_RETENTION, LONGEST_RETENTION = 1, 365 * 24  # hours


class Iceberg(SpecModel):
    """Settings of Iceberg tables, for `target.format: Iceberg`."""

    mode: Literal["CopyOnWrite", "MergeOnRead"] = "CopyOnWrite"
    """The effect of new content for a key. `CopyOnWrite`: write the files with its rows again, so
    that queries are fast. `MergeOnRead`: write which rows are deleted, so that runs are fast."""

    snapshot_retention_hours: Annotated[
        int, Field(strict=True, ge=SHORTEST_RETENTION, le=LONGEST_RETENTION)
    ] = 120
    """The hours for which queries can go back to an earlier snapshot. Later, the job deletes the
    files that only this snapshot has."""

    maintenance_runs: Annotated[int, Field(strict=True, ge=1, le=1000)] = 20
    """The number of runs after which a run also compacts small files and expires snapshots."""


class Write(SpecModel):
    """The effect of new rows on the rows that are in a table."""

    VALIDATION_RULES = (
        ValidationRule(
            "Upsert needs the columns that identify a row and the column that says which row is"
            " newer; set keys and latestBy",
            cel="!has(self.mode) || self.mode != 'Upsert'"
            " || (has(self.keys) && self.keys.size() > 0 && has(self.latestBy))",
            holds=lambda write: write.mode != "Upsert" or bool(write.keys and write.latest_by),
            field=".mode",
        ),
    )

    mode: Literal["Append", "Upsert"] = "Append"
    """`Append`: keep all rows. `Upsert`: keep one row for each value of `keys`, the newest by
    `latestBy`. It needs `target.format: Iceberg`, and the job rejects rows without these values."""

    keys: Annotated[tuple[Column, ...], Field(max_length=8)] = ()
    """The columns that identify a row, for `Upsert`."""

    latest_by: Column | None = None
    """The column that is largest in the newest row of a key, for `Upsert`: a time or a number. Of
    rows with the same value, the row of the later run stays."""


class Target(SpecModel):
    """The tables with the converted rows."""

    VALIDATION_RULES = (
        ValidationRule(
            "a table cannot change its format in its folder; choose another target.prefix too,"
            " and the job converts all objects into it",
            cel="!has(oldSelf.format) || self.format == oldSelf.format"
            " || self.prefix != oldSelf.prefix",
            field=".format",
        ),
        ValidationRule(
            "the rows that an Iceberg table has do not follow another rule; leave target.write, or"
            " create a new DataPipeline",
            cel="!has(oldSelf.format) || oldSelf.format != 'Iceberg' || self.format != 'Iceberg'"
            " || !has(oldSelf.write) || self.write == oldSelf.write",
            field=".write",
        ),
        ValidationRule(
            "only Iceberg tables can replace single rows; set target.format to Iceberg",
            cel="!has(self.write) || !has(self.write.mode) || self.write.mode != 'Upsert'"
            " || (has(self.format) && self.format == 'Iceberg')",
            holds=lambda target: target.write.mode != "Upsert" or target.format == "Iceberg",
            field=".write.mode",
        ),
        ValidationRule(
            "an Iceberg table stays in its folder; leave target.prefix, or create a new"
            " DataPipeline with the other folder",
            cel="!has(oldSelf.format) || oldSelf.format != 'Iceberg' || self.format != 'Iceberg'"
            " || self.prefix == oldSelf.prefix",
            field=".prefix",
        ),
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

    format: Literal["Parquet", "Iceberg"] = "Parquet"
    """The format of the tables. `Parquet`: Parquet files, in partitions of the catalog's tables.
    `Iceberg`: Iceberg tables, in which a run appears at once; the job needs Glue 5.1. The format
    can change only together with `prefix`."""

    iceberg: Iceberg = Iceberg()
    """Settings of Iceberg tables, for `target.format: Iceberg`."""

    write: Write = Write()
    """The effect of new rows on the rows that are in a table."""

    prefix: Prefix = "parquet_data/"
    """The folder in the bucket for Parquet files, with a folder per table; ends with a slash."""

    compression: Literal["snappy", "gzip", "zstd", "none"] = "snappy"
    """The compression of the Parquet files."""

    partition_by: Annotated[tuple[Column, ...], Field(max_length=4)] = ()
    """Columns whose values become folders (`year=2026/`), so that queries read less."""

    replaced_file_retention_minutes: Annotated[int, Field(strict=True, ge=0, le=10_080)] = 10
    """How long files stay after other files have replaced them, so that queries that have planned
    with them succeed. The first run after this time deletes them."""

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
