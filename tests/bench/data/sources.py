"""Sources: the pipelines and CSV objects that the benchmark converts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dataflowxpress_sandbox.aws.serving import RunningAws
from tests.glue.conftest import Pipeline

MB = 1024 * 1024
ROWS = 10  # of a small object
ROW = "{},name of row {},2024-01-02,some text that goes on for a while so that rows are wide\n"
COLUMNS = "n bigint, name string, day date, text string"
HEADER = "n,name,day,text\n"
RUN_SECONDS = 7200  # the duration of a run is the result of the measurement


def pipeline(aws: RunningAws, scratch: Path, **arguments: str) -> Pipeline:
    """Return a new pipeline with these arguments of its job."""
    given = {f"--{name}": value for name, value in arguments.items()}
    made = Pipeline(aws, Path(tempfile.mkdtemp(dir=scratch)), given)
    made.run_seconds = RUN_SECONDS
    made.table("csv_data", "csv_data/", COLUMNS)
    return made


def put_small(pipeline: Pipeline, names: Iterable[str], content: int = 0) -> None:
    """Upload small objects of 10 rows."""

    def put(name: str) -> None:
        lines = "".join(ROW.format(n, f"{name}-{content}") for n in range(ROWS))
        pipeline.put(f"csv_data/{name}.csv", HEADER + lines)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(put, names))


def put_large(pipeline: Pipeline, megabytes: int) -> int:
    """Upload one large object, whose last text has two lines; return its number of rows."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.csv"
        rows = _write(file, megabytes * MB)
        pipeline.s3.upload_file(str(file), pipeline.name, "csv_data/large.csv")
    return rows


def _write(file: Path, size: int) -> int:
    rows = 0
    with file.open("w", encoding="utf-8") as output:
        output.write(HEADER)
        while output.tell() < size:
            output.writelines(ROW.format(n, n) for n in range(rows, rows + 10_000))
            rows += 10_000
        output.write(f'{rows},"x\ny",2024-01-02,the last\n')
    return rows + 1


def put_wide(pipeline: Pipeline, columns: int) -> str:
    """Upload one row of many columns; return the columns as the catalog has them."""
    names = [f"c{position}" for position in range(columns)]
    described = ", ".join(f"{name} bigint" for name in names)
    pipeline.table("csv_data", "csv_data/", described)
    values = ",".join(map(str, range(columns)))
    pipeline.put("csv_data/wide.csv", f"{','.join(names)}\n{values}\n")
    return described


def succeeded(run: dict[str, Any]) -> None:
    """Raise SystemExit if a run did not succeed."""
    if run["JobRunState"] != "SUCCEEDED":
        raise SystemExit(f"the run ended {run['JobRunState']}: {run.get('ErrorMessage')}")


def expect(found: object, wanted: object) -> None:
    """Raise SystemExit if a result is wrong."""
    if found != wanted:
        raise SystemExit(f"{found} instead of {wanted}")
