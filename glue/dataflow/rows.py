"""Rows: what Spark reads from objects, in the catalog's types, each row judged whether it fits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F  # noqa: N812 - as all the world calls it

from dataflow.layout import OBJECT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession

    from dataflow.options import Options

MAX_VALUE = 1024 * 1024  # characters: Spark's parser takes that much memory for every file
MAX_COLUMNS = 20_480

# A reader gives `c0`, `c1` ... with the values in the order of the columns asked for, and
# `dfx_path`, `dfx_corrupt` (why it is no record), `dfx_record` (its text, where Spark still has it)
# and `dfx_unknown` (columns that were not asked for); all but the path may be null.


def csv_rows(spark: SparkSession, urls: list[str], width: int, options: Options) -> DataFrame:
    """Read CSV as RFC 4180 has it, all values as strings."""
    names = [f"c{position}" for position in range(width)]
    read = (
        _reader(spark)
        .schema(", ".join(f"{name} STRING" for name in [*names, "dfx_record"]))
        .options(**_dialect(options), header=options.csv_header, multiLine=True)
        .options(columnNameOfCorruptRecord="dfx_record", columnPruning=False)
        .options(nullValue="\0")  # else Spark takes "" for null too
        .options(maxCharsPerColumn=MAX_VALUE, maxColumns=max(MAX_COLUMNS, width))
        .csv(urls)
    )
    record = F.col("dfx_record")
    corrupt = F.when(record.isNotNull(), F.lit(f"not a record of {width} columns"))
    return read.select(*names, *_facts(corrupt=corrupt, record=record))


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


def located(spark: SparkSession, rows: DataFrame, places: list[dict[str, Any]]) -> DataFrame:
    """Add what is known of each row's object, by `path`: directory, key, values of the path."""
    kind = f"array<struct<path:string,{OBJECT}:string,dfx_key:string,dfx_values:array<string>>>"
    known = spark.range(1).select(F.inline(F.from_json(F.lit(json.dumps(places)), kind)))
    return rows.join(F.broadcast(known), rows["dfx_path"] == known["path"], "left")


def raw_text(columns: Sequence[str], options: Options) -> Column:
    """Return the text of a row that Spark has taken apart."""
    values = [F.col(f"c{position}").alias(name) for position, name in enumerate(columns)]
    if options.source_format == "csv":
        return F.to_csv(F.struct(*values), _dialect(options))
    return F.to_json(F.struct(*values))


def judged(
    rows: DataFrame, sources: dict[str, str], types: dict[str, str], raw: Column
) -> DataFrame:
    """Give rows the types, and say in `dfx_reason` why a row does not fit, or null.

    `sources` names the expression behind each column that was read; the others are null.
    """
    texts = {name for name, kind in rows.dtypes if kind == "string"}
    typed = {
        name: _typed(sources.get(name, "NULL"), kind, is_text=sources.get(name) in texts)
        for name, kind in types.items()
    }
    findings = [_misfit(name, sources[name], typed[name], types[name]) for name in sources]
    said = F.coalesce(F.col("dfx_corrupt"), F.concat_ws("; ", *findings))
    reason = F.when(said != "", said)
    return rows.select(
        OBJECT,
        "dfx_key",
        "dfx_unknown",
        reason.alias("dfx_reason"),
        F.when(reason.isNotNull(), F.coalesce(F.col("dfx_record"), raw)).alias("dfx_raw"),
        *[column.alias(name) for name, column in typed.items()],
    )


def counted(rows: DataFrame) -> DataFrame:
    """Count judged rows for each object: read, rejected, a reason for example, unknown columns."""
    return rows.groupBy(OBJECT).agg(
        F.count(F.lit(1)).alias("read"),
        F.count("dfx_reason").alias("rejected"),
        F.max("dfx_reason").alias("example"),
        F.array_distinct(F.flatten(F.collect_set("dfx_unknown"))).alias("unknown"),
    )


def _dialect(options: Options) -> dict[str, str]:
    quote = options.csv_quote
    return {"sep": options.csv_delimiter, "quote": quote, "escape": quote}


def _reader(spark: SparkSession) -> DataFrameReader:
    # Keys are names, never patterns. (With this, Spark reads names twice that stand beside names
    # that look like patterns: whoever calls keeps the two apart.)
    return spark.read.option("__globPaths__", "false")


def _facts(**known: Column) -> list[Column]:
    kinds = {"corrupt": "string", "record": "string", "unknown": "array<string>"}
    facts = {name: known.get(name, F.lit(None).cast(kind)) for name, kind in kinds.items()}
    path = F.col("_metadata.file_path").alias("dfx_path")
    return [path, *[fact.alias(f"dfx_{name}") for name, fact in facts.items()]]


def _typed(source: str, kind: str, *, is_text: bool) -> Column:
    if is_text and kind.startswith(("array", "map", "struct")):
        return F.from_json(source, kind)
    return F.expr(f"try_cast({source} AS {kind})")


def _misfit(name: str, source: str, typed: Column, kind: str) -> Column:
    text = F.expr(source).cast("string")

    def finding(what: str) -> Column:
        return F.concat(F.lit(f"column {name}: '"), F.substring(text, 1, 100), F.lit(f"' {what}"))

    is_value = F.trim(text) != ""
    return F.when(is_value & typed.isNull(), finding(f"is no {kind}")).when(
        text.contains("\ufffd"), finding("is not UTF-8")
    )
