"""Target: the tables with the converted rows, in one of two formats, behind one interface.

A round stages its rows, commits them with its manifest, and publishes them. What is staged before
the commit has no effect for readers, and the next run publishes what a dead run has committed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from dataflow.packing import Packed, Packing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dataflow.conversion import Conversion
    from dataflow.manifest_log import ManifestLog
    from dataflow.options import Options
    from dataflow.store import Store
    from dataflow.tables import Table

Json = dict[str, Any]


class Staged(NamedTuple):
    """The rows of a round, ready to be committed."""

    entries: list[Json]  # of the manifest
    packed: Packed  # batches of Parquet files
    records: list[Json]  # of the manifest's `staged`: branches to publish after the commit


class Target(Protocol):
    """The tables with the converted rows."""

    def prepare(
        self, conversion: Conversion, done: list[Json], tables: Mapping[str, Table]
    ) -> bool:
        """Prepare to stage the entries *done*; return whether a commit must come before.

        It takes the number with which another run could commit what `stage` makes invalid.
        """

    def stage(
        self, conversion: Conversion, done: list[Json], tables: Mapping[str, Table]
    ) -> Staged:
        """Prepare the rows of the entries *done*, which a conversion has written, for a commit."""

    def orphans(
        self, records: Iterable[Json], tables: Mapping[str, Table]
    ) -> list[tuple[str, str]]:
        """Return the tables and branches that neither the manifests nor *records* name."""

    def publish(self) -> None:
        """Let readers see the branches that the newest manifest names."""

    def finish(self, tables: Mapping[str, Table], branches: Iterable[tuple[str, str]]) -> None:
        """Delete orphans, and what the commit has emptied."""

    def maintain(self, tables: Iterable[str], before: int) -> None:
        """Improve tables, by name, at the end of a run that began with manifest *before*."""


class ParquetTarget:
    """Batches of Parquet files, which `Publication` puts into the catalog, without branches."""

    def __init__(self, options: Options, store: Store, log: ManifestLog) -> None:
        self.options, self.store, self.log = options, store, log

    def prepare(
        self, conversion: Conversion, done: list[Json], tables: Mapping[str, Table]
    ) -> bool:
        """Return False: rows of several types are in several batches."""
        del conversion, done, tables
        return False

    def stage(
        self, conversion: Conversion, done: list[Json], tables: Mapping[str, Table]
    ) -> Staged:
        """Pack the files into batches."""
        packing = Packing(self.store, self.options, self.log, conversion.attempt)
        return Staged(done, packing.pack(conversion.written, done, tables), [])

    def orphans(
        self, records: Iterable[Json], tables: Mapping[str, Table]
    ) -> list[tuple[str, str]]:
        """Return no branches."""
        del records, tables
        return []

    def publish(self) -> None:
        """Do nothing."""

    def finish(self, tables: Mapping[str, Table], branches: Iterable[tuple[str, str]]) -> None:
        """Do nothing."""

    def maintain(self, tables: Iterable[str], before: int) -> None:
        """Do nothing: batches merge small files when they get others."""
