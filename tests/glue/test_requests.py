"""Requests: the calls to S3 of a run, which the estimate of the cost multiplies by prices."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from dataflowxpress.cli.cost.estimate import CALLS_OF_A_RUN, CALLS_OF_AN_OBJECT
from tests.bench.server import LOG, logging_aws
from tests.glue.conftest import Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RUNS = 3


@pytest.fixture
def counted(tmp_path: Path) -> Iterator[Callable[[int], Counter[str]]]:
    """Return a function that converts a number of new objects, and counts the run's requests."""
    with logging_aws() as (aws, _):
        pipeline = Pipeline(aws, tmp_path)
        pipeline.table("csv_data", "csv_data/", "n bigint, name string")
        log = aws.directory / LOG
        keys: list[str] = []

        def convert(objects: int) -> Counter[str]:
            before = len(keys)
            for number in range(before, before + objects):
                keys.append(f"csv_data/{number}.csv")
                pipeline.put(keys[-1], f"n,name\n{number},x\n")
            start = log.stat().st_size
            assert pipeline.run()["JobRunState"] == "SUCCEEDED"  # without requests of its own
            with log.open("rb") as lines:
                lines.seek(start)
                return Counter(filter(None, (_operation(line.decode()) for line in lines)))

        yield convert


def _operation(line: str) -> str:
    """Return the operation of a request to S3; empty for other services and for the uploads."""
    method, path, *query, target = line.rpartition("] ")[2].split(" ")
    text = " ".join(query)
    if target.strip() != "-" or "Action=" in text or path == "/" or method == "POST":
        return ""
    if method == "GET" and "list-type=2" in text:
        return "ListObjectsV2"
    if method == "GET" and "uploads" in text:
        return "ListMultipartUploads"
    is_upload = method == "PUT" and path.split("/")[2] == "csv_data"
    return "" if is_upload else f"{method.capitalize()}Object"


@pytest.mark.extended
def test_a_run_makes_the_requests_that_the_cost_estimate_counts(
    counted: Callable[[int], Counter[str]],
) -> None:
    one = [counted(1) for _ in range(RUNS)][-1]
    six = counted(6)

    of_run = {name: count for (_, name), count in CALLS_OF_A_RUN.items() if name != "GetObject"}
    assert {name: one[name] for name in of_run} == of_run
    of_object = CALLS_OF_AN_OBJECT["s3", "GetObject"]
    assert one["GetObject"] == 2 + (RUNS - 1) + of_object  # the script, and each manifest
    assert six == one + Counter({"GetObject": 1 + 5 * of_object})
    assert {*one} == {name for _, name in CALLS_OF_A_RUN}
