"""CSV outcomes: what the reader makes of a text, and the texts that properties are tried on."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest import mock

from hypothesis import HealthCheck, settings

from dataflow.reading import csv_batch, csv_open_quotes, csv_records
from dataflow.reading.csv_records import csv_batches
from dataflow.skip_reasons import SkipReason
from dataflow.source_options import CsvOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLES = int(os.environ.get("DATAFLOWXPRESS_EXAMPLES", "0"))
Row = tuple[str | None, ...]


def examples(count: int) -> settings:
    """Return the number of examples of a property, which the environment can raise."""
    return settings(
        max_examples=max(count, EXAMPLES),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


@dataclass
class Outcome:
    """Rows and rejects of an object by the number of their record, or why it is refused."""

    names: tuple[str, ...] = ()
    rows: dict[int, Row] = field(default_factory=dict)
    raw: dict[int, str] = field(default_factory=dict)
    rejects: dict[int, tuple[str, str]] = field(default_factory=dict)  # reason and raw
    refused: str = ""


def outcome(blocks: Sequence[str], columns: Sequence[str] | None = None, **options: Any) -> Outcome:
    """Return what the reader makes of the blocks of a text."""
    found = Outcome()
    try:
        for batch in csv_batches(iter(blocks), CsvOptions(**options), columns):
            found.names = tuple(batch.columns)
            arrays = [column.to_pylist() for column in batch.columns.values()]  # type: ignore[union-attr]
            for at, number in enumerate(batch.numbers.to_pylist()):
                assert number not in found.rows
                found.rows[number] = tuple(values[at] for values in arrays)
                found.raw[number] = batch.raw(at)
            for reject in batch.rejects:
                assert reject.record not in found.rejects
                found.rejects[reject.record] = (reject.reason, reject.raw)
    except SkipReason as reason:
        return Outcome(refused=f"{type(reason).__name__}: {reason}")
    return found


def careful_outcome(
    blocks: Sequence[str], columns: Sequence[str] | None = None, **options: Any
) -> Outcome:
    """Return the same without the fast path."""
    with mock.patch.object(csv_batch, "vectors", return_value=None):
        return outcome(blocks, columns, **options)


def outcome_in_small_blocks(blocks: Sequence[str], **options: Any) -> Outcome:
    """Return the same for a reader that looks at few characters at once."""
    with (
        mock.patch.object(csv_records, "MAX_HEADER", 30),
        mock.patch.object(csv_open_quotes, "LOOKAHEAD", 8),
        mock.patch.object(csv_batch, "SLICE", 20),
    ):
        return outcome(blocks, **options)
