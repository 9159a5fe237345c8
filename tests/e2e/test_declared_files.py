"""What the spec says of files is what the tables have, and a correction converts them again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from dataflowxpress.api.spec import KIND
from dataflowxpress.api.status import Status
from dataflowxpress.blueprint import artifacts
from dataflowxpress_sandbox.demo.figures import fetch
from tests.e2e.conftest import User, holds

QUICK: dict[str, Any] = {"trigger": {"batchWindowSeconds": 0}, "deletionPolicy": "Delete"}
ORDERS = "Orders of May 2026\norder;city;price\n0017;Köln;1.234,50\n0018;-;2,5\n"


def example(name: str) -> dict[str, Any]:
    """Return the spec of an example, which does not wait."""
    read = yaml.safe_load_all(artifacts.path(f"examples/{name}.yaml").read_text())
    spec = next(document["spec"] for document in read if document["kind"] == KIND)
    own = {"name": f"e2e-{name}"}  # another test leaves the bucket of the example
    return {**spec, "bucket": own, **QUICK}


def rows(user: User, bucket: str, scratch: Path, columns: str) -> list[tuple[Any, ...]]:
    folder = fetch(user.aws("s3"), bucket, "parquet_data/", scratch)
    read = duckdb.read_parquet(f"{folder}/**/*.parquet", union_by_name=True)
    return sorted(read.project(columns).fetchall())


def current(objects: int) -> Any:
    def check(status: Status) -> bool:
        done = status.data is not None and status.data.objects == objects
        return done and holds(status, "DataCurrent")

    return check


@pytest.mark.extended
def test_a_title_latin_1_semicolons_and_decimal_commas_become_typed_rows(
    user: User, tmp_path: Path
) -> None:
    spec = example("semicolons")
    bucket = spec["bucket"]["name"]
    user.pipeline("semicolons", **spec)
    user.ready("semicolons")
    body = ORDERS.encode("iso-8859-1")
    user.aws("s3").put_object(Bucket=bucket, Key="csv_data/may.csv", Body=body)
    user.wait("semicolons", current(1), 180, "current")
    found = rows(user, bucket, tmp_path, '"order", city, price::varchar')
    assert found == [("0017", "Köln", "1234.50"), ("0018", None, "2.50")]
    user.gone("semicolons")


@pytest.mark.extended
def test_declared_names_and_formats_hold_and_later_fields_are_kept(
    user: User, tmp_path: Path
) -> None:
    spec = example("declared-columns")
    bucket = spec["bucket"]["name"]
    user.pipeline("declared", **spec)
    user.ready("declared")
    record = b'{"Id": "0017", "When": 1779867000000, "Total": 19.90'
    for number, (key, more) in enumerate({"one": b"}", "two": b', "Note": "by phone"}'}.items()):
        user.aws("s3").put_object(Bucket=bucket, Key=f"events/{key}.json", Body=record + more)
        user.wait("declared", current(number + 1), 180, "current")
    found = rows(
        user,
        bucket,
        tmp_path,
        "_file, order_id, epoch_ms(ordered_at::timestamp), total::varchar, _record_number,"
        " _rescued",
    )
    same = ("0017", 1779867000000, "19.90", 1)
    assert found == [
        ("events/one.json", *same, None),
        ("events/two.json", *same, '{"Note":"by phone"}'),
    ]
    user.gone("declared")


@pytest.mark.extended
def test_a_corrected_option_converts_objects_again_without_another_upload(
    user: User, tmp_path: Path
) -> None:
    bucket, key = "e2e-corrected", "csv_data/a.csv"
    user.pipeline("corrected", bucket={"name": bucket}, **QUICK)
    user.ready("corrected")
    user.aws("s3").put_object(Bucket=bucket, Key=key, Body=b"n,word\n1,NA\n2,b\n")
    user.wait("corrected", current(1), 180, "current")
    assert rows(user, bucket, tmp_path / "before", "word") == [("NA",), ("b",)]

    source = {"csv": {"nullValues": ["NA"]}}
    user.pipeline("corrected", bucket={"name": bucket}, source=source, **QUICK)
    user.wait("corrected", lambda status: len(status.runs) > 1, 120, "through with another run")
    user.wait(
        "corrected",
        lambda status: status.runs[0].state == "SUCCEEDED" and status.runs[0].objects == 1,
        120,
        "converted again",
    )
    found = rows(user, bucket, tmp_path / "after", "coalesce(word, 'null')")
    assert found == [("b",), ("null",)]
    user.gone("corrected")


def test_declared_columns_need_no_crawler(user: User, tmp_path: Path) -> None:
    bucket = "e2e-no-crawler"
    columns = [
        {"name": "n", "from": "No", "type": "string"},
        {"name": "day", "type": "date", "format": "dd.MM.yyyy"},
    ]
    spec: dict[str, Any] = {"bucket": {"name": bucket}, "crawler": {"when": "Never"}, **QUICK}
    user.pipeline("uncrawled", source={"columns": columns}, **spec)
    status = user.ready("uncrawled")
    assert "Crawler" not in {line.kind for line in status.resources}
    body = b"No,day\n007,24.12.2026\n"
    user.aws("s3").put_object(Bucket=bucket, Key="csv_data/a.csv", Body=body)
    status = user.wait("uncrawled", current(1), 180, "current")
    assert status.last_crawl is None
    assert rows(user, bucket, tmp_path, "n, day::varchar") == [("007", "2026-12-24")]
    user.gone("uncrawled")
