"""Files: users find exactly the files that hold the current rows of a table."""

from __future__ import annotations

import json

from dataflowxpress.dataplane.batches import Batches
from dataflowxpress.dataplane.manifest_log import ManifestLog
from tests.contract.pipeline_bucket import Bucket, Json

OLD = "parquet_data/t/dfx_batch=b-0000000001-aa/"
NEW = "parquet_data/t/dfx_batch=b-0000000002-bb/"
MIB = 2**20
HINT = (
    "  100 of 100 files are smaller than 16 MiB, which slows queries down, because day has many"
    " values: name columns with fewer values in spec.target.partitionBy"
)


def batch(
    directory: str, *files: tuple[str, int, int], table: str = "t", by: tuple[str, ...] = ()
) -> Json:
    return {"table": table, "directory": directory, "partition_by": by, "files": files}


def urls(bucket: Bucket, *options: str) -> list[str]:
    answer = bucket.call("files", "-o", "urls", *options)
    assert answer.exit_code == 0, answer.output
    return [each.removeprefix(f"s3://{bucket.name}/") for each in answer.stdout.splitlines()]


def test_only_the_newest_files_of_a_batch_are_shown_also_with_a_snapshot(bucket: Bucket) -> None:
    bucket.run(batches={"b": batch(OLD, ("1.parquet", 10, 1)), "gone": batch(OLD, ("2", 10, 1))})
    other = batch("parquet_data/u/dfx_batch=c-1-x/", ("3.parquet", 10, 1), table="u")
    replaced = {OLD: "2026-01-01T00:00:00.000+00:00"}
    records = {"b": batch(NEW, ("4.parquet", 20, 2)), "gone": None, "c": other}
    bucket.run(batches=records, replaced=replaced)

    found = [f"{NEW}4.parquet", "parquet_data/u/dfx_batch=c-1-x/3.parquet"]
    assert urls(bucket) == found
    assert urls(bucket, "--table", "u") == found[1:]
    bucket.snapshot(batches={"b": records["b"], "c": other}, replaced=replaced)
    assert urls(bucket) == found
    listed = json.loads(bucket.call("files", "-o", "json", "--table", "t").stdout)
    assert listed == [{"url": f"s3://{bucket.name}/{NEW}4.parquet", "size": 20, "rows": 2}]


def test_a_summary_has_size_replaced_files_and_a_warning_about_many_small_ones(
    bucket: Bucket,
) -> None:
    bucket.run(batches={"b": batch(NEW, ("1.parquet", 3 * MIB, 7))})
    assert bucket.call("files").stdout.splitlines() == ["t: 7 rows, 3.0 MiB, 1 file in 1 batch"]
    many = [(f"day={number}/1.parquet", 1, 1) for number in range(100)]
    by_day = batch(NEW, *many, by=("day",))
    bucket.run(batches={"b": by_day}, replaced={OLD: "2026-01-01T00:00:00.000+00:00"})
    assert bucket.call("files").stdout.splitlines() == [
        "t: 100 rows, 0.0 MiB, 100 files in 1 batch",
        HINT,
        "  replaced files stay since 2026-01-01T00:00:00Z, for their readers",
    ]


def test_the_status_has_the_same_sums_as_the_command_also_with_a_snapshot(bucket: Bucket) -> None:
    old = {"b": batch(OLD, ("1.parquet", 10, 1)), "gone": batch(OLD, ("2.parquet", 10, 1))}
    bucket.run(batches=old)
    bucket.snapshot(batches=old)
    other = batch("parquet_data/u/dfx_batch=c-1-x/", ("3.parquet", 10, 1), table="u")
    replaced = {OLD: "2026-01-01T00:00:00.000+00:00"}
    newer = {"b": batch(NEW, ("4.parquet", 20, 2)), "gone": None, "c": other}
    bucket.run(batches=newer, replaced=replaced)

    log = ManifestLog.load(bucket.s3, bucket.name)
    found = log.storage.tables(log.replaced)
    assert [(each.table, each.files, each.size, each.rows) for each in found] == [
        ("t", 1, 20, 2),
        ("u", 1, 10, 1),
    ]
    assert found == Batches.load(bucket.s3, bucket.name).tables()


def test_a_pipeline_without_rows_has_no_files(bucket: Bucket) -> None:
    assert bucket.call("files").stdout.splitlines() == ["no files yet"]
