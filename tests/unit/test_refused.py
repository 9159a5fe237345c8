"""Refused objects: the status never says that all is converted while one of them is there."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Data, RefusedObject, Status
from dataflowxpress.cli.status_view import data as data_line
from dataflowxpress.dataplane.events import events_between
from dataflowxpress.dataplane.freshness import data_current
from dataflowxpress.dataplane.manifest_log import NO_ROWS, REASON, ManifestLog, _entry
from dataflowxpress.dataplane.observation import _data
from dataflowxpress.dataplane.uploads import Upload, pending_and_refused

from .test_recovery import crawl, observation, run, upload

SPEC = DataPipelineSpec()
BAD = RefusedObject(key="in/bad.csv", reason="not CSV: binary data")


def record(key: str, rows: int, reason: str | None, rejected: int = 0) -> dict[str, Any]:
    return {"key": key, "etag": "e", "rows": rows, "rejected": rejected, "reason": reason}


def data(*refused: RefusedObject, count: int | None = None) -> Data:
    number = len(refused) if count is None else count
    figures = {"objects": 9, "rows": 9, "rejected": 0, "waiting": 0, "dead_letters": 0}
    return Data(refused=number, refused_objects=refused, **figures)


def log(*records: dict[str, Any]) -> ManifestLog:
    return ManifestLog(objects=dict(map(_entry, records)))


def uploads(*keys: str, etag: str = "e") -> list[Upload]:
    return [Upload(key, etag, f"2026-01-01T12:{n:02d}:00Z") for n, key in enumerate(keys)]


@pytest.mark.parametrize(
    ("entry", "refused"),
    [
        (record("a", 0, "not CSV: binary data"), True),
        (record("a", 0, "age: 'x' is no int", rejected=3), True),
        (record("a", 5, "age: 'x' is no int", rejected=3), False),
        (record("a", 5, None), False),
        (record("a", 0, None), False),
        *((record("a", 0, reason), False) for reason in NO_ROWS),
    ],
)
def test_an_object_is_refused_if_it_has_rows_and_none_is_accepted(
    entry: dict[str, Any], refused: bool
) -> None:
    _, found = pending_and_refused(log(entry), uploads("a"))
    assert bool(found.count) is refused


def test_an_object_that_was_deleted_or_replaced_is_not_refused_any_more() -> None:
    known = log(record("a", 0, "not CSV"))
    pending, refused = pending_and_refused(known, [])
    assert (pending.count, refused.count) == (0, 0)
    pending, refused = pending_and_refused(known, uploads("a", etag="new"))
    assert (pending.count, refused.count) == (1, 0)


def test_the_status_names_the_newest_ten_and_counts_all() -> None:
    keys = [f"in/{n}" for n in range(12)]
    known = log(*(record(key, 0, "x" * 999) for key in keys))
    _, refused = pending_and_refused(known, uploads(*keys))
    found = _data(known, DataPipelineSpec(), 0, refused, 0)
    assert found.refused == 12
    assert [each.key for each in found.refused_objects] == keys[:1:-1]
    assert {len(each.reason) for each in found.refused_objects} == {REASON}


def test_a_million_pending_objects_take_no_memory_of_their_own() -> None:
    def found() -> Iterator[Upload]:
        for number in range(20_000):
            yield Upload(f"in/{number:0900d}", f"{number:032x}", "2026-01-01T12:00:00Z")

    tracemalloc.start()
    try:
        pending, _ = pending_and_refused(log(), found())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert pending.count == 20_000
    assert peak < 1_000_000  # 20,000,000 for a list of them


def test_data_is_not_current_while_an_object_is_refused() -> None:
    done = replace(observation(crawl=crawl(1), runs=(run(2),)), data=data(BAD))
    output = data_current(SPEC, done, None)
    assert (output.holds, output.reason) == (False, "ObjectsRefused")
    assert output.message == (
        "1 object refused: in/bad.csv: not CSV: binary data; all other objects are converted:"
        " correct or delete each of these"
    )


def test_waiting_objects_do_not_hide_refused_ones() -> None:
    waiting = replace(observation(upload(0)), data=data(BAD), reasons=("in/b.csv: no table",))
    output = data_current(SPEC, waiting, None)
    assert (output.holds, output.reason) == (False, "Waiting")
    assert "in/b.csv: no table; 1 object refused: in/bad.csv: not CSV" in output.message


def test_a_column_that_no_table_has_is_said_before_the_runs_that_failed_because_of_it() -> None:
    failed = observation(upload(0), runs=(run(2, "FAILED", "no column yaer"),))
    output = data_current(SPEC, replace(failed, unknown_columns="the table t has no yaer"), None)
    assert (output.holds, output.reason) == (False, "UnknownPartition")
    assert output.message == "the table t has no yaer"


def test_each_refused_object_is_one_warning() -> None:
    before = Status(data=data())
    after = Status(data=data(BAD))
    (event,) = events_between(before, after)
    assert (event.type, event.reason) == ("Warning", "ObjectsRefused")
    assert event.message == "1 object refused: in/bad.csv: not CSV: binary data"
    assert list(events_between(after, after)) == []
    assert list(events_between(after, before)) == []


def test_an_object_that_the_status_cannot_name_is_a_warning_too() -> None:
    before, after = Status(data=data(BAD, count=10)), Status(data=data(BAD, count=11))
    (event,) = events_between(before, after)
    assert event.message.startswith("11 objects refused: ")


def test_people_see_the_number_of_refused_objects() -> None:
    assert "1 refused" in data_line(Status(data=data(BAD))).plain
