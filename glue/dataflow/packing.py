"""Packing: puts the files that a run has written into their batches.

Files that only add objects go into the live directory of their batch after the commit. All other
changes compose a new directory before it: the files of a batch without the rows of the objects
that leave, and small files as larger ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dataflow.batches import STAGED, Batch, DataFile, directory_of
from dataflow.layout import target_of, top_of
from dataflow.merging import merges
from dataflow.objects import digest
from dataflow.writing.packed_rows import FileOptions, Written
from dataflow.writing.rewriting import have_same_types, holds_any, rewritten

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from dataflow.manifest_log import ManifestLog
    from dataflow.options import Options
    from dataflow.store import Store
    from dataflow.tables import Table

Json = dict[str, Any]

BATCHES = 4  # that change at once
FILES = 2  # of a batch that are read at once: each is on disk


@dataclass
class Packed:
    """The batches that change with a commit."""

    batches: dict[str, Batch | None] = field(default_factory=dict)  # None: it has no rows any more
    replaced: list[str] = field(default_factory=list)  # directories
    copies: dict[str, str] = field(default_factory=dict)  # of staged files, after the commit

    def add(self, other: Packed) -> None:
        """Add the changes of other batches."""
        self.batches |= other.batches
        self.replaced += other.replaced
        self.copies |= other.copies


@dataclass(frozen=True)
class _Source:
    """A file that becomes a part of a batch."""

    file: DataFile
    key: str
    is_old: bool  # it can have rows of objects that leave


class Packing:
    """Packs the files of one attempt; nothing counts before the manifest is committed."""

    def __init__(self, store: Store, options: Options, log: ManifestLog, attempt: str) -> None:
        self.store, self.options, self.log, self.attempt = store, options, log, attempt

    def pack(
        self, written: Iterable[Written], done: Sequence[Json], tables: Mapping[str, Table]
    ) -> Packed:
        """Return the batches after the entries *done*, whose rows are in the files *written*.

        Raises RuntimeError if the files of a batch do not have the rows of its entries.
        """
        files: dict[str, list[DataFile]] = defaultdict(list)
        of_table: dict[str, str] = {}
        for each in written:
            files[each.batch] += each.files
            of_table[each.batch] = each.table
        leaving = self._leaving(done)
        members = Counter(entry.get("batch") for entry in self.log.entries.values())
        rows = self._rows(done, {*files, *leaving})

        def change(name: str) -> Packed:
            old = self.log.batches.get(name)
            table = old.table if old else of_table[name]
            target = old.target if old else target_of(tables[table], self.options)
            keys = old.partition_by if old else tuple(self.options.partitions)
            plain = Batch(name, table, directory_of(target, name, self.attempt), keys, ())
            changed = self._changed(
                plain, old, files.get(name, []), leaving.get(name, set()), members[name]
            )
            _check_rows(plain, changed.batches[name], rows[name])
            return changed

        packed = Packed(replaced=self._object_directories(done))
        with ThreadPoolExecutor(BATCHES) as pool:
            for changed in pool.map(change, sorted({*files, *leaving})):
                packed.add(changed)
        return packed

    def _leaving(self, done: Iterable[Json]) -> dict[str, set[str]]:
        """Return the objects whose old rows leave, by batch."""
        leaving: dict[str, set[str]] = defaultdict(set)
        for entry in done:
            old = self.log.entries.get(entry["key"], {})
            if name := old.get("batch"):
                leaving[name].add(digest(entry["key"]))
        return leaving

    def _object_directories(self, done: Iterable[Json]) -> list[str]:
        """Return the directories of the objects' old rows from before tables had batches."""
        old = (self.log.entries.get(entry["key"], {}) for entry in done)
        return sorted({top_of(each) for entry in old for each in entry.get("directories", ())})

    def _rows(self, done: Sequence[Json], names: Collection[str]) -> Counter[str]:
        """Return the rows that batches must have after a commit, by name."""
        new = {entry["key"]: entry for entry in done}
        rows: Counter[str] = Counter()
        for entry in {**self.log.entries, **new}.values():
            if (name := str(entry.get("batch"))) in names:
                rows[name] += entry["rows"]
        return rows

    def _changed(
        self,
        plain: Batch,
        old: Batch | None,
        added: list[DataFile],
        leaving: Collection[str],
        members: int,
    ) -> Packed:
        """Return the change of one batch; *plain* is it in a new directory, without files.

        If all of its *members* leave, its files need no reading.
        """
        staged = [_Source(each, self._staged(each), is_old=False) for each in added]
        if old and not leaving and not merges([*old.files, *added]):
            new = replace(old, files=(*old.files, *added))
            copies = {each.key: old.directory + each.file.path for each in staged}
            return Packed({old.name: new}, copies=copies)
        kept: list[_Source] = []
        if old and len(leaving) < members:
            kept = [_Source(each, old.directory + each.path, is_old=True) for each in old.files]
        composed = self._composed(plain, [*kept, *staged], leaving)
        changed = replace(plain, files=tuple(composed)) if composed else None
        return Packed({plain.name: changed}, replaced=[old.directory] if old else [])

    def _composed(
        self, batch: Batch, sources: Sequence[_Source], leaving: Collection[str]
    ) -> list[DataFile]:
        """Write the files of a batch's new directory, and return them."""
        by_path = {each.file.path: each for each in sources}
        groups = [
            [by_path[each.path] for each in group]
            for group in merges([each.file for each in sources])
        ]
        with ThreadPoolExecutor(FILES) as pool:
            touched = pool.map(lambda each: self._is_touched(each, leaving), sources)
            rewrites = {
                each.file.path: [each]
                for each, is_touched in zip(sources, touched, strict=True)
                if is_touched
            }
            same = pool.map(
                lambda group: have_same_types(self.store, [each.key for each in group]), groups
            )
            for group, is_same in zip(groups, same, strict=True):
                if is_same:
                    for each in group:
                        rewrites.pop(each.file.path, None)
                        by_path.pop(each.file.path)
                    rewrites[group[0].file.path] = group
            new = pool.map(
                lambda group: self._rewritten(batch, group, leaving), [*rewrites.values()]
            )
            files = [file for group in new for file in group]
        copied = [each for path, each in by_path.items() if path not in rewrites]
        self.store.copy({each.key: batch.directory + each.file.path for each in copied})
        return [*(each.file for each in copied), *files]

    def _is_touched(self, source: _Source, leaving: Collection[str]) -> bool:
        return source.is_old and bool(leaving) and holds_any(self.store, source.key, leaving)

    def _rewritten(
        self, batch: Batch, group: Sequence[_Source], leaving: Collection[str]
    ) -> list[DataFile]:
        def upload(path: str, file: Any) -> None:
            self.store.put_file(batch.directory + path, file)

        options = FileOptions(batch.partition_by, self.options.compression, upload)
        return rewritten(
            self.store,
            {each.key: leaving if each.is_old else () for each in group},
            group[0].file.folder,
            options,
        )

    def _staged(self, file: DataFile) -> str:
        return f"{STAGED}{self.attempt}/{file.path}"


def _check_rows(batch: Batch, changed: Batch | None, rows: int) -> None:
    """Raise RuntimeError unless the files of a batch have the rows of its entries."""
    found = changed.rows if changed else 0
    if found != rows:
        raise RuntimeError(
            f"batch {batch.name} of table {batch.table} has {found} rows instead of {rows}: if"
            f" files under {batch.target} were changed, restore them, or upload the objects of the"
            " batch again"
        )
