"""Batches: the rows of many objects in few files, replaced and merged without a lost row."""

from __future__ import annotations

import importlib
import itertools
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.sample import sampled

if TYPE_CHECKING:
    from tests.glue.conftest import Pipeline

TABLE = "csv_data_parquet"
MUTATING = re.compile("Put|Copy|Delete|Create|Update|Upload|Abort")
Rows = list[tuple[Any, ...]]

pytestmark = pytest.mark.long


class Died(Exception):
    """The run ends here, as a process that is killed."""


class Runs:
    """Runs of the job in this process, which can die at any call that changes something."""

    def __init__(self, pipeline: Pipeline, dataflow: Any, **options: str) -> None:
        self.pipeline = pipeline
        self._module = importlib.import_module("dataflow.run")
        self._options = dataflow.options.Options(
            pipeline=f"tests/{pipeline.name}",
            **pipeline.places,
            source_prefix="csv_data/",
            target_prefix="parquet_data/",
            **{"replaced_file_retention_minutes": "0", **options},
        )
        self._numbers = itertools.count()
        self.uploaded: dict[str, Rows] = {}  # the rows of each object, by its name

    def made(self) -> Any:
        """Return a run that has read the manifests and does nothing yet."""
        return self._module.Run(self._options, f"jr_{next(self._numbers)}")

    def run(self) -> None:
        self.made().convert_everything()

    def dies(self, at: int, event: str) -> bool:
        """Let a run die before or after its call number *at*; return False if it has fewer."""
        run = self.made()
        calls = itertools.count()
        clients = [each for each in vars(run.store).values() if hasattr(each, "meta")]
        clients += [run.catalog.glue, run.source_catalog.glue]

        def call(model: Any, **_: Any) -> None:
            if MUTATING.search(model.name) and os.getpid() == here and next(calls) == at:
                raise Died

        here = os.getpid()
        for client in clients:
            client.meta.events.register(event, call)
        try:
            run.convert_everything()
        except Died:
            return True
        return False

    def put(self, name: str, *numbers: int) -> None:
        lines = "".join(f"{number},{name}\n" for number in numbers)
        self.pipeline.put(f"csv_data/{name}.csv", f"n,name\n{lines}")
        self.uploaded[name] = [(number, name) for number in numbers]

    def expected(self) -> Rows:
        return sorted(row for rows in self.uploaded.values() for row in rows)

    def rows(self) -> Rows:
        """Return the rows that readers of the catalog see."""
        is_known = TABLE in [table["Name"] for table in self.pipeline.tables()]
        return sorted(self.pipeline.rows(TABLE, "n, name")) if is_known else []

    def assert_tidy(self) -> None:
        """Assert that exactly the files of the manifests are there, for readers by path, too."""
        assert sorted(self.pipeline.files()) == sorted(self.pipeline.keys("parquet_data/"))
        assert self.pipeline.orphans() == []
        by_path = self.pipeline.query("n, name", self.pipeline.keys("parquet_data/"))
        assert sorted(by_path) == self.rows()


@pytest.fixture
def runs(pipeline: Pipeline, dataflow: Any) -> Runs:
    return Runs(pipeline, dataflow)


def test_rows_of_many_runs_are_in_few_files_of_one_partition(runs: Runs) -> None:
    counts = []
    for number in range(12):
        runs.put(f"{number}", number)
        runs.put(f"{number}-more", number)
        runs.run()
        runs.assert_tidy()
        counts.append(len(runs.pipeline.files()))

    assert len(runs.pipeline.shown(TABLE)) == 1
    assert max(counts) < 8
    assert [number for number, _ in runs.rows()] == [n for n in range(12) for _ in range(2)]


def test_an_append_copies_no_old_row_and_moves_no_partition(runs: Runs) -> None:
    runs.put("a", 1)
    runs.run()
    shown, [first] = runs.pipeline.shown(TABLE), runs.pipeline.files()
    runs.put("b", 2)
    runs.run()

    assert runs.pipeline.shown(TABLE) == shown
    assert first in runs.pipeline.files()
    assert len(runs.pipeline.keys("parquet_data/")) == 2
    assert runs.rows() == [(1, "a"), (2, "b")]


def test_an_object_that_comes_again_is_replaced_in_its_batch(runs: Runs) -> None:
    for name in "abc":
        runs.put(name, 1)
    runs.run()
    runs.put("d", 1)
    runs.run()
    before, kept = runs.pipeline.shown(TABLE), runs.pipeline.entries()["csv_data/a.csv"]
    runs.put("b", 5, 6)
    runs.run()

    assert runs.rows() == [(1, "a"), (1, "c"), (1, "d"), (5, "b"), (6, "b")]
    after = runs.pipeline.shown(TABLE)
    assert after.keys() == before.keys()
    assert after != before
    assert runs.pipeline.entries()["csv_data/a.csv"] == kept
    runs.assert_tidy()


def test_a_batch_without_rows_is_no_partition(runs: Runs) -> None:
    runs.put("a", 1)
    runs.run()
    runs.pipeline.put("csv_data/a.csv", "n,name\n")
    runs.run()

    assert runs.pipeline.batches() == {}
    assert runs.pipeline.shown(TABLE) == {}
    assert runs.pipeline.keys("parquet_data/") == []


