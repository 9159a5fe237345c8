"""Table storage: what the status says of the files of each table, and when it warns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dataflowxpress.api.status import Data, Status, Table
from dataflowxpress.dataplane import events_between
from dataflowxpress.dataplane.table_storage import Storage, in_status

MIB = 2**20
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def record(table: str, *sizes: int, by: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the record of a batch in a manifest, with files of one row."""
    directory = f"lake/{table}/dfx_batch=b-1-x/"
    files = [[f"{number}.parquet", size, 1] for number, size in enumerate(sizes)]
    return {"table": table, "directory": directory, "partition_by": by, "files": files}


def tables(replaced: dict[str, datetime] | None = None, **batches: Any) -> dict[str, Table]:
    """Return the tables in the status, by name."""
    storage = Storage()
    storage.update(batches)
    return {each.name: each for each in in_status(storage.tables(replaced or {}))}


def test_the_status_has_the_sums_of_all_batches_of_a_table() -> None:
    replaced = {
        "lake/orders/dfx_batch=b-0-x/": NOON,
        "lake/orders/dfx_batch=b-1-x/": NOON.replace(hour=13),
        "lake/old_orders/dfx_batch=b-0-x/": NOON.replace(hour=1),
    }
    found = tables(replaced, a=record("orders", 200 * MIB, 5), b=record("orders", 20 * MIB))
    assert found["orders"] == Table(
        name="orders",
        rows=3,
        bytes=220 * MIB + 5,
        files=3,
        batches=2,
        small_files=1,
        replaced_since="2026-01-01T12:00:00Z",
    )


def test_a_batch_counts_with_its_newest_record_and_not_once_it_has_no_rows() -> None:
    storage = Storage()
    storage.update({"a": record("t", 10, 10), "b": record("t", 10)})
    full = storage.size
    storage.update({"a": record("t", 30), "b": None})
    [found] = storage.tables({})
    assert (found.files, found.size, found.batches) == (1, 30, 1)
    assert 0 < storage.size < full
    storage.update({"a": None})
    assert (storage.tables({}), storage.size) == ([], 0)


@pytest.mark.parametrize(
    ("small", "large", "by", "warned"),
    [
        (100, 0, ("day",), True),
        (99, 0, ("day",), False),  # few files
        (100, 100, ("day",), False),  # most rows are in large files
        (100, 0, (), False),  # the next runs merge them
    ],
)
def test_a_warning_names_the_columns_that_a_user_can_change(
    small: int, large: int, by: tuple[str, ...], *, warned: bool
) -> None:
    found = tables(a=record("t", *[1] * small, *[20 * MIB] * large, by=by))["t"]
    assert bool(found.warning) is warned
    assert not warned or "because day has many values" in found.warning


def test_of_many_tables_the_status_has_those_with_a_warning_and_the_largest() -> None:
    large = {f"b{number}": record(f"t{number:02}", number * MIB) for number in range(30)}
    found = tables(**large, small=record("a_small_one", *[1] * 100, by=("day", "hour")))
    assert list(found) == ["a_small_one", *(f"t{number}" for number in range(11, 30))]
    assert "because day and hour have many values" in found["a_small_one"].warning


def status(*named: Table) -> Status:
    return Status(data=Data(dead_letters=0, table_count=len(named), tables=named))


def test_an_event_warns_once_for_a_table_with_many_small_files() -> None:
    good = tables(a=record("t", 1))["t"]
    bad = tables(a=record("t", *[1] * 100, by=("day",)))["t"]
    worse = tables(a=record("t", *[1] * 101, by=("day",)))["t"]
    [event] = events_between(status(good), status(bad))
    assert (event.type, event.reason) == ("Warning", "ManySmallFiles")
    assert event.message == f"table t: {bad.warning}"
    assert not [*events_between(status(bad), status(worse))]
    assert [each.reason for each in events_between(Status(), status(bad))] == ["ManySmallFiles"]


@pytest.mark.parametrize(
    "forged",
    [
        record("t" * 256, 1),
        record("t", 1, by=("day" * 100,)),
        record("t", 1, by=("a", "b", "c", "d", "e")),
        record("t", 2**60),
        record("t", -1),
    ],
    ids=["a long name", "a long column", "many columns", "a huge file", "a negative size"],
)
def test_a_record_that_does_not_fit_in_a_status_is_refused(forged: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"a name is longer|partition columns|a sum is not"):
        tables(a=forged)


def test_an_iceberg_table_has_the_sums_of_its_newest_commit_beside_the_parquet_that_moves() -> None:
    storage = Storage()
    storage.update({"a": record("orders", 10)})
    storage.update_iceberg({"orders_iceberg": {"files": 1, "bytes": 5, "rows": 1}})
    storage.update_iceberg({"orders_iceberg": {"files": 7, "bytes": 90, "rows": 40}})
    iceberg, parquet = in_status(storage.tables({}))
    assert (iceberg.name, iceberg.format, iceberg.files, iceberg.bytes, iceberg.rows) == (
        *("orders", "Iceberg", 7, 90, 40),
    )
    assert (parquet.name, parquet.format, parquet.files) == ("orders", "Parquet", 1)


@pytest.mark.parametrize(
    ("name", "rows"), [("t" * 300, 1), ("t", -1), ("t", 2**63)], ids=["name", "negative", "huge"]
)
def test_sums_of_an_iceberg_table_that_do_not_fit_in_a_status_are_refused(
    name: str, rows: int
) -> None:
    with pytest.raises(ValueError, match=r"a name is longer|a sum is not"):
        Storage().update_iceberg({name: {"files": 1, "bytes": 1, "rows": rows}})
