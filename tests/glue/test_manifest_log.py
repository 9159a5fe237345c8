"""History: snapshots say what the manifests said, wherever their writer dies."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from dataflowxpress.dataplane.manifest_log import ManifestLog
from dataflowxpress.dataplane.manifest_logs import ManifestLogs

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.glue.conftest import Pipeline

OPTIONS = {"source_prefix": "csv_data/", "target_prefix": "parquet_data/"}


def manifest(number: int, *keys: str) -> dict[str, Any]:
    write_layout = f"form-{number % 3}"
    counts = {
        "read": number,
        "rows": number,
        "rejected": 0,
        "reason": None,
        "write_layout": write_layout,
    }
    entries = [{"key": key, "etag": f"etag-{number}", **counts} for key in keys]
    batch = {
        "table": "t",
        "directory": f"parquet_data/t/dfx_batch=b-{number}/",
        "partition_by": ["day"],
        "files": [[f"day=1/part-{number}.parquet", 1000, number]],
    }
    waiting = [{"key": f"waits-{number}", "reason": "größe\n"}]
    write_layouts = {write_layout: {"types": {"n": "bigint"}}}
    return {
        "run": f"jr_{number}",
        "objects": entries,
        "write_layouts": write_layouts,
        "waiting": waiting,
        "batches": {f"b{number % 2}": batch if number % 3 else None},
        "replaced": {f"parquet_data/t/dfx_batch={number}/": "2026-01-01T00:00:00.000+00:00"},
        "staged": [
            {
                "table": f"t{number % 2}_iceberg",
                "totals": {"files": number, "bytes": 10 * number, "rows": number},
            }
        ],
    }


@pytest.fixture
def load(pipeline: Pipeline, dataflow: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Read the manifest log of a bucket; the snapshot interval is three manifests."""
    monkeypatch.setattr(dataflow.manifest_log, "SNAPSHOT_INTERVAL", 3)
    named = {"pipeline": "p", **pipeline.places}
    options = dataflow.options.Options(**named, **OPTIONS)
    return lambda: dataflow.manifest_log.ManifestLog(dataflow.store.Store(options))


def content(log: Any) -> tuple[Any, ...]:
    return log.number, log.entries, log.waiting, log.batches, log.replaced, log.totals


def test_it_says_the_same_with_snapshots_as_without(
    load: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, dataflow: Any, pipeline: Pipeline
) -> None:
    chance = random.Random(7)  # noqa: S311 - the same each time
    writer = load()
    for number in range(1, 12):
        keys = [f"csv_data/{chance.randrange(6)} 🦆\u2028.csv" for _ in range(3)]
        writer.commit(manifest(number, *dict.fromkeys(keys)))
        writer.compact()

    with_snapshots = load()
    assert with_snapshots.compacted == 9
    assert pipeline.keys("dataflowxpress/snapshots/") == [
        f"dataflowxpress/snapshots/000000000{number}.jsonl.gz" for number in (6, 9)
    ]
    monkeypatch.setattr(dataflow.manifest_log, "SNAPSHOTS", "dataflowxpress/none/")
    without = load()
    assert content(with_snapshots) == content(without) == content(writer)
    assert {
        entry["write_layout"] for entry in with_snapshots.entries.values()
    } <= with_snapshots.write_layouts.keys()


def test_the_operator_reads_the_same_all_along_and_from_the_beginning(
    load: Callable[[], Any], pipeline: Pipeline
) -> None:
    logs, s3, writer = ManifestLogs(), pipeline.s3, load()
    assert logs.of("shop/orders", s3, pipeline.name).objects == {}
    for number in range(1, 8):
        writer.commit(manifest(number, "csv_data/a.csv", f"csv_data/{number}.csv"))
        writer.compact()
        along = logs.of("shop/orders", s3, pipeline.name)
        anew = ManifestLog.load(s3, pipeline.name)
        assert along.objects == anew.objects
        assert {key: entry.etag for key, entry in along.objects.items()} == {
            key: entry["etag"] for key, entry in writer.entries.items()
        }
        assert along.waiting == anew.waiting == writer.waiting
        assert along.replaced == anew.replaced
        assert along.storage == anew.storage
        assert {name: each.files for name, each in along.storage.iceberg.items()} == {
            name: totals["files"] for name, totals in writer.totals.items()
        }
        assert along.replaced.keys() == writer.replaced.keys()
        assert [s.rows for s in along.of_run("jr_1")] == [s.rows for s in anew.of_run("jr_1")]


def test_the_operator_begins_anew_in_a_bucket_that_was_emptied(
    load: Callable[[], Any], pipeline: Pipeline
) -> None:
    logs, s3 = ManifestLogs(), pipeline.s3
    load().commit(manifest(1, "csv_data/old.csv"))
    assert logs.of("shop/orders", s3, pipeline.name).objects.keys() == {"csv_data/old.csv"}
    s3.delete_object(Bucket=pipeline.name, Key="dataflowxpress/manifests/0000000001.json")
    load().commit(manifest(1, "csv_data/new.csv"))
    assert logs.of("shop/orders", s3, pipeline.name).objects.keys() == {"csv_data/new.csv"}


def test_two_pipelines_that_name_the_same_bucket_share_no_counts(
    load: Callable[[], Any], pipeline: Pipeline
) -> None:
    logs, s3 = ManifestLogs(), pipeline.s3
    load().commit(manifest(1, "csv_data/a.csv"))
    one, other = (logs.of(owner, s3, pipeline.name) for owner in ("shop/orders", "shop/copy"))
    load().commit(manifest(2, "csv_data/b.csv"))
    assert logs.of("shop/orders", s3, pipeline.name) is one
    assert one.objects.keys() == {"csv_data/a.csv", "csv_data/b.csv"}
    assert other.objects.keys() == {"csv_data/a.csv"}


def test_the_log_of_a_deleted_pipeline_is_forgotten(
    load: Callable[[], Any], pipeline: Pipeline
) -> None:
    logs, s3 = ManifestLogs(), pipeline.s3
    load().commit(manifest(1, "csv_data/a.csv"))
    one = logs.of("shop/orders", s3, pipeline.name)
    logs.forget("shop/orders")
    assert logs.of("shop/orders", s3, pipeline.name) is not one


@pytest.mark.parametrize("call", ["create", "delete_keys"])
def test_whoever_dies_around_a_snapshot_loses_nothing(
    load: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    writer = load()
    for number in range(1, 4):
        writer.commit(manifest(number, f"csv_data/{number}.csv"))
    with monkeypatch.context() as dying:
        dying.setattr(writer.store, call, _die)
        with pytest.raises(InterruptedError):
            writer.compact()

    after = load()
    assert content(after) == content(writer)
    after.commit(manifest(4, "csv_data/1.csv"))
    after.compact()
    assert content(load()) == content(after)


def test_two_that_write_the_same_snapshot_do_not_disturb_each_other(
    load: Callable[[], Any],
) -> None:
    writer = load()
    for number in range(1, 4):
        writer.commit(manifest(number, "csv_data/a.csv"))
    other = load()
    writer.compact()
    other.compact()
    assert content(load()) == content(writer)


def _die(*_: Any, **__: Any) -> None:
    raise InterruptedError
