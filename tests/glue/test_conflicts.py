"""A conflict of two writes may leave no object: the job writes again, and reads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from dataflowxpress_sandbox.aws.faults import Faults

if TYPE_CHECKING:
    from tests.glue.conftest import Pipeline

CODES = ["ConditionalRequestConflict", "OperationAborted"]


@pytest.fixture
def store(pipeline: Pipeline, dataflow: Any) -> Any:
    prefixes = {"source_prefix": "csv_data/", "target_prefix": "parquet_data/"}
    named = {"pipeline": "p", **pipeline.places}
    return dataflow.store.Store(dataflow.options.Options(**named, **prefixes))


def objects_of(pipeline: Pipeline) -> str:
    return f"arn:aws:s3:::{pipeline.name}/*"


@pytest.mark.parametrize("code", CODES)
def test_an_object_is_written_although_its_first_write_met_another(
    pipeline: Pipeline, store: Any, code: str
) -> None:
    faults = Faults(pipeline.aws)
    here = objects_of(pipeline)
    with faults.during("fail", "s3:PutObject", resource=here, error=code, times=2):
        store.create("dataflowxpress/manifests/1.json", b"{}")
    assert store.read("dataflowxpress/manifests/1.json") == b"{}"


def test_the_other_write_wins_if_it_succeeded(
    pipeline: Pipeline, store: Any, dataflow: Any
) -> None:
    store.create("dataflowxpress/manifests/1.json", b"theirs")
    faults, here = Faults(pipeline.aws), objects_of(pipeline)
    with (
        faults.during("fail", "s3:PutObject", resource=here, error=CODES[0], times=1),
        pytest.raises(dataflow.store.AlreadyExists),
    ):
        store.create("dataflowxpress/manifests/1.json", b"ours")


def test_a_conflict_without_end_is_an_error(
    pipeline: Pipeline, store: Any, dataflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataflow.store, "PAUSE", 0.001)
    faults, here = Faults(pipeline.aws), objects_of(pipeline)
    with faults.during("fail", "s3:PutObject", resource=here, error=CODES[0]) as number:
        with pytest.raises(ClientError, match=CODES[0]):
            store.create("dataflowxpress/manifests/1.json", b"{}")
        assert faults.struck(number) == 1 + dataflow.store.REPEATS
