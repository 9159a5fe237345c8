"""Reading: the records of a sample, with the options that the job's readers ask for."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import yaml

from dataflow.reading.compression import decompressed
from dataflow.reading.encodings import decoded, undecodable
from dataflow.reading.formats import batches
from dataflow.skip_reasons import SkipReason
from dataflowxpress.cli.failures import Failure

from . import encoding

if TYPE_CHECKING:
    from dataflow.reading.records import Batch, Reject
    from dataflow.source_options import SourceOptions

    from .sample import Sample

RECORDS = 100_000
ATTEMPTS = 8
HEAD = 4 * 2**20  # bytes from which an encoding is guessed
LONGEST_CHARACTER = 4  # bytes; the last one of the head can be incomplete
FOOTER = 10  # lines at most
SETTING = re.compile(r"set source\.([A-Za-z.]+): ('(?:[^']|'')*'|[^\s;,]+)")
ESCAPE, TRIM = "set source.csv.escape", "set source.csv.trimValues"


@dataclass(frozen=True)
class Records:
    """The first records of a sample."""

    options: SourceOptions
    columns: dict[str, Any]  # an Arrow array or a list of JSON values for each name, of one length
    count: int
    rejects: list[Reject]
    is_all: bool


def read(sample: Sample, options: SourceOptions, most: int = RECORDS) -> Records:
    """Return the first records of a sample, and the options with which the job reads them.

    Raises Failure with the reader's reason if no options help.
    """
    for _ in range(ATTEMPTS):
        try:
            found = _records(sample, options, most)
        except SkipReason as reason:
            better = _with_setting(options, str(reason))
            if better is None or better == options:
                raise Failure(f"{sample.name}: {reason}", page="docs/formats.md") from reason
            options = better
            continue
        improved = next(_improved(sample, found, most), None)
        if improved is None:
            return found
        options = improved.options
    raise Failure(
        f"{sample.name}: the options {options} do not fit together", page="docs/formats.md"
    )


def _records(sample: Sample, options: SourceOptions, most: int) -> Records:
    parts, count, is_all = list[Any](), 0, True
    with sample.open() as stream:
        for batch in batches(stream, sample.name, sample.size, options, ()):
            parts.append(batch)
            count += len(batch.numbers)
            if count >= most:
                is_all = False
                break
    names = dict.fromkeys(name for batch in parts for name in batch.columns)
    columns = {name: _joined([_part(batch, name) for batch in parts]) for name in names}
    rejects = [each for batch in parts for each in batch.rejects]
    return Records(options, columns, count, rejects, is_all)


def _part(batch: Batch, name: str) -> Any:
    found = batch.columns.get(name)
    return pa.nulls(len(batch.numbers)) if found is None else found


def _joined(parts: list[Any]) -> Any:
    if all(isinstance(each, list) or pa.types.is_null(each.type) for each in parts):
        return [value for each in parts for value in _listed(each)]
    types = {each.type for each in parts if not isinstance(each, list)} - {pa.null()}
    if len(types) == 1 and not any(isinstance(each, list) for each in parts):
        [kind] = types
        return pa.concat_arrays([each.cast(kind) for each in parts])
    return [value for each in parts for value in _listed(each)]


def _listed(part: Any) -> list[Any]:
    return part if isinstance(part, list) else list(part.to_pylist())


def _with_setting(options: SourceOptions, reason: str) -> SourceOptions | None:
    """Return the options with the setting that a reason names; None if it names none."""
    if not (found := SETTING.search(reason)):
        return None
    (*above, name), value = found[1].split("."), yaml.safe_load(found[2])
    if value == r"\t":
        value = "\t"
    field = re.sub("(?=[A-Z])", "_", name).lower()
    part: Any = getattr(options, above[0], None) if above else options
    if not hasattr(part, field):
        return None
    changed = replace(part, **{field: value})
    return replace(options, **{above[0]: changed}) if above else changed


def encoded(sample: Sample, options: SourceOptions) -> SourceOptions:
    """Return the options with a guessed encoding, if the text is not in the usual one."""
    if options.encoding != "auto":
        return options
    with sample.open() as stream:
        member = next(decompressed(stream, sample.name, options.compression, sample.size))
        head = member.stream.read(HEAD)
    try:
        text = "".join(decoded(io.BytesIO(head), "auto"))
    except SkipReason as reason:
        return _with_setting(options, str(reason)) or options
    if not undecodable(text[:-LONGEST_CHARACTER] if len(head) == HEAD else text):
        return options
    found = encoding.guessed(head)
    if found is None:
        raise Failure(
            f"{sample.name}: the text is not UTF-8",
            "Add --encoding, for example shift_jis, windows-1251 or gb18030",
            page="docs/formats.md",
        )
    return replace(options, encoding=found)


def _improved(sample: Sample, found: Records, most: int) -> Iterator[Records]:
    """Yield the records with other options, of which fewer are rejected."""
    for options in _alternatives(found):
        try:
            other = _records(sample, options, most)
        except SkipReason:
            continue
        if len(other.rejects) < len(found.rejects):
            yield other


def _alternatives(found: Records) -> Iterator[SourceOptions]:
    options, reasons = found.options, " ".join({each.reason for each in found.rejects[:1000]})
    if options.format != "csv":
        return
    if ESCAPE in reasons:
        yield replace(options, csv=replace(options.csv, escape="\\"))
    if TRIM in reasons:
        yield replace(options, csv=replace(options.csv, trim_values=True))
    if found.is_all and (lines := _lines_at_end(found)):
        yield replace(options, csv=replace(options.csv, footer_lines=lines))


def _lines_at_end(found: Records) -> int:
    """Return the number of lines of rejected records after the last good one; 0 if too many."""
    last = found.count + len(found.rejects)
    at_end = [each for each in found.rejects if each.record > found.count]
    lines = sum(1 + each.raw.count("\n") for each in at_end)
    is_end = bool(at_end) and at_end[-1].record == last and len(at_end) == len(found.rejects)
    return lines if is_end and lines <= FOOTER and found.count else 0
