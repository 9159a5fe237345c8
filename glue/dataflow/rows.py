"""Rows: what was read, in the catalog's types, each row judged whether it fits, and counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pyspark.sql import functions as F  # noqa: N812 - as all the world calls it

from dataflow.layout import OBJECT
from dataflow.readers import dialect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column, DataFrame, SparkSession

    from dataflow.options import Options

# What judged rows have beside the table's columns and the object's directory.
OURS = ("dfx_key", "dfx_block", "dfx_number", "dfx_unknown", "dfx_reason", "dfx_raw")


def located(spark: SparkSession, rows: DataFrame, places: list[dict[str, Any]]) -> DataFrame:
    """Add what is known of each row's object, by `path`: directory, key, values of the path."""
    kind = f"array<struct<path:string,{OBJECT}:string,dfx_key:string,dfx_values:array<string>>>"
    known = spark.range(1).select(F.inline(F.from_json(F.lit(json.dumps(places)), kind)))
    return rows.join(F.broadcast(known), rows["dfx_path"] == known["path"], "left")


def raw_text(columns: Sequence[str], options: Options) -> Column:
    """Return the text of a row that Spark has taken apart."""
    values = [F.col(f"c{position}").alias(name) for position, name in enumerate(columns)]
    if options.source_format == "csv":
        return F.to_csv(F.struct(*values), dialect(options))
    return F.to_json(F.struct(*values))


def validated(
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
    skip_reasons = [_misfit(name, sources[name], typed[name], types[name]) for name in sources]
    said = F.coalesce(F.col("dfx_corrupt"), F.concat_ws("; ", *skip_reasons))
    reason = F.when(said != "", said)
    return rows.select(
        OBJECT,
        *OURS[:-2],
        reason.alias("dfx_reason"),
        F.when(reason.isNotNull(), F.coalesce(F.col("dfx_record"), raw)).alias("dfx_raw"),
        *[column.alias(name) for name, column in typed.items()],
    )


class Count(NamedTuple):
    """What was found in one object, or in a part of one."""

    read: int
    rejected: int
    example: str | None  # one of the reasons for rejecting a row
    unknown: frozenset[str]  # columns that were not asked for


class Counts(NamedTuple):
    """Counts by object, and what makes a row's number its place among the object's records."""

    objects: dict[str, Count]
    offsets: list[dict[str, Any]]


def counted(rows: DataFrame) -> Counts:
    """Count judged rows."""
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
    """Return the rows that do not fit: object, record (1 comes first), reason, text."""
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


def _typed(source: str, kind: str, *, is_text: bool) -> Column:
    if is_text and kind.startswith(("array", "map", "struct")):
        return F.from_json(source, kind)
    return F.expr(f"try_cast({source} AS {kind})")


def _misfit(name: str, source: str, typed: Column, kind: str) -> Column:
    text = F.expr(source).cast("string")

    def skip_reason(what: str) -> Column:
        return F.concat(F.lit(f"column {name}: '"), F.substring(text, 1, 100), F.lit(f"' {what}"))

    is_value = F.trim(text) != ""
    return F.when(is_value & typed.isNull(), skip_reason(f"is no {kind}")).when(
        text.contains("\ufffd"), skip_reason("is not UTF-8")
    )