def test_replaced_files_stay_for_their_readers_and_go_later(
    pipeline: Pipeline, dataflow: Any
) -> None:
    patient = Runs(pipeline, dataflow, replaced_file_retention_minutes="10")
    patient.put("a", 1)
    patient.run()
    [old] = pipeline.files()
    patient.put("a", 2)
    patient.run()
    patient.put("b", 3)
    patient.run()

    assert old in pipeline.keys("parquet_data/")
    [directory] = pipeline.manifests()[-1]["replaced"]
    assert old.startswith(directory)
    assert patient.rows() == [(2, "a"), (3, "b")]
    assert pipeline.orphans() == []

    Runs(pipeline, dataflow).run()
    assert old not in pipeline.keys("parquet_data/")
    patient.put("c", 4)
    patient.run()
    assert pipeline.manifests()[-1]["replaced"] == {}


def test_a_column_that_is_added_is_in_the_partition_of_the_open_batch(runs: Runs) -> None:
    runs.put("a", 1)
    runs.run()
    runs.pipeline.table("csv_data", "csv_data/", "n bigint, name string, more string")
    runs.pipeline.put("csv_data/b.csv", "n,name,more\n2,b,x\n")
    runs.run()

    [partition] = runs.pipeline.glue.get_partitions(
        DatabaseName=runs.pipeline.name, TableName=TABLE
    )["Partitions"]
    columns = [each["Name"] for each in partition["StorageDescriptor"]["Columns"]]
    assert columns == ["n", "name", "more", "dfx_object"]
    assert sorted(runs.pipeline.rows(TABLE, "n, more"), key=str) == [(1, None), (2, "x")]


def test_objects_of_a_run_share_the_files_of_the_values_of_a_partition(
    pipeline: Pipeline, dataflow: Any
) -> None:
    runs = Runs(pipeline, dataflow, partition_by="name")
    for number in range(30):
        pipeline.put(f"csv_data/{number}.csv", f"n,name\n{number},x\n{number},y\n")
    runs.run()
    pipeline.put("csv_data/7.csv", "n,name\n77,x\n77,\n")
    runs.run()

    folders = sorted(re.findall("/name=([^/]*)/", " ".join(pipeline.files())))
    assert sorted({*folders}) == ["__HIVE_DEFAULT_PARTITION__", "x", "y"]
    assert len(folders) <= 4
    assert pipeline.rows(TABLE, "count(*), sum(n)") == [(60, 2 * sum(range(30)) - 2 * 7 + 2 * 77)]
    assert len(pipeline.shown(TABLE)) == 3


def test_of_two_runs_at_once_one_commits_and_nothing_of_the_other_stays(runs: Runs) -> None:
    runs.put("a", 1)
    runs.run()
    runs.put("a", 2)
    runs.put("b", 3)
    first, second = runs.made(), runs.made()
    first.convert_everything()
    with pytest.raises(Exception, match="already exists"):
        second.convert_everything()
    assert runs.rows() == [(2, "a"), (3, "b")]

    runs.run()
    assert runs.rows() == [(2, "a"), (3, "b")]
    runs.assert_tidy()


Change = Callable[[Runs, int], None]


def append(runs: Runs, number: int) -> None:
    runs.put(f"new-{number}", number)


def append_and_merge(runs: Runs, number: int) -> None:
    while len(runs.pipeline.files()) < 2:
        runs.put(f"old-{number}-{len(runs.pipeline.files())}", number)
        runs.run()
    append(runs, number)


def replace(runs: Runs, number: int) -> None:
    runs.put("0", number, number)


def replace_all(runs: Runs, number: int) -> None:
    for name in runs.uploaded:
        runs.put(name, number)


def empty(runs: Runs, number: int) -> None:
    runs.put("0", number)
    runs.run()
    runs.put("0")


CHANGES: tuple[Change, ...] = (append, append_and_merge, replace, replace_all, empty)
EVENTS = ("before-call", "after-call")
SAMPLE = {(replace, "after-call")}


@pytest.mark.parametrize(
    ("change", "event"), sampled(itertools.product(CHANGES, EVENTS), SAMPLE.__contains__)
)
def test_whatever_call_a_run_dies_at_each_row_is_there_once(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, change: Change, event: str
) -> None:
    monkeypatch.setattr(importlib.import_module("dataflow.merging"), "FAN_OUT", 3)
    for name in "01":
        runs.put(name, 0)
    runs.run()
    for at in itertools.count():
        change(runs, at)
        before = runs.rows()
        has_died = runs.dies(at, event)
        assert runs.rows() in (before, runs.expected())
        runs.run()
        assert runs.rows() == runs.expected()
        runs.assert_tidy()
        if not has_died:
            assert at > 3, "the run has changed nothing"
            return


def test_a_table_of_another_owner_stays_where_there_are_no_rows(runs: Runs) -> None:
    for name in (TABLE, "csv_data_rejected"):
        runs.pipeline.table(name, "elsewhere/", "a string")
    runs.pipeline.put("csv_data/a.csv", "n,name\n")
    runs.run()

    assert runs.pipeline.entries()["csv_data/a.csv"]["reason"] == "the object has no rows"
    runs.put("b", 1)
    with pytest.raises(RuntimeError, match="does not belong to this pipeline"):
        runs.run()
