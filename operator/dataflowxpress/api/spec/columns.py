"""Columns: the columns that a user declares, and what happens to other columns and values."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictBool
from pydantic_core import PydanticCustomError

from .file_formats import DecimalSign
from .formats import CONTROL, Column, Format
from .model import SpecModel, ValidationRule

MOST_COLUMNS = 500
LONGEST_DECLARATION = 65_536  # characters: the job gets it as one argument of its process
# The columns that the job adds; see `target.metadataColumns` and `catalog.schema.newColumns`.
ADDED_BY_JOB = (
    *("dfx_object", "dfx_batch", "_rescued"),
    *("_file", "_file_modified", "_ingested_at", "_record_number"),
)
EPOCHS = ("epochSeconds", "epochMillis")

_TIME_LETTERS = "yMdHhmsSaXxZz"
_DECIMAL = r"decimal\(([1-9]|[12][0-9]|3[0-8]),([0-9]|[12][0-9]|3[0-8])\)"
_SCALAR = "string|boolean|tinyint|smallint|int|bigint|float|double|date|timestamp|binary"
_TYPE = rf"(?:{_SCALAR}|decimal\(\d+,\d+\)|\?)"  # `?` stands for a nested type
_FIELD = rf"\w+:{_TYPE}"
_NESTED = re.compile(rf"array<{_TYPE}>|map<{_TYPE},{_TYPE}>|struct<{_FIELD}(?:,{_FIELD})*>")
TYPE_FIX = (
    "a type like string, bigint, decimal(10,2), date, timestamp, array<string> or"
    " struct<a:int,b:string>, without spaces"
)


def _is_type(text: str) -> str:
    """Return a type of the catalog as it is; raises an error in words for another text."""
    rest, before = text, ""
    while rest != before:
        rest, before = _NESTED.sub("?", rest), rest
    if not re.fullmatch(_TYPE, rest):
        words = {"fault": "is no type of the catalog", "fix": f"use {TYPE_FIX}"}
        raise PydanticCustomError("format", "{fault}; {fix}", words)
    for precision, scale in re.findall(r"decimal\((\d+),(\d+)\)", text):
        if not 1 <= int(precision) <= 38 or int(scale) > int(precision):  # noqa: PLR2004 - of Hive
            fault = f"has decimal({precision},{scale})"
            fix = "use at most 38 digits, and not more digits after the decimal sign than digits"
            raise PydanticCustomError("format", "{fault}; {fix}", {"fault": fault, "fix": fix})
    return text


ColumnType = Annotated[
    str,
    Field(max_length=1024),
    Format(
        rf"^({_SCALAR}|{_DECIMAL}|(array|map|struct)<[A-Za-z0-9_:,()<>]+>)$",
        TYPE_FIX,
        "A-Za-z0-9_:,()<>",
    ),
    AfterValidator(_is_type),
]
TimeFormat = Annotated[
    str,
    Field(max_length=64),
    Format(
        rf"^({'|'.join(EPOCHS)}|([{_TIME_LETTERS}]|[^A-Za-z'{CONTROL}]|'[^'{CONTROL}]*')+)$",
        f"the letters {_TIME_LETTERS} of Java, like dd.MM.yyyy or yyyy-MM-dd'T'HH:mm:ss, or"
        f" {' or '.join(EPOCHS)}; other letters stand in single quotes",
        rf"{_TIME_LETTERS}' -@\[-`{{-\U0010ffff",
    ),
]
SourceName = Annotated[
    str,
    Field(max_length=255),
    Format(
        rf"^[^{CONTROL}]+$", "the name in the files, without control characters", rf"^{CONTROL}"
    ),
]
Description = Annotated[
    str,
    Field(max_length=255),
    Format(rf"^[^{CONTROL}]*$", "one line, without control characters", rf"^{CONTROL}"),
]


class DeclaredColumn(SpecModel):
    """A column of the tables, as the user declares it."""

    VALIDATION_RULES = (
        ValidationRule(
            "the job adds a column of this name; choose another name, and set `from`",
            cel=f"!(self.name in {list(ADDED_BY_JOB)})",
            holds=lambda column: column.name not in ADDED_BY_JOB,
            field=".name",
        ),
        ValidationRule(
            "a format is for dates and times only; remove it, or set type: date or timestamp",
            cel="!has(self.format) || (has(self.type) && self.type in ['date', 'timestamp'])",
            holds=lambda column: not column.format or column.type in {"date", "timestamp"},
            field=".format",
        ),
        ValidationRule(
            "a decimal sign is for float, double and decimal(p,s) only; remove it, or set the type",
            cel="!has(self.decimal) || (has(self.type) && (self.type in ['float', 'double']"
            " || self.type.startsWith('decimal(')))",
            holds=lambda column: (
                not column.decimal or (column.type or "").startswith(("float", "double", "decimal"))
            ),
            field=".decimal",
        ),
    )

    name: Column
    """The name of the column in the tables."""

    source: Annotated[SourceName | None, Field(alias="from")] = None
    """The name of the column in the files; for CSV without a header, `col0`, `col1` and so on.
    Default: the same as `name`."""

    type: ColumnType | None = None
    """The type in the catalog: `string`, `boolean`, `tinyint`, `smallint`, `int`, `bigint`,
    `float`, `double`, `decimal(p,s)`, `date`, `timestamp`, `binary`, or `array<…>`, `map<…>`,
    `struct<…>` of them. It does not widen. Default: the type that the crawler finds."""

    format: TimeFormat | None = None
    """The format of dates and times in text, for example `dd.MM.yyyy`; `epochSeconds` or
    `epochMillis` for numbers."""

    decimal: DecimalSign | None = None
    """The decimal sign of the numbers. Default: that of `source.csv`."""

    required: StrictBool = False
    """The job rejects a record without a value."""

    description: Description | None = None
    """A description for people who read the spec."""


class TableSchema(SpecModel):
    """The reaction to columns and values that do not fit the tables."""

    new_columns: Literal["Add", "Rescue", "Reject", "Wait"] = "Add"
    """What happens to a column that the table does not have after its first crawl. `Add`: the next
    crawl adds it. With the other values, no later crawl changes a table. `Rescue`: the job keeps
    its values as JSON in the column `_rescued`. `Reject`: the job rejects rows that have a value in
    it. `Wait`: the object waits until a user declares the column."""

    type_changes: Literal["Widen", "Reject"] = "Widen"
    """What happens if a value does not fit the type of its column, which the first crawl decides.
    `Widen`: the column gets the narrowest type that keeps all its values (int, bigint, double,
    string; date, timestamp, string), and the job converts its table again. `Reject`: the job
    rejects the row."""
