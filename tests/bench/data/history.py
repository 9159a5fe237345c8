"""History: what a run and an operator read at their start, without and with a snapshot."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

from dataflowxpress.dataplane.manifest_log import ManifestLog
from dataflowxpress_sandbox.aws.serving import RunningAws
from tests.glue.conftest import GLUE, Pipeline

from .measuring import Meter
from .report import Row
from .sources import expect, pipeline


def history(aws: RunningAws, scratch: Path, objects: int, manifests: int) -> Iterator[Row]:
    """Read the manifests of many objects, write a snapshot, and read them again."""
    made = pipeline(aws, scratch)
    _write_history(made, objects, manifests)
    path = [str(GLUE), *sys.path]
    environment = aws.environment("test", "test")
    with mock.patch.dict(os.environ, environment), mock.patch.object(sys, "path", path):
        yield from _read(made, Meter(aws), f"{objects:,} objects in {manifests:,} manifests")


def _read(pipeline: Pipeline, meter: Meter, work: str) -> Iterator[Row]:
    from dataflow.manifest_log import ManifestLog as JobLog
    from dataflow.options import Options
    from dataflow.store import Store

    read = {"pipeline": "p", "source_prefix": "csv_data/", "target_prefix": "out/"}
    store = Store(Options(**pipeline.places, **read))
    for what in ("without a snapshot", "with a snapshot"):
        with meter.own() as cost:
            log = JobLog(store)
        yield Row(work, f"start of a run, {what}", cost)
        with meter.own() as cost:
            seen = ManifestLog.load(pipeline.s3, pipeline.name)
        yield Row(work, f"start of the operator, {what}", cost)
        expect(len(log.entries), len(seen.objects))
        with meter.own() as cost:
            expect(seen.follow(pipeline.s3, pipeline.name), True)
        yield Row(work, f"later poll of the operator, {what}", cost)
        if what == "without a snapshot":
            with meter.own() as cost:
                log.compact()
            yield Row(work, "writing the snapshot", cost)


def _write_history(pipeline: Pipeline, objects: int, manifests: int) -> None:
    each = objects // manifests

    def put(number: int) -> None:
        keys = [f"csv_data/{number:06d}-{n}.csv" for n in range(each)]
        body = json.dumps(_manifest(number, keys))
        pipeline.put(f"dataflowxpress/manifests/{number:010d}.json", body)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(put, range(1, manifests + 1)))


def _manifest(number: int, keys: list[str]) -> dict[str, Any]:
    name = f"{number // 1_000:010d}-1f0c9a3e"  # of the open batch
    batch = {
        "table": "csv_data",
        "directory": f"parquet_data/csv_data/dfx_batch={name}-{number:010d}-1f0c9a3e/",
        "partition_by": [],
        "files": [[f"part-{number:016x}-{part:05d}.parquet", 1000, 10] for part in range(10)],
    }
    entries = [
        {
            "key": key,
            "etag": f"{number:032x}",
            "size": 1000,
            "table": "csv_data",
            "read": 10,
            "rows": 10,
            "rejected": 0,
            "reason": None,
            "batch": name,
            "write_layout": "0123456789abcdef",
        }
        for key in keys
    ]
    write_layouts = {
        "0123456789abcdef": {"target": "t/", "partition_by": [], "types": {"n": "bigint"}}
    }
    return {
        "run": f"jr_{number:064x}",
        "objects": entries,
        "batches": {name: batch},
        "replaced": {},
        "write_layouts": write_layouts,
        "waiting": [],
    }
