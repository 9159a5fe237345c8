"""Document: the proposal as YAML to paste, with a reason beside each column that needs one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from dataflowxpress.reporting.text import visible


@dataclass(frozen=True)
class Column:
    """A column of the proposal."""

    declaration: Mapping[str, Any]  # as in `spec.source.columns`
    note: str = ""  # why it has this type


@dataclass(frozen=True)
class Proposal:
    """Options and columns for `spec.source`, and what a user should know."""

    options: Mapping[str, Any]  # of `spec.source`, without `columns`
    columns: tuple[Column, ...]
    notes: tuple[str, ...]

    @property
    def source(self) -> dict[str, Any]:
        """The fields of `spec.source`."""
        return {**self.options, "columns": [dict(each.declaration) for each in self.columns]}


def as_yaml(proposal: Proposal) -> Iterator[str]:
    """Yield the parts of the document: one mapping, `source`, with comments."""
    for note in proposal.notes:
        yield f"# {visible(note)}\n"
    yield "source:\n"
    if proposal.options:
        yield _indented(yaml.safe_dump(dict(proposal.options), sort_keys=False, allow_unicode=True))
    if not proposal.columns:
        yield "  columns: []\n"
        return
    yield "  columns:\n"
    for column in proposal.columns:
        text = yaml.safe_dump(
            [dict(column.declaration)], sort_keys=False, allow_unicode=True, width=10_000
        )
        first, *rest = text.splitlines()
        note = f"  # {visible(column.note)}" if column.note else ""
        yield _indented("\n".join([first + note, *rest]) + "\n")


def as_json(proposal: Proposal) -> dict[str, Any]:
    """Return the proposal for programs."""
    notes = {each.declaration["name"]: each.note for each in proposal.columns if each.note}
    return {"source": proposal.source, "notes": list(proposal.notes), "columnNotes": notes}


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())
