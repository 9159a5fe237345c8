"""Rows: cast the rows to the catalog's types, validate and count them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pyspark.sql import functions as F  # noqa: N812 - the usual name

from dataflow import casts
from dataflow.layout import OBJECT
from dataflow.readers import dialect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame, SparkSession

    from dataflow.options import Options

# The columns of validated rows besides the table's columns and the object's directory.
INTERNAL_COLUMNS = (
    *("dfx_key", "dfx_block", "dfx_number", "dfx_unknown"),
    *("dfx_misfits", "dfx_reason", "dfx_raw"),
)
MISFIT = "struct<name:string,text:string,message:string,is_type:boolean>"


def with_objects(spark: SparkSession, rows: DataFrame, objects: list[dict[str, Any]]) -> DataFrame:
    """Join rows with their *objects* by `path`: directory, key and values of the path columns."""
    kind = f"array<struct<path:string,{OBJECT}:string,dfx_key:string,dfx_values:array<string>>>"
    known = spark.range(1).select(F.inline(F.from_json(F.lit(json.dumps(objects)), kind)))
    return rows.join(F.broadcast(known), rows["dfx_path"] == known["path"], "left")


def raw_text(columns: Sequence[str], options: Options) -> Column:
    """Return the text of a parsed row."""
    values = [F.col(f"c{position}").alias(name) for position, name in enumerate(columns)]
    if options.source_format == "csv":
        return F.to_csv(F.struct(*values), dialect(options))
    return F.to_json(F.struct(*values))


def validated(
    rows: DataFrame, sources: dict[str, str], types: dict[str, str], raw: Column
) -> DataFrame:
    """Cast rows to *types*; `dfx_reason` is the reason for rejecting a row, or null.

    *sources* has the expression of each column that was read; the other columns are null.
    """
    kinds = {
        **dict(rows.dtypes),
        **dict.fromkeys(set(sources.values()) - {*rows.columns}, "string"),
    }
    typed = {
        name: casts.typed(
            sources.get(name, "NULL"), kind, is_text=kinds.get(sources.get(name, "")) == "string"
        )
        for name, kind in types.items()
    }
    found = [_misfit(name, source, types[name], kinds[source]) for name, source in sources.items()]
    misfits = F.array_compact(F.array(F.lit(None).cast(MISFIT), *found))
    message = F.coalesce(
        F.col("dfx_corrupt"), F.array_join(F.transform(misfits, lambda each: each["message"]), "; ")
    )
    reason = F.when(message != "", message)
    return rows.select(
        OBJECT,
        *INTERNAL_COLUMNS[:-3],
        F.when(reason.isNotNull() & F.col("dfx_corrupt").isNull(), misfits).alias("dfx_misfits"),
        reason.alias("dfx_reason"),
        F.when(reason.isNotNull(), F.coalesce(F.col("dfx_record"), raw)).alias("dfx_raw"),
        *[column.alias(name) for name, column in typed.items()],
    )


class Count(NamedTuple):
    """The row counts of one object, or of a part of it."""

    read: int
    rejected: int
    example: str | None  # one of the reasons for rejecting a row
    unknown: frozenset[str]  # columns that were not requested


class Counts(NamedTuple):
    """Counts by object, and the offsets from a row's number to its record number."""

    objects: dict[str, Count]
    offsets: list[dict[str, Any]]


def counted(rows: DataFrame) -> Counts:
    """Count validated rows."""
    found = (
        rows.groupBy(OBJECT, "dfx_block")
        .agg(
            F.count(F.lit(1)).alias("read"),
            F.count("dfx_reason").alias("rejected"),
            F.max("dfx_reason").alias("example"),
            F.array_distinct(F.flatten(F.collect_set("dfx_unknown"))).alias("unknown"),
            F.min("dfx_number").alias("first"),
        )
        .collect()
    )
    objects: dict[str, Count] = {}
    offsets = []
    for part in sorted(found, key=lambda part: part["dfx_block"]):
        name = part[OBJECT]
        before = objects.get(name, Count(0, 0, None, frozenset()))
        offset = before.read + 1 - part["first"]
        offsets += [{OBJECT: name, "dfx_block": part["dfx_block"], "dfx_offset": offset}]
        objects[name] = Count(
            before.read + part["read"],
            before.rejected + part["rejected"],
            before.example or part["example"],
            before.unknown | {*part["unknown"]},
        )
    return Counts(objects, [each for each in offsets if objects[each[OBJECT]].rejected])


def rejects(spark: SparkSession, rows: DataFrame, offsets: list[dict[str, Any]]) -> DataFrame:
    """Return the rejected rows: object, record (the first is 1), reason and raw text."""
    kind = f"array<struct<{OBJECT}:string,dfx_block:bigint,dfx_offset:bigint>>"
    known = spark.range(1).select(F.inline(F.from_json(F.lit(json.dumps(offsets)), kind)))
    return (
        rows.where("dfx_reason IS NOT NULL")
        .join(F.broadcast(known), [OBJECT, "dfx_block"])
        .selectExpr(
            "dfx_key AS object",
            "dfx_number + dfx_offset AS record",
            "dfx_reason AS reason",
            "dfx_raw AS raw",
        )
    )


def _misfit(name: str, source: str, kind: str, source_kind: str) -> Column:
    """Return why a value is not in its column, or null if it is."""
    text = F.expr(source).cast("string")
    is_value = F.trim(text) != ""
    is_broken = text.contains("\ufffd")

    def misfit(problem: str, *, is_type: bool) -> Column:
        value = F.substring(text, 1, 100)
        message = F.concat(F.lit(f"column {name}: '"), value, F.lit(f"' {problem}"))
        fields = (F.lit(name), text, message, F.lit(is_type) & ~is_broken)
        return F.struct(*fields).cast(MISFIT)

    does_not_fit = is_value & ~casts.fits(source, kind, source_kind)
    return F.when(does_not_fit, misfit(f"is not a valid {kind}", is_type=True)).when(
        is_broken, misfit("is not valid UTF-8", is_type=False)
    )
