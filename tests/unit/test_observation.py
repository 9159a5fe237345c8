"""Observation: objects that a run could not convert in full, and files that it left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.dataplane.glue_activity import by_reason
from dataflowxpress.dataplane.manifest_log import ManifestLog
from dataflowxpress.dataplane.observation import has_overdue_files

SHORT, EMPTY = "not a record of 2 columns", "empty"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_objects_with_the_same_reason_share_it() -> None:
    found = by_reason([("in/a.csv", SHORT), ("in/b.csv", EMPTY), ("in/c.csv", SHORT)])
    assert found == [f"in/a.csv, in/c.csv: {SHORT}", f"in/b.csv: {EMPTY}"]


def test_many_objects_with_one_reason_are_counted() -> None:
    found = by_reason([(f"{number}.csv", EMPTY) for number in range(12)])
    assert found == [f"0.csv, 1.csv, 2.csv and 9 more: {EMPTY}"]


@pytest.mark.parametrize(("hours", "overdue"), [(1, False), (25, False), (27, True)])
def test_replaced_files_are_overdue_a_day_after_their_retention(
    hours: int, *, overdue: bool
) -> None:
    spec = DataPipelineSpec.model_validate({"target": {"replacedFileRetentionMinutes": 120}})
    log = ManifestLog(replaced={"parquet_data/t/dfx_batch=b-1-x/": NOON})
    assert has_overdue_files(log, spec, NOON + timedelta(hours=hours)) is overdue
    assert not has_overdue_files(ManifestLog(), spec, NOON)
