"""Merging: many runs of few rows leave few files, and write each row few times."""

from __future__ import annotations

from collections import Counter

import pytest

from dataflow.batches import FULL, Batch, DataFile
from dataflow.merging import merges

KB = 1024


class Table:
    """The open batch of a table, and what its runs have written."""

    def __init__(self) -> None:
        self.files: list[DataFile] = []
        self.full: list[list[DataFile]] = []
        self.written = self.most = 0
        self.counted = 0

    def add(self, *sizes: int, folder: str = "") -> None:
        """Add the files of a run, and merge as a run does."""
        self.files += [self._file(size, folder) for size in sizes]
        groups = merges(self.files)
        merged = {each.path for group in groups for each in group}
        kept = [each for each in self.files if each.path not in merged]
        self.files = kept + [
            self._file(sum(each.size for each in group), group[0].folder) for group in groups
        ]
        self.most = max(self.most, len(self.files))
        if sum(each.size for each in self.files) >= FULL:
            self.full.append(self.files)
            self.files = []

    def _file(self, size: int, folder: str) -> DataFile:
        self.written += size
        self.counted += 1
        return DataFile(f"{folder}{self.counted}.parquet", size, size)


@pytest.mark.parametrize("size", [2 * KB, 20 * KB, 300 * KB, 5_000 * KB, 40_000 * KB])
def test_a_thousand_runs_leave_few_files_and_write_each_row_few_times(size: int) -> None:
    table = Table()
    for _ in range(1_000):
        table.add(size)

    files = [*table.files, *(file for batch in table.full for file in batch)]
    assert sum(file.size for file in files) == 1_000 * size, "no byte is lost or doubled"
    assert table.most <= 28
    assert all(len(batch) == 1 for batch in table.full)
    assert all(FULL <= file.size <= 2 * FULL for batch in table.full for file in batch)
    # A file of two kilobytes is far below the first tier: seven of ten runs only add a file.
    assert table.written <= 25 * 1_000 * size if size < 8 * KB else 7 * 1_000 * size


def test_files_of_different_partitions_are_not_merged() -> None:
    table = Table()
    for number in range(64):
        table.add(KB, folder=f"day={number % 8}/")
    assert Counter(each.folder for each in table.files) == {f"day={n}/": 1 for n in range(8)}


def test_a_batch_says_its_partitions_by_name_and_values() -> None:
    files = (
        DataFile("day=1/a%2Fb=x%20y/1.parquet", 1, 1),
        DataFile("day=2/a%2Fb=/2.parquet", 1, 1),
    )
    batch = Batch("b", "t", "out/t/dfx_batch=b-1-x/", ("day", "a/b"), files)
    assert batch.partitions == {
        ("b", "1", "x y"): "out/t/dfx_batch=b-1-x/day=1/a%2Fb=x%20y/",
        ("b", "2", ""): "out/t/dfx_batch=b-1-x/day=2/a%2Fb=/",
    }
    assert Batch.parse("b", batch.record()) == batch
