"""File formats: how the records of uploaded files are written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictBool

from .formats import CONTROL, Column, Comment, Delimiter, Escape, Format, unique
from .model import SpecModel, ValidationRule

# Of a Grok pattern in Glue: https://docs.aws.amazon.com/glue/latest/webapi/API_GrokClassifier.html
LONGEST_GROK = 2048
GROK_OF_FIELD = 10  # characters around a name: `%{W12345:name}`

Encoding = Literal[
    "auto",
    "utf-8",
    "utf-16",
    "windows-1252",
    "iso-8859-1",
    "utf-16le",
    "utf-16be",
    "utf-32",
    "utf-32le",
    "utf-32be",
    "us-ascii",
    "cp874",
    "windows-1250",
    "windows-1251",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-9",
    "iso-8859-10",
    "iso-8859-11",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "shift_jis",
    "cp932",
    "euc-jp",
    "iso-2022-jp",
    "gb18030",
    "gbk",
    "big5",
    "euc-kr",
    "koi8-r",
    "koi8-u",
    "macroman",
    "cp437",
    "cp850",
    "cp852",
    "cp858",
    "cp866",
]
Compression = Literal[
    "Auto",
    "None",
    "gzip",
    "bzip2",
    "zstd",
    "lz4",
    "snappy",
    "xz",
    "zip",
    "deflate",
]
DecimalSign = Literal[".", ","]
NullValue = Annotated[str, Field(max_length=64)]
RecordPath = Annotated[
    str,
    Field(max_length=255),
    Format(
        rf"""^([^.*$'"\[\]{CONTROL}]+([.][^.*$'"\[\]{CONTROL}]+)*)?$""",
        'names with a "." between them, like data.items',
        rf"""^*$'"\[\]{CONTROL}""",
    ),
]
Tag = Annotated[
    str,
    Field(max_length=255),
    Format(
        r"^[A-Za-z_][A-Za-z0-9_.:-]*$",
        'the name of an element, like order: a letter or "_", then a-z, A-Z, 0-9, "_.:-"',
        "A-Za-z0-9_.:-",
    ),
]


# In CEL: the API server checks the default `{}` of a part before it fills in the fields' defaults.
NO_DEFAULTS = "!has(self.delimiter)"


class Csv(SpecModel):
    """The format of CSV files."""

    VALIDATION_RULES = (
        ValidationRule(
            "the escape is the quote itself, and a doubled quote needs no escape; remove it",
            cel=f"{NO_DEFAULTS} || self.escape == '' || self.escape != self.quote",
            holds=lambda csv: not csv.escape or csv.escape != csv.quote,
            field=".escape",
        ),
        ValidationRule(
            "the delimiter contains the escape; choose another one of them",
            cel=rf"{NO_DEFAULTS} || self.escape == '' || self.delimiter == '\\t'"
            " || !self.delimiter.contains(self.escape)",
            holds=lambda csv: not csv.escape or csv.escape not in csv.separator,
            field=".escape",
        ),
        ValidationRule(
            "lines with an empty or quoted first value begin like a comment; choose a comment that"
            " begins with neither the delimiter nor the quote",
            cel=f"{NO_DEFAULTS} || self.comment == '' || (!self.comment.startsWith(self.delimiter)"
            " && (self.quote == '' || !self.comment.startsWith(self.quote)))",
            holds=lambda csv: (
                not csv.comment
                or not csv.comment.startswith((csv.delimiter, csv.quote or csv.delimiter))
            ),
            field=".comment",
        ),
    )

    delimiter: Delimiter = ","
    """One to eight characters between fields, or `\\t` for a tab; control characters like `"\\x01"`
    work."""

    quote: Literal['"', "'", ""] = '"'
    """The character around fields that contain the delimiter or a newline; doubled in a field.
    Empty: quotes are part of the values."""

    header: StrictBool = True
    """The first line of each file names its columns. If false, columns go by position."""

    escape: Escape = ""
    """A character that makes the next quote in a quoted field part of the value, for example `\\`.
    Empty: only a doubled quote is part of the value."""

    comment: Comment = ""
    """Lines that begin with this text are no data, for example `#`. Empty: there are none."""

    null_values: Annotated[tuple[NullValue, ...], Field(max_length=20)] = ()
    """Unquoted values that mean null, for example `n/a`, besides the empty one. YAML needs quotes
    around `"NULL"`."""

    skip_lines: Annotated[int, Field(strict=True, ge=0, le=10_000)] = 0
    """The number of lines before the header, for example a title."""

    footer_lines: Annotated[int, Field(strict=True, ge=0, le=1000)] = 0
    """The number of lines at the end that are no data, for example a total."""

    ignore_empty_lines: StrictBool = True
    """Empty lines are no data. If false, an empty line is a row of nulls."""

    trim_values: StrictBool = False
    """Remove spaces around values without quotes."""

    decimal: DecimalSign = "."
    """The decimal sign of numbers."""

    @property
    def separator(self) -> str:
        """The characters that the delimiter spells."""
        return "\t" if self.delimiter == r"\t" else self.delimiter


class Json(SpecModel):
    """The format of JSON files."""

    multi_line: StrictBool = False
    """A document can span lines, and an array at its top holds the records. If false, each line is
    one record."""

    record_path: RecordPath = ""
    """The field of a document whose array holds the records, for example `data.items`. Empty: the
    document itself is the record or the array."""


class Xml(SpecModel):
    """The format of XML files."""

    row_tag: Tag | None = None
    """The name of the element of one record, for example `order`."""


class FixedField(SpecModel):
    """A field of a fixed-width file."""

    name: Column
    """The name of its column."""

    width: Annotated[int, Field(strict=True, ge=1, le=10_000)]
    """The number of its characters."""


class FixedWidth(SpecModel):
    """The format of fixed-width files."""

    VALIDATION_RULES = (
        ValidationRule(
            f"the names have more than {LONGEST_GROK} characters with {GROK_OF_FIELD} for each"
            " field, the limit of Glue's classifiers; use shorter names",
            cel="!has(self.fields) || self.fields.map(each,"
            f" each.name.size() + {GROK_OF_FIELD}).sum() <= {LONGEST_GROK}",
            holds=lambda one: (
                sum(len(each.name) + GROK_OF_FIELD for each in one.fields) <= LONGEST_GROK
            ),
            field=".fields",
        ),
    )

    fields: Annotated[
        tuple[FixedField, ...], Field(max_length=200), AfterValidator(unique("name"))
    ] = ()
    """The fields of a line, in their order."""
