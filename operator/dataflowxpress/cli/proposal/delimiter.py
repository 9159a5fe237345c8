"""Delimiter: the one that splits the lines of a sample alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dataflowxpress.cli.failures import Failure

from .reading import read

if TYPE_CHECKING:
    from dataflow.source_options import SourceOptions

    from .reading import Records
    from .sample import Sample

DELIMITERS = (",", ";", "\t", "|")
RECORDS = 1000


def delimited(sample: Sample, options: SourceOptions) -> SourceOptions:
    """Return CSV options with the delimiter that fits best; unchanged if none fits.

    The best one gives several columns, rejects the fewest records, and needs the fewest other
    options.
    """
    found: list[Records] = []
    for delimiter in DELIMITERS:
        wanted = replace(options, csv=replace(options.csv, delimiter=delimiter))
        try:
            records = read(sample, wanted, RECORDS)
        except Failure:
            continue
        if records.options.csv.delimiter == delimiter and records.options.format == "csv":
            found.append(records)
    best = min(found, key=_badness, default=None)
    if best is None:
        return options
    return replace(options, csv=replace(options.csv, delimiter=best.options.csv.delimiter))


def _badness(records: Records) -> tuple[bool, float, int, int]:
    csv = records.options.csv
    lines = csv.skip_lines + csv.footer_lines + bool(csv.escape) + bool(csv.trim_values)
    share = len(records.rejects) / max(1, records.count + len(records.rejects))
    return (len(records.columns) == 1, round(share, 1), lines, -len(records.columns))
