"""Propose: the options and columns for a sample."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from dataflow.reading.compression import decompressed
from dataflow.reading.signatures import without_suffix
from dataflow.skip_reasons import SkipReason
from dataflow.source_options import CsvOptions, DeclaredColumn, SourceOptions
from dataflow.values.typing import TextRule, typed
from dataflowxpress.api.spec.columns import MOST_COLUMNS
from dataflowxpress.cli.failures import Failure
from dataflowxpress.reporting.text import pluralize

from . import xml_rows
from .delimiter import delimited
from .document import Column, Proposal
from .names import table_names
from .reading import Records, encoded, read
from .types import Guess, guess

if TYPE_CHECKING:
    from .sample import Sample

MAGIC = {b"PAR1": "parquet", b"ORC": "orc", b"Obj\x01": "avro"}
SUFFIXES = {".json": "json", ".jsonl": "json", ".ndjson": "json", ".xml": "xml"}
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
PATH_PART = re.compile(r"""[^.*$'"\[\]\x00-\x1f\x7f]+""")
LISTS = {"data", "entries", "items", "records", "results", "rows", "value", "values"}
DEEPEST = 3  # levels of a path to the records


def propose(sample: Sample, options: SourceOptions) -> Proposal:
    """Return the proposal for a sample; *options* holds what the user knows.

    Raises Failure with the reason if the job could not read the sample.
    """
    records = _records(sample, _with_format(sample, options))
    names = table_names(records.columns)
    guesses = {name: guess(column, names[name]) for name, column in records.columns.items()}
    final = _with_guesses(records.options, guesses)
    if final != records.options:
        options, records = records.options, read(sample, final)
        guesses = {
            name: _confirmed(guesses[name], guess(column, names[name], nulls=()))
            for name, column in records.columns.items()
        }
        final = _with_guesses(options, guesses)
        records = read(sample, final)
    columns = [
        _column(name, names[name], records.columns[name], guesses[name], final.csv.decimal)
        for name in records.columns
    ]
    notes = [*_notes(sample, records), *_misfits(records, columns)]
    kept = tuple(each for each in columns if not _undeclarable(each))
    return Proposal(_options(final), kept[:MOST_COLUMNS], (*notes, *_left_out(columns)))


def _with_format(sample: Sample, options: SourceOptions) -> SourceOptions:
    """Return the options with the format that the sample's first bytes or its suffix show."""
    if options.format:
        return options
    with sample.open() as stream:
        head = stream.read(8)
    for magic, found in MAGIC.items():
        if head.startswith(magic):
            return replace(options, format=found)
    suffix = PurePosixPath(without_suffix(sample.name)).suffix.lower()
    if suffix == ".tsv" and options.csv == CsvOptions():
        options = replace(options, csv=CsvOptions(delimiter="\t"))
    return replace(options, format=SUFFIXES.get(suffix, "csv"))


def _records(sample: Sample, options: SourceOptions) -> Records:
    if options.format == "fixedWidth" and not options.fixed_width.fields:
        raise Failure(
            "the fields of a fixed-width file cannot be found",
            "set source.fixedWidth.fields in a manifest, and give it with -f",
            page="docs/formats.md",
        )
    if options.format == "xml" and not options.xml.row_tag:
        options = replace(options, xml=replace(options.xml, row_tag=_row_tag(sample, options)))
    if options.format in {"csv", "json", "fixedWidth"}:
        options = _readable(sample, options)
    if options.format == "csv" and options.csv == CsvOptions():
        options = delimited(sample, options)
    records = read(sample, options)
    if records.options.format == "xml" and not records.options.xml.row_tag:
        return _records(sample, records.options)
    if not records.columns:
        raise Failure(
            f"{sample.name}: no record, so that no column can be found",
            "give a sample with a record",
        )
    path = _record_path(records)
    if path and not records.options.json.record_path:
        json = replace(records.options.json, record_path=path, multi_line=True)
        return read(sample, replace(records.options, json=json))
    return records


def _readable(sample: Sample, options: SourceOptions) -> SourceOptions:
    try:
        return encoded(sample, options)
    except SkipReason as reason:
        raise Failure(f"{sample.name}: {reason}", page="docs/formats.md") from reason


def _row_tag(sample: Sample, options: SourceOptions) -> str:
    try:
        with sample.open() as stream:
            member = next(decompressed(stream, sample.name, options.compression, sample.size))
            found = xml_rows.row_tag(member.stream)
    except SkipReason as reason:
        raise Failure(f"{sample.name}: {reason}", page="docs/formats.md") from reason
    if not found:
        raise Failure(
            f"{sample.name}: not XML with elements below the first one",
            "give a sample with records",
        )
    return found


def _record_path(records: Records) -> str:
    """Return the path to the only list of objects in a document with one record."""
    if records.options.format != "json" or records.count != 1:
        return ""
    document = {name: column[0] for name, column in records.columns.items()}
    paths = [*_paths(document, DEEPEST)]
    if len(paths) != 1 or not all(map(PATH_PART.fullmatch, paths[0])):
        return ""
    is_envelope = len(document) == 1 or paths[0][-1].lower() in LISTS
    return ".".join(paths[0]) if is_envelope else ""


def _paths(document: Mapping[str, Any], levels: int) -> Iterator[tuple[str, ...]]:
    for name, value in document.items():
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            yield (name,)
        elif isinstance(value, dict) and levels > 1:
            yield from ((name, *path) for path in _paths(value, levels - 1))


def _confirmed(first: Guess, second: Guess) -> Guess:
    """Return the type of the values that are not null; texts in quotes never mean null."""
    return replace(second, nulls=first.nulls if first.type == second.type else frozenset())


def _with_guesses(options: SourceOptions, guesses: Mapping[str, Guess]) -> SourceOptions:
    """Return the options with the null texts and the decimal sign of the columns."""
    if options.format != "csv":
        return options
    nulls = {text for each in guesses.values() for text in each.nulls}
    signs = {each.decimal or "." for each in guesses.values() if each.type == "double"}
    csv = replace(options.csv, null_values=tuple(sorted({*options.csv.null_values, *nulls})))
    return replace(options, csv=replace(csv, decimal="," if signs == {","} else csv.decimal))


def _column(name: str, in_table: str, values: Any, found: Guess, decimal: str) -> Column:
    declaration = {"name": in_table}
    if name != in_table:
        declaration["from"] = name
    declaration["type"] = found.type
    if found.format:
        declaration["format"] = found.format
    if found.type == "double" and (found.decimal or ".") != decimal:
        declaration["decimal"] = found.decimal or "."
    return Column(
        declaration, found.note or ("" if _has_null(values) else "required: no value is missing")
    )


def _has_null(values: Any) -> bool:
    return None in values if isinstance(values, list) else values.null_count > 0


def _undeclarable(column: Column) -> bool:
    """Return whether the spec cannot name the column: its name has control characters."""
    name = column.declaration.get("from", "")
    return bool(CONTROL.search(name)) or len(name) > 255  # noqa: PLR2004 - of the CRD


def _left_out(columns: list[Column]) -> Iterator[str]:
    if odd := sum(map(_undeclarable, columns)):
        yield f"{pluralize(odd, 'column')} left out: a name is too long or has control characters."
    if (more := len(columns) - odd - MOST_COLUMNS) > 0:
        yield f"{pluralize(more, 'column')} left out: a spec can declare {MOST_COLUMNS}."


def _notes(sample: Sample, records: Records) -> Iterator[str]:
    part = "" if records.is_all else "the first "
    yield f"From {part}{pluralize(records.count, 'record')} of {sample.name}."
    if records.rejects:
        first = records.rejects[0]
        rejected = pluralize(len(records.rejects), "record")
        yield f"The job would reject {rejected}: record {first.record}: {first.reason}"
    if records.options.encoding == "windows-1252":
        yield "The encoding is a guess: compare the letters beyond ASCII with the file."


def _misfits(records: Records, columns: list[Column]) -> Iterator[str]:
    """Yield a warning for each column whose values the job would not keep with its type."""
    for name, column in zip(records.columns, columns, strict=True):
        given = column.declaration
        declared = DeclaredColumn(
            name=given["name"],
            type=given["type"],
            format=given.get("format", ""),
            decimal=given.get("decimal", ""),
        )
        rule = TextRule.of(declared, records.options.csv.decimal)
        found = typed(records.columns[name], given["type"], rule).misfits
        if found is not None:
            count = found.true_count
            yield f"The job would reject {pluralize(count, 'value')} of {given['name']}."


def _options(options: SourceOptions) -> dict[str, Any]:
    """Return the fields of `spec.source` that differ from the defaults."""
    defaults, found = SourceOptions(), dict[str, Any]()
    for name in ("format", "encoding", "compression"):
        if getattr(options, name) != getattr(defaults, name):
            found[name] = getattr(options, name)
    for name in ("csv", "json", "xml"):
        part = _differences(getattr(options, name), getattr(defaults, name))
        if part and name == options.format:
            found[name] = part
    return {"format": options.format, **found}


def _differences(part: Any, default: Any) -> dict[str, Any]:
    changed = {
        field: value
        for field in vars(part)
        if (value := getattr(part, field)) != getattr(default, field)
    }
    return {_camel(field): _plain(value) for field, value in changed.items()}


def _camel(field: str) -> str:
    return re.sub("_([a-z])", lambda found: found[1].upper(), field)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return r"\t" if value == "\t" else value
