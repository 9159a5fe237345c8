"""Packed rows: objects share files, and appear as a whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa
import pytest

from dataflow.objects import Object
from dataflow.tables import Table
from dataflow.task import Work
from dataflow.task_pool import TASK_BYTES, divided
from dataflow.writing import packed_rows, parquet_files
from dataflow.writing.packed_rows import FileOptions, ObjectRowsBuffer, PackedRows, Written


@pytest.fixture
def options(tmp_path: Path) -> FileOptions:
    def upload(path: str, file: IO[bytes]) -> None:
        target = tmp_path / path
        assert not target.exists()
        target.write_bytes(file.read())

    return FileOptions((), "snappy", upload)


def packed(
    options: FileOptions, *objects: int, is_new: bool = True
) -> tuple[list[str], list[Written]]:
    """Pack objects of so many rows, 1,000 at a time; return the batch of each, and the files."""
    names = []
    with PackedRows("t", "open", 7, options) as rows:
        for number, count in enumerate(objects):
            with ObjectRowsBuffer(options) as buffer:
                for first in range(0, count, 1_000):
                    numbers = range(first, min(first + 1_000, count))
                    part = pa.table({"o": [number] * len(numbers), "n": numbers})
                    buffer.add(part, {})
                buffer.finish()
                names.append(rows.add(buffer, is_new=is_new))
        return names, rows.finish()


def counts(folder: Path, written: list[Written]) -> dict[str, list[tuple[int, int]]]:
    """Return the objects of each batch with their rows."""
    found = {}
    for each in written:
        rows = duckdb.read_parquet([str(folder / file.path) for file in each.files])
        found[each.batch] = rows.aggregate("o, count(DISTINCT n)").order("o").fetchall()
        assert sum(file.rows for file in each.files) == sum(count for _, count in found[each.batch])
    return found


def test_small_objects_share_one_file(options: FileOptions, tmp_path: Path) -> None:
    names, written = packed(options, 10, 20, 3_000)
    assert names == ["open"] * 3
    assert [len(each.files) for each in written] == [1]
    assert counts(tmp_path, written) == {"open": [(0, 10), (1, 20), (2, 3_000)]}


def test_an_object_of_several_files_has_a_batch_of_its_own(
    options: FileOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed_rows, "SMALL", 30_000)
    monkeypatch.setattr(parquet_files, "BUFFER", 50_000)
    monkeypatch.setattr(parquet_files, "FILE_SIZE", 20_000)
    (first, large, last), written = packed(options, 10, 20_000, 10)
    assert (first, last) == ("open", "open")
    assert large.startswith("0000000007-")
    assert counts(tmp_path, written) == {large: [(1, 20_000)], "open": [(0, 10), (2, 10)]}
    assert len(written[0].files) > 1

    names, _ = packed(options, 20_000, is_new=False)
    assert names == ["open"], "an object that is in a batch stays there"


def test_a_larger_object_has_a_file_of_its_own_in_the_same_batch(
    options: FileOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed_rows, "SMALL", 30_000)
    names, written = packed(options, 10, 20_000)
    assert names == ["open", "open"]
    assert counts(tmp_path, written) == {"open": [(0, 10), (1, 20_000)]}
    assert [len(each.files) for each in written] == [2]


def works(batch: str, *sizes: int) -> list[Work]:
    table = Table("t", "in/", {})
    return [
        Work(Object(f"in/{batch}-{number}", "e", size, ""), table, (), batch)
        for number, size in enumerate(sizes)
    ]


@pytest.mark.parametrize(
    ("given", "slots", "tasks"),
    [
        (works("a", *[100] * 100), 2, 1),  # few small objects are one file
        (works("a", *[100] * 1_000), 2, 2),
        (works("a", *[100] * 1_000), 64, 8),  # a file is worth a task only with enough work
        (works("a", 2 * TASK_BYTES), 4, 1),
        (works("a", *[TASK_BYTES // 5] * 16), 2, 4),
        ([work for n in range(68) for work in works(f"{n}", 10, 10)], 2, 2),
    ],
)
def test_work_is_in_as_few_tasks_as_keep_all_processes_busy(
    given: list[Work], slots: int, tasks: int
) -> None:
    found = divided(given, slots)
    assert len(found) == tasks
    assert sorted(work.object.key for task in found for work in task) == sorted(
        work.object.key for work in given
    )
    for task in found:  # the objects of a batch follow each other
        names = [work.batch for work in task]
        assert len(dict.fromkeys(names)) == sum(
            a != b for a, b in zip(["", *names], names, strict=False)
        )
