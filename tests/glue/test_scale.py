"""Many objects in one run; `make bench-data` measures more of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.sample import EVERYTHING, sampled

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.glue.conftest import Pipeline

OBJECTS = 500 if EVERYTHING else 100


@pytest.mark.parametrize(
    "spark_mb", sampled(["64", "0"], "64".__eq__), ids=["on the driver", "on Spark"]
)
def test_many_objects_are_one_manifest_and_each_of_their_rows_once(
    make: Callable[..., Pipeline], spark_mb: str
) -> None:
    pipeline = make(spark_mb=spark_mb)
    pipeline.table("csv_data", "csv_data/", "n bigint, name string")
    with ThreadPoolExecutor(16) as pool:
        put = pool.map(
            lambda n: pipeline.put(f"csv_data/{n}.csv", f"n,name\n{n},x\nno,{n}\n"), range(OBJECTS)
        )
        assert len(list(put)) == OBJECTS

    pipeline.converts()

    [manifest] = pipeline.manifests()
    assert (manifest["totals"]["rows"], manifest["totals"]["rejected"]) == (OBJECTS, OBJECTS)
    assert sorted(pipeline.rows("csv_data_parquet", "n")) == [(n,) for n in range(OBJECTS)]
    kept = pipeline.rejects()
    assert sorted(line["record"] for line in kept) == [2] * OBJECTS
