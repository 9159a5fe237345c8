"""Scale: cost of many, large and wide objects and of a long history. `make bench-scale`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from dataflowxpress.dataplane.manifest_log import ManifestLog
from dataflowxpress_sandbox.aws.serving import RunningAws
from tests.bench.server import LOG, logging_aws
from tests.glue.conftest import GLUE, Pipeline

RUN_SECONDS = 7200  # the duration of a run is the result of the measurement
MB = 1024 * 1024
ROW = "{},name of row {},2024-01-02,some text that goes on for a while so that rows are wide\n"
COLUMNS = "n bigint, name string, day date, text string"
HEADER = "n,name,day,text\n"
PLAIN = """
import sys
from awsglue.utils import getResolvedOptions
from pyspark.sql import SparkSession

given = getResolvedOptions(sys.argv, ["source", "target"])
spark = SparkSession.builder.getOrCreate()
read = spark.read.schema("n bigint, name string, day date, text string")
rows = read.option("header", "true").option("multiLine", "true").csv(given["source"])
rows.write.parquet(given["target"])
"""
EXCLUDED = {b"AWSGlue.StartJobRun", b"AWSGlue.GetJobRun"}  # calls of the benchmark itself


@dataclass
class Cost:
    """Cost of a block of code: seconds, AWS requests, peak memory of processes in MB."""

    seconds: float = 0
    calls: Counter[str] = field(default_factory=Counter)
    memory: int = 0

    def __str__(self) -> str:
        total = sum(self.calls.values())
        most = ", ".join(f"{count} {call}" for call, count in self.calls.most_common(6))
        return f"{self.seconds:8.1f} s  {self.memory:6d} MB  {total:7d} calls ({most})"


class Bench:
    """An AWS emulator that counts requests, and the measurements on it."""

    def __init__(self, aws: RunningAws, scratch: Path) -> None:
        self.aws, self.scratch = aws, scratch

    @contextmanager
    def cost(self, of: Callable[[], psutil.Process | None]) -> Iterator[Cost]:
        """Measure a block, with the memory of a process and all its child processes."""
        cost, ended = Cost(), threading.Event()
        watch = threading.Thread(target=_watch, args=(cost, of, ended))
        log = self.aws.directory / LOG
        start, began = log.stat().st_size, time.monotonic()
        watch.start()
        try:
            yield cost
        finally:
            cost.seconds = time.monotonic() - began
            ended.set()
            watch.join()
            cost.calls = _calls(log, start)

    def pipeline(self, **arguments: str) -> Pipeline:
        given = {f"--{name}": value for name, value in arguments.items()}
        made = Pipeline(self.aws, Path(tempfile.mkdtemp(dir=self.scratch)), given)
        made.run_seconds = RUN_SECONDS
        made.table("csv_data", "csv_data/", COLUMNS)
        return made

    def job(self) -> psutil.Process | None:
        """Return the process of the running job."""
        server = psutil.Process(self.aws.pid)
        jobs = [each for each in server.children() if "job_runner" in " ".join(_words(each))]
        return jobs[0] if jobs else None

    def many(self, objects: int) -> None:
        """Convert many objects in one run, then run without work."""
        pipeline = self.pipeline()
        with ThreadPoolExecutor(16) as pool:
            body = HEADER + "".join(ROW.format(n, n) for n in range(10))
            list(pool.map(lambda n: pipeline.put(f"csv_data/{n:06d}.csv", body), range(objects)))
        for what in ("converted in one run", "run without work"):
            with self.cost(self.job) as cost:
                succeeded(pipeline.run())
            print(f"{objects} objects, {what}:\n{cost}", flush=True)
        rows = sum(entry["rows"] for entry in pipeline.entries().values())
        expect(rows, objects * 10)
        self._plain_spark(pipeline)

    def large(self, megabytes: int) -> None:
        """Convert one large object, beside plain Spark that reads it typed and writes Parquet."""
        for what, odd in (("plain text", "x"), ("a text of two lines", '"x\ny"')):
            pipeline = self.pipeline()
            file = self.scratch / "large.csv"
            rows = _write(file, megabytes * MB, odd)
            pipeline.s3.upload_file(str(file), pipeline.name, "csv_data/large.csv")
            file.unlink()
            with self.cost(self.job) as cost:
                succeeded(pipeline.run())
            print(f"an object of {megabytes} MB, {rows} rows, {what}:\n{cost}", flush=True)
            [entry] = pipeline.entries().values()
            expect((entry["rows"], entry["rejected"]), (rows, 0))
            self._plain_spark(pipeline)
            self._remove(pipeline)

    def wide(self, columns: int) -> None:
        """Convert an object with one row of many columns."""
        pipeline = self.pipeline()
        names = [f"c{position}" for position in range(columns)]
        pipeline.table("csv_data", "csv_data/", ", ".join(f"{name} bigint" for name in names))
        values = ",".join(map(str, range(columns)))
        pipeline.put("csv_data/wide.csv", f"{','.join(names)}\n{values}\n")
        with self.cost(self.job) as cost:
            succeeded(pipeline.run())
        print(f"an object of {columns} columns:\n{cost}", flush=True)
        [entry] = pipeline.entries().values()
        expect((entry["rows"], entry["rejected"]), (1, 0))

    def _plain_spark(self, pipeline: Pipeline) -> None:
        """Let Spark's own reader and writer convert the same objects."""
        pipeline.put("dataflowxpress/scripts/plain.py", PLAIN)
        url = f"s3://{pipeline.name}"
        with self.cost(self.job) as cost:
            run = pipeline.run_script(
                "plain.py", source=f"{url}/csv_data/*", target=f"{url}/dataflowxpress/temp/plain/"
            )
        succeeded(run)
        print(f"the same with plain Spark:\n{cost}", flush=True)

    def history(self, objects: int, manifests: int) -> None:
        """Read a long history, without and with a snapshot."""
        os.environ.update(self.aws.environment("test", "test"))
        sys.path.insert(0, str(GLUE))
        from dataflow.manifest_log import ManifestLog as JobLog
        from dataflow.options import Options
        from dataflow.store import Store

        pipeline = self.pipeline()
        self._write_history(pipeline, objects, manifests)
        places = {**pipeline.places, "target_prefix": "out/"}
        read = {"pipeline": "p", "source_prefix": "csv_data/"}
        store = Store(Options(**places, **read))
        own = psutil.Process

        def read_log(what: str) -> JobLog:
            with self.cost(own) as cost:
                history = JobLog(store)
            expect(len(history.entries), objects)
            print(
                f"job reads {manifests} manifests, {objects} objects, {what}:\n{cost}", flush=True
            )
            with self.cost(own) as cost:
                book = ManifestLog.load(pipeline.s3, pipeline.name)
            expect(len(book.objects), objects)
            print(f"start of the operator, {what}:\n{cost}", flush=True)
            with self.cost(own) as cost:
                expect(book.follow(pipeline.s3, pipeline.name), True)
            print(f"later poll of the operator, {what}:\n{cost}", flush=True)
            return history

        history = read_log("no snapshot")
        with self.cost(own) as cost:
            history.compact()
        print(f"writing the snapshot:\n{cost}", flush=True)
        read_log("with a snapshot")

    def _write_history(self, pipeline: Pipeline, objects: int, manifests: int) -> None:
        each = objects // manifests

        def put(number: int) -> None:
            keys = [f"csv_data/{number:06d}-{n}.csv" for n in range(each)]
            body = json.dumps(_manifest(number, keys))
            pipeline.put(f"dataflowxpress/manifests/{number:010d}.json", body)

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(put, range(1, manifests + 1)))

    @staticmethod
    def _remove(pipeline: Pipeline) -> None:
        """Delete the objects, to free memory of the emulator."""
        for key in pipeline.keys(""):
            pipeline.s3.delete_object(Bucket=pipeline.name, Key=key)


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


