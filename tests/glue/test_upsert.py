"""Upsert: an Iceberg table has the newest row of each key, in any order of uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataflowxpress_sandbox.aws.faults import Faults
from tests.glue.lake import TABLE, Lake

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.serving import RunningAws

pytestmark = pytest.mark.long


@pytest.fixture
def lake(aws: RunningAws, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(
        aws,
        tmp_path_factory.mktemp("lake"),
        "id bigint, name string, at int",
        upsert_keys="ID",
        latest_by="at",
    )


@pytest.mark.extended
def test_the_newest_row_of_each_key_stays_in_any_order_of_uploads(lake: Lake) -> None:
    lake.put("csv_data/a.csv", "id,name,at\n1,first,1\n1,third,3\n1,second,2\n2,other,1\n,none,9\n")
    entries = lake.converts()
    assert lake.found("id", "name") == [(1, "third"), (2, "other")]
    assert entries["csv_data/a.csv"]["rejected"] == 1, "a row without a key is not comparable"

    lake.put("csv_data/late.csv", "id,name,at\n1,late,2\n2,newer,2\n3,new,1\n")
    lake.converts()
    assert lake.found("id", "name") == [(1, "third"), (2, "newer"), (3, "new")]

    lake.put("csv_data/a.csv", "id,name,at\n1,fourth,4\n")
    lake.converts()
    assert lake.found("id", "name") == [(1, "fourth"), (2, "newer"), (3, "new")]


@pytest.mark.extended
def test_a_death_and_a_compaction_before_the_publication_change_no_result(lake: Lake) -> None:
    lake.put("csv_data/a.csv", "id,name,at\n1,one,1\n2,two,5\n")
    lake.converts()
    lake.put("csv_data/b.csv", "id,name,at\n1,newer,2\n2,older,4\n3,new,1\n")
    manifests = f"arn:aws:s3:::{lake.name}/dataflowxpress/manifests/*"
    with Faults(lake.aws).during("kill-after", "s3:PutObject", resource=manifests, times=1):
        assert lake.run()["JobRunState"] == "FAILED"
    lake.compact()
    lake.converts()
    assert lake.found("id", "name") == [(1, "newer"), (2, "two"), (3, "new")]
    assert lake.branches(TABLE) == {"main"}
