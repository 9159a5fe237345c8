r"""Classification: the custom classifier of Glue that matches the files. Pure.

A classifier expresses less than the job reads. It has a delimiter of one character, and no escape,
no comments, no lines before the header and no encoding. What the crawler then finds can be wrong:
the job compares it with the files, and declared columns replace it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dataflowxpress.api.spec import Source
from dataflowxpress.aws.resources.classifier import Form

Classification = tuple[Form, Mapping[str, Any]]


def classification(source: Source) -> Classification | None:
    """Return form and settings of the classifier; None if Glue's built-in ones fit."""
    make = _BY_FORMAT.get(source.format)
    return make(source) if make else None


def _csv(source: Source) -> Classification:
    """Return a classifier for CSV: the built-in one guesses the header, and needs two columns.

    It gets the first character of a longer delimiter, so that it finds the names between columns
    without a name, and `, ` exactly.
    """
    return "CsvClassifier", {
        "Delimiter": source.csv.separator[0],
        **({"QuoteSymbol": source.csv.quote} if source.csv.quote else {}),
        "ContainsHeader": "PRESENT" if source.csv.header else "ABSENT",
        "DisableValueTrimming": False,
        "AllowSingleColumn": True,
    }


def _json(source: Source) -> Classification | None:
    """Return a classifier for the records in an array; lines need none.

    https://docs.aws.amazon.com/glue/latest/dg/custom-classifier.html#custom-classifier-json
    """
    options = source.json_format
    if options.record_path:
        return "JsonClassifier", {"JsonPath": f"$.{options.record_path}[*]"}
    return ("JsonClassifier", {"JsonPath": "$[*]"}) if options.multi_line else None


def _xml(source: Source) -> Classification:
    return "XMLClassifier", {"Classification": "xml", "RowTag": source.xml.row_tag}


def _fixed_width(source: Source) -> Classification:
    """Return a Grok pattern of the fields; the last ones can be absent in a short line."""
    fields = source.fixed_width.fields
    widths = sorted({field.width for field in fields})
    return "GrokClassifier", {
        "Classification": "fixedWidth",
        "GrokPattern": "".join(f"%{{W{field.width}:{field.name}}}" for field in fields),
        "CustomPatterns": "\n".join(f"W{width} .{{0,{width}}}" for width in widths),
    }


_BY_FORMAT: Mapping[str, Callable[[Source], Classification | None]] = {
    "csv": _csv,
    "json": _json,
    "xml": _xml,
    "fixedWidth": _fixed_width,
}
