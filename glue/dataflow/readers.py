"""Readers: read CSV, JSON Lines and Parquet into data frames of one schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the usual name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession

    from dataflow.options import Options

MAX_VALUE = 1024 * 1024  # characters; Spark's parser allocates them for each file
MAX_COLUMNS = 20_480

# A reader returns `c0`, `c1` ... with the values in the order of the requested columns, and
# `dfx_path`, `dfx_block` (the start of the part of the object that a task read), `dfx_number`
# (increases within that part), `dfx_corrupt` (the reason why the text is not a record),
# `dfx_record` (the text of the record, if Spark keeps it) and `dfx_unknown` (columns that were not
# requested). The last three can be null.


def csv_rows(
    spark: SparkSession, urls: list[str], width: int, options: Options, *, in_parts: bool = False
) -> DataFrame:
    """Read CSV according to RFC 4180, all values as strings.

    With *in_parts*, several tasks read one object: every record must end with its line.
    """
    names = [f"c{position}" for position in range(width)]
    read = (
        _reader(spark)
        .schema(", ".join(f"{name} STRING" for name in [*names, "dfx_record"]))
        .options(**dialect(options), header=options.csv_header, multiLine=not in_parts)
        .options(columnNameOfCorruptRecord="dfx_record", columnPruning=False)
        .options(nullValue="\0")  # otherwise Spark reads "" as null
        .options(maxCharsPerColumn=MAX_VALUE, maxColumns=max(MAX_COLUMNS, width))
        .csv(urls)
    )
    record = F.col("dfx_record")
    corrupt = F.when(record.isNotNull(), F.lit(f"not a record of {width} columns"))
    return read.select(*names, *_metadata(corrupt=corrupt, record=record))


def is_line_by_line(spark: SparkSession, url: str, options: Options) -> bool:
    """Return whether each line of a CSV object is certainly one record or empty.

    This holds if quotes only enclose whole fields: with any other quote, a record can continue on
    the next line. Lines of spaces and control characters do not qualify, because Spark drops them
    when it reads in parts, also if such a character is the delimiter.
    """
    quote, delimiter = map(re.escape, (options.csv_quote, options.csv_delimiter))
    field = f"(?:^|(?<={delimiter})){quote}[^{quote}]*+{quote}(?=$|{delimiter})"
    unquoted = F.regexp_replace("value", field, "")
    uncertain = unquoted.contains(options.csv_quote) | F.col("value").rlike(r"^[\x00-\x20]+$")
    return _reader(spark).text(url).where(uncertain).isEmpty()


def json_rows(spark: SparkSession, urls: list[str], columns: Sequence[str]) -> DataFrame:
    """Read JSON Lines, all values as strings, with case-insensitive names."""
    line = F.regexp_replace("value", "^\ufeff", "")
    record = F.transform_keys(F.from_json(line, "map<string,string>"), lambda key, _: F.lower(key))
    read = _reader(spark).text(urls).where(F.trim(line) != "").withColumn("record", record)
    corrupt = F.when(F.col("record").isNull(), F.lit("not a JSON object"))
    others = F.array_except(F.map_keys("record"), F.array(*[F.lit(name) for name in columns]))
    unknown = F.when(F.size(others) > 0, others)
    return read.select(
        *[F.col("record")[name].alias(f"c{position}") for position, name in enumerate(columns)],
        *_metadata(corrupt=corrupt, record=line, unknown=unknown),
    )


def parquet_rows(read: DataFrame) -> DataFrame:
    """Return rows from `read_parquet` in the schema of the other readers."""
    columns = [F.col("`" + name.replace("`", "``") + "`") for name in read.columns]
    named = [column.alias(f"c{position}") for position, column in enumerate(columns)]
    return read.select(*named, *_metadata())


def read_parquet(spark: SparkSession, urls: list[str], **options: str) -> DataFrame:
    """Read Parquet with the columns of all objects."""
    return _reader(spark).options(mergeSchema="true", **options).parquet(*urls)


def dialect(options: Options) -> dict[str, str]:
    """Return the CSV dialect as Spark options."""
    quote = options.csv_quote
    return {"sep": options.csv_delimiter, "quote": quote, "escape": quote}


def _reader(spark: SparkSession) -> DataFrameReader:
    # Keys are names, not glob patterns. With this option, Spark reads some names twice if other
    # names look like patterns, so callers must read the two separately.
    return spark.read.option("__globPaths__", "false")


def _metadata(**known: Column) -> list[Column]:
    kinds = {"corrupt": "string", "record": "string", "unknown": "array<string>"}
    entries = {name: known.get(name, F.lit(None).cast(kind)) for name, kind in kinds.items()}
    position = [
        F.col("_metadata.file_path").alias("dfx_path"),
        F.col("_metadata.file_block_start").alias("dfx_block"),
        F.monotonically_increasing_id().alias("dfx_number"),
    ]
    return [*position, *[entry.alias(f"dfx_{name}") for name, entry in entries.items()]]
