"""A column that a wrong file added: it leaves the tables, and no later run brings it back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataflowxpress.api.status import Status
from tests.e2e.conftest import User

BUCKET, DATABASE = "e2e-bad-columns", "default_junk"
PROGRAM = Path(sys.executable).with_name("dataflowxpress")

pytestmark = [pytest.mark.extended, pytest.mark.long]


def run(user: User, *words: str) -> Any:
    """Run a command, and return its JSON."""
    done = subprocess.run(
        [PROGRAM, *words],
        env={**os.environ, **user.sandbox.env()},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout) if "json" in words else done.stdout


def upload(user: User, name: str, text: str) -> None:
    user.aws("s3").put_object(Bucket=BUCKET, Key=f"csv_data/{name}", Body=text.encode())


def has(objects: int, rows: int) -> Callable[[Status], bool]:
    def check(status: Status) -> bool:
        data = status.data
        return bool(data and (data.objects, data.rows, data.waiting) == (objects, rows, 0))

    return check


def columns(user: User, table: str) -> list[str]:
    found = user.aws("glue").get_table(DatabaseName=DATABASE, Name=table)["Table"]
    names = [each["Name"] for each in found["StorageDescriptor"]["Columns"]]
    return [name for name in names if name != "dfx_object"]


def test_a_forgotten_column_stays_away_and_its_objects_are_refused_by_name(user: User) -> None:
    user.pipeline("junk", bucket={"name": BUCKET}, trigger={"batchWindowSeconds": 0})
    user.ready("junk")
    upload(user, "good.csv", "id,name\n1,a\n2,b\n")
    user.wait("junk", has(1, 2), 180, "through with the good file")
    upload(user, "bad.csv", "id,name,oops\n3,c,x\n")
    user.wait("junk", has(2, 3), 180, "through with the bad file")
    assert columns(user, "csv_data_parquet") == ["id", "name", "oops"]

    run(user, "columns", "junk", "--forget", "oops", "--with-values", "--yes")
    user.wait("junk", has(1, 2), 180, "without the rows of the bad file")
    assert columns(user, "csv_data_parquet") == ["id", "name"]
    [refused] = run(user, "rejects", "junk", "-o", "json")
    assert refused["object"] == "csv_data/bad.csv"
    assert "oops was forgotten" in refused["reason"]

    upload(user, "later.csv", "id,name\n4,d\n")  # its crawl finds bad.csv, too
    user.wait("junk", has(2, 3), 180, "through with a later file")
    assert columns(user, "csv_data_parquet") == ["id", "name"]
    shown = {each["name"]: each["origin"] for each in run(user, "columns", "junk", "-o", "json")}
    assert shown["name"] == "crawled"
    assert shown.get("oops", "forgotten").startswith("forgotten")

    upload(user, "bad.csv", "id,name\n3,c\n")
    user.wait("junk", has(3, 4), 180, "through with the corrected file")
    assert run(user, "rejects", "junk", "-o", "json") == []
    user.gone("junk")
