"""What somebody writes to one pipeline's bucket does not exhaust the operator that all share."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from dataflowxpress.api.errors import Refused
from dataflowxpress.api.spec import GROUP, KIND, VERSION, DataPipelineSpec
from dataflowxpress.controller.reconciler import Reconciler
from dataflowxpress.controller.tenancy import OPEN
from dataflowxpress.dataplane import bounded, catalog_tables, manifest_log, manifest_logs
from dataflowxpress.dataplane.manifest_log import ManifestLog
from dataflowxpress.dataplane.manifest_logs import ManifestLogs
from dataflowxpress.standalone.manifest import Manifest
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.fresh_clients import fresh_clients

if TYPE_CHECKING:
    from pathlib import Path

    from dataflowxpress_sandbox.aws.serving import RunningAws

SNAPSHOT = "dataflowxpress/snapshots/0000000100.jsonl.gz"
MANIFEST = "dataflowxpress/manifests/0000000101.json"
HEAD = b'{"number": 100, "write_layouts": {}, "waiting": {}}\n'
PEAK = 100_000_000  # bytes; 600,000,000 for the bomb without bounds
BATCH = {"table": "t", "partition_by": [], "directory": "d/", "files": [["f", 1, 1]]}
FULL = {"read": 1, "rows": 1, "rejected": 0, "reason": None, "size": 1}
CONVERTED = {"key": "k", "etag": "e", **FULL}


def bomb(before: bytes = b"") -> bytes:
    """Return 200 KB that unpack to 200 MB of valid JSON."""
    padded = (
        HEAD.strip()[:-1] + b', "key": "k", "etag": "e", "rows": 1, "rejected": 0, "padding": "'
    )
    return gzip.compress(before + padded + b"0" * 200_000_000 + b'"}')


def entry(key: str) -> bytes:
    return json.dumps({"key": key, "etag": "e", **FULL}).encode() + b"\n"


def manifest_of(*entries: dict[str, Any], run: str = "jr_1", **more: Any) -> bytes:
    return json.dumps({"run": run, "objects": entries, "waiting": [], **more}).encode()


def put(s3: Any, bucket: str, number: int, content: bytes) -> None:
    key = f"dataflowxpress/manifests/{number:010d}.json"
    s3.put_object(Bucket=bucket, Key=key, Body=content)


@contextmanager
def peak() -> Iterator[list[int]]:
    """Measure the bytes that a block takes at most."""
    measured: list[int] = []
    tracemalloc.start()
    try:
        yield measured
    finally:
        measured.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()


@pytest.fixture
def s3(aws: RunningAws) -> Any:
    return aws.client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"bounded-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name}
    )
    return name


@pytest.mark.parametrize(
    ("key", "content", "reason"),
    [
        (SNAPSHOT, bomb, "more than 16,777,216 bytes in one line"),
        (SNAPSHOT, lambda: bomb(HEAD), "more than 1,048,576 bytes in one line"),
        (SNAPSHOT, lambda: b"text", "is not readable (BadGzipFile)"),
        (SNAPSHOT, lambda: gzip.compress(HEAD)[:-9], "is not readable (EOFError)"),
        (MANIFEST, lambda: b" " * 17_000_000, "more than 16,777,216 bytes"),
        (MANIFEST, lambda: b"[%s0]" % (b"[]," * 5_000_000), "more than 500,000 values"),
        (MANIFEST, lambda: b"[" * 100_000, "is not readable (RecursionError)"),
        (MANIFEST, lambda: b"{}", "is not readable (KeyError)"),
        (MANIFEST, lambda: manifest_of({**CONVERTED, "rows": 10**4_000}), "(ValueError)"),
        (MANIFEST, lambda: manifest_of({**CONVERTED, "rejected": -1}), "(ValueError)"),
    ],
    ids=[
        *("bomb", "entry", "text", "cut off", "bytes", "values", "depth", "no manifest"),
        *("number", "negative"),
    ],
)
def test_content_that_no_run_writes_is_refused_by_name_in_bounded_memory(
    s3: Any, bucket: str, key: str, content: Callable[[], bytes], reason: str
) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=content())
    with peak() as measured, pytest.raises(Refused) as refusal:
        ManifestLog.load(s3, bucket)
    assert measured[0] < PEAK
    message = str(refusal.value)
    assert message.startswith(f"s3://{bucket}/{key} ")
    assert reason in message
    assert "restore an earlier version of the object or delete it" in message


def test_a_log_that_grows_beyond_its_share_of_memory_is_refused(
    s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest_log, "LOG_BYTES", 1_000_000)  # of 192 MiB
    lines = b"".join(entry(f"{number}".ljust(1_000, "k")) for number in range(1_000))
    s3.put_object(Bucket=bucket, Key=SNAPSHOT, Body=gzip.compress(HEAD + lines))
    with pytest.raises(Refused, match="move uploads to a second pipeline"):
        ManifestLog.load(s3, bucket)


WIDE = "x" * 50_000 + "\N{ROCKET}"  # each character of it takes four bytes


@pytest.mark.parametrize(
    "contents",
    [
        [manifest_of({**CONVERTED, "key": WIDE}), manifest_of({**CONVERTED, "key": WIDE + "2"})],
        [manifest_of(CONVERTED), *[manifest_of({**CONVERTED, "etag": "e" * 300_000})] * 2],
        [manifest_of(run=f"{number}" * 150_000) for number in range(3)],
        [manifest_of(replaced={f"{n:05}": "2026-01-01T00:00:00Z" for n in range(2_000)})],
        [manifest_of(batches={f"{n}" * 150_000: BATCH}) for n in range(3)],
    ],
    ids=["wide characters", "a longer entry", "runs", "replaced files", "batches"],
)
def test_whatever_a_log_keeps_counts_as_its_memory(
    s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch, contents: list[bytes]
) -> None:
    monkeypatch.setattr(manifest_log, "LOG_BYTES", 300_000)  # of 192 MiB
    for number, content in enumerate(contents, 1):
        put(s3, bucket, number, content)
    with pytest.raises(Refused, match="bytes of memory"):
        ManifestLog.load(s3, bucket)


def test_the_logs_of_all_pipelines_have_one_bound(
    s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(s3, bucket, 1, manifest_of({**CONVERTED, "key": "k" * 10_000}))
    logs = ManifestLogs()
    first, second = logs.of("a/first", s3, bucket), logs.of("a/second", s3, bucket)
    assert logs.of("a/first", s3, bucket) is first
    monkeypatch.setattr(manifest_logs, "ALL_BYTES", 25_000)  # of 256 MiB
    third = logs.of("a/third", s3, bucket)
    assert logs.of("a/first", s3, bucket) is first  # used after the second
    assert logs.of("a/third", s3, bucket) is third
    assert logs.of("a/second", s3, bucket) is not second
    assert logs.of("a/second", s3, bucket).objects == second.objects


def test_a_snapshot_of_many_small_lines_ends(
    s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "LINES", 1_000)  # of 1,000,000
    s3.put_object(Bucket=bucket, Key=SNAPSHOT, Body=gzip.compress(HEAD + entry("k") * 1_000))
    with pytest.raises(Refused, match="more than 1,000 lines"):
        ManifestLog.load(s3, bucket)


@pytest.fixture
def tables(aws: RunningAws, bucket: str) -> Callable[..., None]:
    """Create tables in a database that has the name of the bucket."""
    glue = aws.client("glue")
    glue.create_database(DatabaseInput={"Name": bucket})

    def create(*locations: str, comment: str = "") -> None:
        for number, location in enumerate(locations):
            columns = [{"Name": "id", "Type": "bigint", "Comment": comment}]
            given = {"Location": location, "Columns": columns}
            name = f"t{number}{len(location)}"
            glue.create_table(
                DatabaseName=bucket, TableInput={"Name": name, "StorageDescriptor": given}
            )

    return create


def test_a_database_with_more_tables_than_a_poll_lists_is_refused_with_the_fix(
    aws: RunningAws, bucket: str, tables: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    glue, spec = aws.client("glue"), DataPipelineSpec()
    tables(f"s3://{bucket}/csv_data/", *["s3://elsewhere/"] * 9)
    monkeypatch.setattr(catalog_tables, "TABLES", 10)  # of 20,000
    (found,) = catalog_tables.crawled_tables(glue, bucket, bucket, spec)
    assert found.crawled == {"id": "bigint"}
    monkeypatch.setattr(catalog_tables, "TABLES", 9)
    with pytest.raises(Refused, match=r"more than 9 tables.*spec\.catalog\.database"):
        catalog_tables.crawled_tables(glue, bucket, bucket, spec)
    with pytest.raises(Refused, match=f"database {bucket} has more than 9 tables"):
        catalog_tables.catalog_tables(glue, bucket, bucket, "a/b", spec)


def test_definitions_of_the_pipelines_tables_are_bounded_and_those_of_others_are_not_kept(
    aws: RunningAws, bucket: str, tables: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    glue, spec = aws.client("glue"), DataPipelineSpec()
    monkeypatch.setattr(catalog_tables, "DOCUMENT", 2_000)  # of 16 MiB
    tables(*["s3://elsewhere/"] * 9, comment="x" * 250)
    assert catalog_tables.crawled_tables(glue, bucket, bucket, spec) == []
    tables(*[f"s3://{bucket}/csv_data/"] * 9, comment="x" * 250)
    with pytest.raises(Refused, match="definitions of more than 2,000 bytes"):
        catalog_tables.crawled_tables(glue, bucket, bucket, spec)


@pytest.fixture
def pipelines(
    aws: RunningAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Manifest]]:
    """Two pipelines that one process has created."""
    made = [manifest(tmp_path, f"bounded-{uuid.uuid4().hex[:8]}") for _ in range(2)]
    with fresh_clients(monkeypatch, sandbox_aws.operator_environment(aws.port)):
        for each in made:
            Reconciler(each, tenant_policy=OPEN).reconcile(*each.key)
        yield made
        for each in made:
            deleting = each.is_deleting()
            Reconciler(deleting, tenant_policy=OPEN).delete(*each.key)


def manifest(folder: Path, name: str) -> Manifest:
    file = folder / f"{name}.yaml"
    head = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND, "metadata": {"name": name}}
    spec = {"bucket": {"name": name}, "deletionPolicy": "Delete"}
    file.write_text(yaml.safe_dump({**head, "spec": spec}))
    return Manifest.load(file, "", "", keeps=False)


def test_the_condition_names_the_object_and_other_pipelines_go_on(
    s3: Any, pipelines: list[Manifest]
) -> None:
    bombed, other = pipelines
    name = bombed.key[1]
    s3.put_object(Bucket=name, Key=SNAPSHOT, Body=bomb())
    result = Reconciler(bombed, tenant_policy=OPEN).poll(*bombed.key)
    assert result
    condition = result.status["DataCurrent"]
    assert condition
    assert (condition.status, condition.reason) == ("Unknown", "Refused")
    assert f"s3://{name}/{SNAPSHOT}" in condition.message
    assert result.status.holds("Ready")

    result = Reconciler(other, tenant_policy=OPEN).poll(*other.key)
    assert result
    assert result.status.holds("DataCurrent")

    s3.delete_object(Bucket=name, Key=SNAPSHOT)
    result = Reconciler(bombed, tenant_policy=OPEN).poll(*bombed.key)
    assert result
    assert result.status.holds("DataCurrent")
