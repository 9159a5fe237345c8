"""Readers: Spark's view of CSV, JSON lines and Parquet, in one shape."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - as all the world calls it

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession

    from dataflow.options import Options

MAX_VALUE = 1024 * 1024  # characters: Spark's parser takes that much memory for every file
MAX_COLUMNS = 20_480

# A reader gives `c0`, `c1` ... with the values in the order of the columns asked for, and
# `dfx_path`, `dfx_block` (where the part of the object begins that a task read), `dfx_number` (it
# grows along that part), `dfx_corrupt` (why it is no record), `dfx_record` (its text, where Spark
# still has it) and `dfx_unknown` (columns that were not asked for); the last three may be null.


def csv_rows(
    spark: SparkSession, urls: list[str], width: int, options: Options, *, in_parts: bool = False
) -> DataFrame:
    """Read CSV as RFC 4180 has it, all values as strings.

    With *in_parts*, many tasks read one object: no record may go on over the end of a line.
    """
    names = [f"c{position}" for position in range(width)]
    read = (
        _reader(spark)
        .schema(", ".join(f"{name} STRING" for name in [*names, "dfx_record"]))
        .options(**dialect(options), header=options.csv_header, multiLine=not in_parts)
        .options(columnNameOfCorruptRecord="dfx_record", columnPruning=False)
        .options(nullValue="\0")  # else Spark takes "" for null too
        .options(maxCharsPerColumn=MAX_VALUE, maxColumns=max(MAX_COLUMNS, width))
        .csv(urls)
    )
    record = F.col("dfx_record")
    corrupt = F.when(record.isNotNull(), F.lit(f"not a record of {width} columns"))
    return read.select(*names, *_facts(corrupt=corrupt, record=record))


def is_line_by_line(spark: SparkSession, url: str, options: Options) -> bool:
    """Whether each line of a CSV object is surely a record, or nothing, by itself.

    So it is where quotes stand around whole fields alone: a line that is left with a quote may be
    the beginning of a record that goes on. Spark drops lines of spaces when it reads in parts.
    """
    quote, delimiter = map(re.escape, (options.csv_quote, options.csv_delimiter))
    field = f"(?:^|(?<={delimiter})){quote}[^{quote}]*+{quote}(?=$|{delimiter})"
    rest = F.regexp_replace("value", field, "")
    doubtful = rest.contains(options.csv_quote) | F.col("value").rlike(r"^\s+$")
    return _reader(spark).text(url).where(doubtful).isEmpty()


def json_rows(spark: SparkSession, urls: list[str], columns: Sequence[str]) -> DataFrame:
    """Read JSON lines, all values as strings, names in any case."""
    line = F.regexp_replace("value", "^\ufeff", "")
    record = F.transform_keys(F.from_json(line, "map<string,string>"), lambda key, _: F.lower(key))
    read = _reader(spark).text(urls).where(F.trim(line) != "").withColumn("record", record)
    corrupt = F.when(F.col("record").isNull(), F.lit("not a JSON object"))
    others = F.array_except(F.map_keys("record"), F.array(*[F.lit(name) for name in columns]))
    unknown = F.when(F.size(others) > 0, others)
    return read.select(
        *[F.col("record")[name].alias(f"c{position}") for position, name in enumerate(columns)],
        *_facts(corrupt=corrupt, record=line, unknown=unknown),
    )


def parquet_rows(read: DataFrame) -> DataFrame:
    """Bring Parquet into the shape of the others; `read_parquet` reads it."""
    columns = [F.col("`" + name.replace("`", "``") + "`") for name in read.columns]
    named = [column.alias(f"c{position}") for position, column in enumerate(columns)]
    return read.select(*named, *_facts())


def read_parquet(spark: SparkSession, urls: list[str]) -> DataFrame:
    """Read Parquet with the columns of all objects."""
    return _reader(spark).option("mergeSchema", "true").parquet(*urls)


def dialect(options: Options) -> dict[str, str]:
    """Return how the CSV is written, in Spark's words."""
    quote = options.csv_quote
    return {"sep": options.csv_delimiter, "quote": quote, "escape": quote}


def _reader(spark: SparkSession) -> DataFrameReader:
    # Keys are names, never patterns. (With this, Spark reads names twice that stand beside names
    # that look like patterns: whoever calls keeps the two apart.)
    return spark.read.option("__globPaths__", "false")


def _facts(**known: Column) -> list[Column]:
    kinds = {"corrupt": "string", "record": "string", "unknown": "array<string>"}
    entries = {name: known.get(name, F.lit(None).cast(kind)) for name, kind in kinds.items()}
    place = [
        F.col("_metadata.file_path").alias("dfx_path"),
        F.col("_metadata.file_block_start").alias("dfx_block"),
        F.monotonically_increasing_id().alias("dfx_number"),
    ]
    return [*place, *[entry.alias(f"dfx_{name}") for name, entry in entries.items()]]
