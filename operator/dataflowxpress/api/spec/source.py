"""Source: the uploaded files, and how the job reads them."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from .columns import LONGEST_DECLARATION, MOST_COLUMNS, DeclaredColumn
from .file_formats import Compression, Csv, Encoding, FixedWidth, Json, Xml
from .formats import Prefix, Suffix, unique
from .model import SpecModel, ValidationRule

RESERVED_PREFIX = "dataflowxpress/"
# In CEL: the API server checks the default `{}` of a part before it fills in the fields' defaults.
NO_DEFAULTS = "!has(self.format)"
_TEXT = ("name", "source", "type", "format", "description")  # of a declared column


def _untouched(part: str, model: type[SpecModel]) -> str:
    """Return in CEL: all fields of *part* have their defaults, which the API server fills in."""
    return " && ".join(
        f"self.{part}.{info.alias} == {json.dumps(info.default)}"
        if isinstance(info.default, str | int)
        else f"(!has(self.{part}.{info.alias}) || self.{part}.{info.alias}.size() == 0)"
        for info in model.model_fields.values()
    )


def _only_for(form: str, part: str, name: str, model: type[SpecModel]) -> ValidationRule:
    """Return the rule that options of another format are an error."""
    return ValidationRule(
        f"these options are for files of format {form} only; remove them, or set source.format:"
        f" {form}",
        cel=f"{NO_DEFAULTS} || self.format == '{form}' || ({_untouched(part, model)})",
        holds=lambda source: source.format == form or getattr(source, name) == model(),
        field=f".{part}",
    )


def _declaration(source: Any) -> int:
    """Return the characters of the declared columns."""
    return sum(len(getattr(column, text) or "") for column in source.columns for text in _TEXT)


class Source(SpecModel):
    """The uploaded files."""

    VALIDATION_RULES = (
        _only_for("csv", "csv", "csv", Csv),
        _only_for("json", "json", "json_format", Json),
        _only_for("xml", "xml", "xml", Xml),
        _only_for("fixedWidth", "fixedWidth", "fixed_width", FixedWidth),
        ValidationRule(
            "format xml needs the name of the element of one record; set source.xml.rowTag",
            cel=f"{NO_DEFAULTS} || self.format != 'xml' || has(self.xml.rowTag)",
            holds=lambda source: source.format != "xml" or source.xml.row_tag is not None,
            field=".xml",
        ),
        ValidationRule(
            "format fixedWidth needs the fields of a line; set source.fixedWidth.fields",
            cel=f"{NO_DEFAULTS} || self.format != 'fixedWidth'"
            " || (has(self.fixedWidth.fields) && self.fixedWidth.fields.size() > 0)",
            holds=lambda source: source.format != "fixedWidth" or bool(source.fixed_width.fields),
            field=".fixedWidth",
        ),
        ValidationRule(
            "files of this format name their own encoding, or hold no text; remove"
            " source.encoding, which is for csv, json and fixedWidth",
            cel=f"{NO_DEFAULTS} || self.encoding == 'auto'"
            " || self.format in ['csv', 'json', 'fixedWidth']",
            holds=lambda source: (
                source.encoding == "auto" or source.format in {"csv", "json", "fixedWidth"}
            ),
            field=".encoding",
        ),
        ValidationRule(
            f"the declarations have more than {LONGEST_DECLARATION} characters, which the job"
            " cannot take; use shorter types and descriptions",
            cel="!has(self.columns) || self.columns.map(each, each.name.size()"
            " + (has(each.from) ? each.from.size() : 0)"
            " + (has(each.type) ? each.type.size() : 0)"
            " + (has(each.format) ? each.format.size() : 0)"
            " + (has(each.description) ? each.description.size() : 0)).sum()"
            f" <= {LONGEST_DECLARATION}",
            holds=lambda source: _declaration(source) <= LONGEST_DECLARATION,
            field=".columns",
        ),
    )

    prefix: Prefix = "csv_data/"
    """The folder in the bucket for uploads; ends with a slash."""

    suffix: Suffix = ""
    """The pipeline ignores keys without this ending, for example `.csv`. Empty: it takes all."""

    format: Literal["csv", "json", "parquet", "avro", "orc", "xml", "fixedWidth"] = "csv"
    """The format of the files: `csv`, `json`, `parquet`, `avro`, `orc`, `xml` or `fixedWidth`."""

    encoding: Encoding = "auto"
    """The encoding of text files. `auto`: as the byte order mark says, or else UTF-8."""

    compression: Compression = "Auto"
    """The compression of the files. `Auto`: as the first bytes of each file say. `None`: the files
    are not compressed. Parquet, Avro and ORC compress their content themselves."""

    csv: Csv = Csv()
    """The format of CSV files. A change of this or of any other field that decides how files are
    read converts all objects again. Delete the source table from the catalog if its columns are
    wrong then."""

    json_format: Annotated[Json, Field(alias="json")] = Json()
    """The format of JSON files."""

    xml: Xml = Xml()
    """The format of XML files; `rowTag` is required for them."""

    fixed_width: FixedWidth = FixedWidth()
    """The format of fixed-width files; `fields` is required for them."""

    columns: Annotated[
        tuple[DeclaredColumn, ...], Field(max_length=MOST_COLUMNS), AfterValidator(unique("name"))
    ] = ()
    """The columns whose names, types or formats the crawler cannot know. The job reads them as
    declared, whatever the crawler finds; other columns are as crawled. CSV without a header: the
    columns by position."""
