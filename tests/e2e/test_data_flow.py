"""From an upload to Parquet, catalog and mail, with the real Lambdas and real Spark."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from dataflowxpress.api.status import Status
from dataflowxpress_sandbox.aws import mail
from dataflowxpress_sandbox.demo.figures import connect, fetch
from tests.e2e.conftest import User, holds

BUCKET, READER = "e2e-data-flow", "reader@example.com"
PEOPLE = "name,age\nAda,36\nGrace,85\n"


pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def flow(user: User) -> str:
    """A pipeline whose reader has confirmed."""
    user.pipeline(
        "flow",
        bucket={"name": BUCKET},
        trigger={"batchWindowSeconds": 0},
        notifications={"emails": [READER]},
    )
    user.ready("flow")
    mail.confirm(user.directory, READER)
    return "flow"


def upload(user: User, key: str, text: str) -> None:
    user.aws("s3").put_object(Bucket=BUCKET, Key=f"csv_data/{key}", Body=text.encode())


def rows(user: User, scratch: Path) -> list[tuple[Any, ...]]:
    """Return what anybody reads who points DuckDB at the Parquet."""
    parquet = fetch(user.aws("s3"), BUCKET, "parquet_data/", scratch / str(time.monotonic_ns()))
    with connect(parquet) as database:
        found: list[tuple[Any, ...]] = (
            database.table("csv_data").project("name, age").order("name").fetchall()
        )
    return found


def converted(objects: int, total: int) -> Any:
    def check(status: Status) -> bool:
        data = status.data
        return (
            data is not None
            and (data.objects, data.rows) == (objects, total)
            and holds(status, "DataCurrent")
        )

    return check


def test_an_upload_becomes_parquet_catalog_and_mail_and_stays_exactly_right(
    user: User, flow: str, tmp_path: Path
) -> None:
    upload(user, "people/one.csv", PEOPLE)
    status = user.wait(flow, converted(1, 2), 120, "converted")
    assert rows(user, tmp_path) == [("Ada", 36), ("Grace", 85)]
    assert status.data
    [table] = status.data.tables
    assert (table.name, table.rows, table.files, table.batches) == ("csv_data", 2, 1, 1)
    tables = user.aws("glue").get_tables(DatabaseName="default_flow")["TableList"]
    assert sorted(table["Name"] for table in tables) == ["csv_data", "csv_data_parquet"]
    assert status.last_crawl
    assert status.last_crawl.state == "Succeeded"
    assert any(run.rows_written == 2 and run.state == "SUCCEEDED" for run in status.runs)
    succeeded = user.mail(READER, "Job run succeeded: default/flow").text
    assert "SUCCEEDED" in succeeded
    assert re.search(r"^DPU-seconds: [1-9]", succeeded, re.MULTILINE), succeeded

    upload(user, "people/one.csv", PEOPLE)  # the same again
    runs = {run.id for run in status.runs}
    user.wait(
        flow,
        lambda s: {r.id for r in s.runs if r.state == "SUCCEEDED"} > runs and converted(1, 2)(s),
        120,
        "looked at again",
    )
    assert rows(user, tmp_path) == [("Ada", 36), ("Grace", 85)]

    upload(user, "people/one.csv", "name,age\nAda,37\n")  # other content under the same key
    user.wait(flow, converted(1, 1), 120, "converted anew")
    assert rows(user, tmp_path) == [("Ada", 37)]


def test_each_folder_becomes_a_table_where_that_is_asked_for(user: User, tmp_path: Path) -> None:
    user.pipeline(
        "folders",
        bucket={"name": "e2e-folders"},
        catalog={"tables": "PerFolder"},
        trigger={"batchWindowSeconds": 0},
        deletionPolicy="Delete",
    )
    user.ready("folders")
    for key, text in {"people/a.csv": PEOPLE, "towns/b.csv": "town,mayor\nUlm,Ada\n"}.items():
        user.aws("s3").put_object(Bucket="e2e-folders", Key=f"csv_data/{key}", Body=text.encode())
    user.wait("folders", converted(2, 3), 120, "converted")
    parquet = fetch(user.aws("s3"), "e2e-folders", "parquet_data/", tmp_path)
    with connect(parquet) as database:
        assert database.table("people").project("name, age").order("name").fetchall() == [
            ("Ada", 36),
            ("Grace", 85),
        ]
        assert database.table("towns").project("town, mayor").fetchall() == [("Ulm", "Ada")]
    user.gone("folders")


@pytest.mark.extended
def test_objects_and_folders_beside_each_other_become_one_table(user: User, tmp_path: Path) -> None:
    user.pipeline(
        "levels",
        bucket={"name": "e2e-levels"},
        trigger={"batchWindowSeconds": 0},
        deletionPolicy="Delete",
    )
    user.ready("levels")
    for key in ("one.csv", "shop/two.csv", "shop/day=1/three.csv"):
        user.aws("s3").put_object(Bucket="e2e-levels", Key=f"csv_data/{key}", Body=PEOPLE.encode())
    user.wait("levels", converted(3, 6), 120, "converted")
    tables = user.aws("glue").get_tables(DatabaseName="default_levels")["TableList"]
    assert sorted(table["Name"] for table in tables) == ["csv_data", "csv_data_parquet"]
    parquet = fetch(user.aws("s3"), "e2e-levels", "parquet_data/", tmp_path)
    with connect(parquet) as database:
        found = database.table("csv_data").project("name").order("name").fetchall()
    assert found == [("Ada",)] * 3 + [("Grace",)] * 3
    user.gone("levels")


@pytest.mark.extended
def test_a_corrected_csv_format_reaches_objects_that_were_crawled_and_converted(
    user: User, tmp_path: Path
) -> None:
    spec: dict[str, Any] = {
        "bucket": {"name": "e2e-format"},
        "trigger": {"batchWindowSeconds": 0},
        "deletionPolicy": "Delete",
    }

    def put(key: str) -> None:
        text = PEOPLE.replace(",", ";")
        user.aws("s3").put_object(Bucket="e2e-format", Key=f"csv_data/{key}", Body=text.encode())

    user.pipeline("format", **spec)
    user.ready("format")
    put("one.csv")

    def advised(status: Status) -> bool:
        current = status["DataCurrent"]
        return current is not None and "set source.csv.delimiter: ';'" in current.message

    user.wait("format", advised, 240, "advised to set the delimiter")

    spec["source"] = {"csv": {"delimiter": ";"}}
    user.pipeline("format", **spec)
    user.wait("format", converted(1, 2), 240, "converted with two columns")
    put("two.csv")
    put("three.csv")
    user.wait("format", converted(3, 6), 240, "converted with the later uploads")
    parquet = fetch(user.aws("s3"), "e2e-format", "parquet_data/", tmp_path)
    with connect(parquet) as database:
        found = database.table("csv_data").project("name, age").order("name").fetchall()
    assert found == [("Ada", 36)] * 3 + [("Grace", 85)] * 3
    user.gone("format")
