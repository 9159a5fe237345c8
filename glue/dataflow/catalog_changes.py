"""Catalog changes: those that the objects of a run need, until they prove to have no effect."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dataflow.widening import merged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflow.widening import Widening

ROUNDS = 3  # that need one column in one type; a crawl at the same time can undo a change


class CatalogChanges:
    """The changes of a run, and the objects whose changes had no effect."""

    def __init__(self) -> None:
        self._rounds: Counter[tuple[str, str, str]] = Counter()  # that needed a change
        self.futile: dict[str, str] = {}  # the reasons why objects wait, by key

    def of_round(self, widenings: Sequence[Widening]) -> tuple[list[Widening], dict[str, str]]:
        """Return the changes that the catalog needs, and objects whose changes had no effect.

        A run would repeat them for ever, and the other objects of their tables would wait.
        """
        self._rounds.update((each.table, each.column, each.new) for each in merged(widenings))
        futile = {
            each.object: f"the catalog does not keep the type {each.new} of column {each.column}"
            for each in widenings
            if self._rounds[each.table, each.column, each.new] > ROUNDS
        }
        self.futile |= futile
        return merged(each for each in widenings if each.object not in futile), futile
