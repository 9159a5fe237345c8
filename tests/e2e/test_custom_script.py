"""A script of the user's own runs as it would in AWS, from an upload to Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from dataflowxpress.api.spec import KIND
from dataflowxpress.api.status import Status
from dataflowxpress.blueprint import artifacts
from dataflowxpress_sandbox.demo.figures import fetch
from tests.e2e.conftest import User

BUCKET, SOURCE, TARGET = "e2e-own-script", "incoming/orders/", "lake/orders/"


def documents() -> list[dict[str, Any]]:
    """Return the example with a script of its own, as a pipeline that does not wait."""
    read = list(yaml.safe_load_all(artifacts.path("examples/complete.yaml").read_text()))
    pipeline = next(document for document in read if document["kind"] == KIND)
    pipeline["spec"] |= {
        "bucket": {"name": BUCKET},
        "trigger": {"batchWindowSeconds": 0},
        "deletionPolicy": "Delete",
    }
    return read


def orders(user: User, scratch: Path) -> list[tuple[Any, ...]]:
    folder = fetch(user.aws("s3"), BUCKET, TARGET, scratch)
    read = duckdb.read_parquet(f"{folder}/**/*.parquet", union_by_name=True)
    return sorted(read.project("id, customer").fetchall())


def succeeded(runs: int) -> Any:
    def check(status: Status) -> bool:
        return [run.state for run in status.runs].count("SUCCEEDED") >= runs

    return check


@pytest.mark.extended
def test_each_upload_is_converted_once_thanks_to_its_bookmark(user: User, tmp_path: Path) -> None:
    user.apply(*documents())
    user.ready("orders")
    upload = user.aws("s3").put_object
    upload(Bucket=BUCKET, Key=f"{SOURCE}one.csv", Body=b"id;customer\n1;Ada\n2;Grace\n")
    user.wait("orders", succeeded(1), 120, "through with the first run")
    assert orders(user, tmp_path / "one") == [("1", "Ada"), ("2", "Grace")]

    upload(Bucket=BUCKET, Key=f"{SOURCE}two.csv", Body=b"id;customer\n3;Edsger\n")
    status = user.wait("orders", succeeded(2), 120, "through with the second run")
    assert orders(user, tmp_path / "two") == [("1", "Ada"), ("2", "Grace"), ("3", "Edsger")]
    current = status["DataCurrent"]
    assert current
    assert (current.status, current.reason) == ("Unknown", "CustomScript")
    user.gone("orders")


def test_the_longest_script_is_applied_as_kubectl_does_and_deleted(user: User) -> None:
    name, bucket = "long", "e2e-long-script"
    spec = {"bucket": {"name": bucket}, "job": {"script": {"inline": "文" * 65_536}}}
    applied = json.dumps({"spec": {**spec, "deletionPolicy": "Delete"}}, ensure_ascii=False)
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": applied}
    user.pipeline(name, annotations=annotations, deletionPolicy="Delete", **spec)
    user.ready(name)
    keys = [each["Key"] for each in user.aws("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    assert [key for key in keys if key.endswith("/script.py")]
    user.gone(name)
