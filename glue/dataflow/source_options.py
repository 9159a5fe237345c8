"""Source options: how to read the uploaded objects, as the pipeline's spec says."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class CsvOptions:
    """The format of CSV files; characters are as they are in the files."""

    delimiter: str = ","  # one character or several
    quote: str = '"'
    header: bool = True
    escape: str = ""  # the character before a quote inside of quotes; empty: a quote is doubled
    comment: str = ""  # lines that begin with it are no data
    null_values: tuple[str, ...] = ()  # unquoted texts that mean null, besides the empty text
    skip_lines: int = 0  # before the header
    footer_lines: int = 0  # at the end
    ignore_empty_lines: bool = True
    trim_values: bool = False  # remove spaces around unquoted values
    decimal: str = "."  # the decimal sign of numbers


@dataclass(frozen=True, kw_only=True)
class JsonOptions:
    """The format of JSON files."""

    multi_line: bool = False  # documents can span lines; an array at the top holds the records
    record_path: str = ""  # the records are in the array at this path, like `data.items`


@dataclass(frozen=True, kw_only=True)
class XmlOptions:
    """The format of XML files."""

    row_tag: str = ""  # the element of one record


@dataclass(frozen=True, kw_only=True)
class FixedField:
    """A field of a fixed-width file."""

    name: str
    width: int  # characters


@dataclass(frozen=True, kw_only=True)
class FixedWidthOptions:
    """The format of fixed-width files."""

    fields: tuple[FixedField, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DeclaredColumn:
    """A column that a user declares."""

    name: str  # in the tables
    source: str = ""  # its name in the files; empty: the same
    type: str = ""  # of the catalog, like decimal(10,2); empty: as crawled
    format: str = ""  # like dd.MM.yyyy, `epochSeconds`, `epochMillis`
    decimal: str = ""  # the decimal sign
    required: bool = False  # a record without a value is rejected


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """How to read the uploaded objects."""

    format: str = "csv"  # csv, json, parquet, avro, orc, xml or fixedWidth
    encoding: str = "auto"
    compression: str = "Auto"
    csv: CsvOptions = CsvOptions()
    json: JsonOptions = JsonOptions()
    xml: XmlOptions = XmlOptions()
    fixed_width: FixedWidthOptions = FixedWidthOptions()
    columns: tuple[DeclaredColumn, ...] = ()
    new_columns: str = "Add"  # Add, Rescue, Reject or Wait
    type_changes: str = "Widen"  # or Reject

    @classmethod
    def parse(cls, text: str) -> SourceOptions:
        """Return the options of the job's argument `--source`: JSON with the names of the spec."""
        given = _snake(json.loads(text))
        nested = {"csv": CsvOptions, "json": JsonOptions, "xml": XmlOptions}
        made = {name: kind(**given.pop(name)) for name, kind in nested.items() if name in given}
        fixed = given.pop("fixed_width", {}).get("fields", ())
        return cls(
            **made,
            fixed_width=FixedWidthOptions(fields=tuple(FixedField(**each) for each in fixed)),
            columns=tuple(_declared(each) for each in given.pop("columns", ())),
            **given,
        )


def _declared(column: dict[str, Any]) -> DeclaredColumn:
    return DeclaredColumn(**{"source" if name == "from" else name: v for name, v in column.items()})


def _snake(value: Any) -> Any:
    """Return JSON with names in snake case, and lists as tuples."""
    if isinstance(value, dict):
        return {re.sub("(?=[A-Z])", "_", name).lower(): _snake(v) for name, v in value.items()}
    if isinstance(value, list):
        return tuple(_snake(each) for each in value)
    return value