def _write(file: Path, size: int, odd: str) -> int:
    """Write CSV rows up to a file size, and return their number; the last row has *odd* text."""
    rows = 0
    with file.open("w", encoding="utf-8") as output:
        output.write(HEADER)
        while output.tell() < size:
            output.writelines(ROW.format(n, n) for n in range(rows, rows + 10_000))
            rows += 10_000
        output.write(f"{rows},{odd},2024-01-02,the last\n")
    return rows + 1


def _watch(cost: Cost, of: Callable[[], psutil.Process | None], ended: threading.Event) -> None:
    while not ended.wait(0.2):
        cost.memory = max(cost.memory, _memory(of()) // MB)


def _memory(process: psutil.Process | None) -> int:
    total = 0
    with suppress(psutil.NoSuchProcess):  # a process has ended, and the job ends soon
        for each in [process, *process.children(recursive=True)] if process else []:
            total += each.memory_info().rss
    return total


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # the process has ended
        return []


def _calls(log: Path, start: int) -> Counter[str]:
    with log.open("rb") as lines:
        lines.seek(start)
        requests = (line.rpartition(b"] ")[2].split() for line in lines)
        return Counter(
            words[0].decode() for words in requests if words and words[-1] not in EXCLUDED
        )


def succeeded(run: dict[str, Any]) -> None:
    if run["JobRunState"] != "SUCCEEDED":
        raise SystemExit(f"the run ended {run['JobRunState']}: {run.get('ErrorMessage')}")


def expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise SystemExit(f"{found} instead of {wanted}")


def main() -> None:
    """Run the selected measurements."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("what", nargs="+", choices=["many", "large", "wide", "history"])
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--megabytes", type=int, default=2048)
    parser.add_argument("--columns", type=int, default=1_500)
    parser.add_argument("--known", type=int, default=100_000, help="objects in the history")
    parser.add_argument("--manifests", type=int, default=10_000)
    asked = parser.parse_args()

    with logging_aws() as (aws, folder):
        bench = Bench(aws, folder)
        measure: dict[str, Callable[[], None]] = {
            "many": lambda: bench.many(asked.objects),
            "large": lambda: bench.large(asked.megabytes),
            "wide": lambda: bench.wide(asked.columns),
            "history": lambda: bench.history(asked.known, asked.manifests),
        }
        for what in asked.what:
            measure[what]()


if __name__ == "__main__":
    main()
