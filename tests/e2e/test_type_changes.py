"""A value that needs a wider type than the first crawl chose: upload, status, Event, mail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dataflowxpress.api.status import Status
from dataflowxpress_sandbox.aws import mail
from tests.e2e.conftest import NAMESPACE, User, holds

BUCKET, READER = "e2e-type-changes", "reader@types.example.com"
CHANGES = (
    "csv_data.code: bigint to string, because of 'A7' in csv_data/2.csv",
    "csv_data.qty: bigint to double, because of '7.5' in csv_data/2.csv",
)


@pytest.mark.extended
def test_a_column_that_widens_is_reported_everywhere(user: User) -> None:
    user.pipeline(
        "types",
        bucket={"name": BUCKET},
        trigger={"batchWindowSeconds": 0},
        notifications={"emails": [READER]},
    )
    user.ready("types")
    mail.confirm(user.directory, READER)
    for number, rows in ((1, "1,100,5\n"), (2, "2,A7,6\n3,200,7.5\n")):
        body = f"id,code,qty\n{rows}".encode()
        user.aws("s3").put_object(Bucket=BUCKET, Key=f"csv_data/{number}.csv", Body=body)
        status = user.wait("types", converted(number), 180, f"through with {number} objects")

    assert status.data
    assert (status.data.rows, status.data.rejected) == (3, 0)
    [changes] = [run.type_changes for run in status.runs if run.type_changes]
    assert sorted(changes.split("; ")) == sorted(CHANGES)
    for table in ("csv_data", "csv_data_parquet"):
        found = user.aws("glue").get_table(DatabaseName="default_types", Name=table)["Table"]
        columns = {each["Name"]: each["Type"] for each in found["StorageDescriptor"]["Columns"]}
        columns.pop("dfx_object", None)
        assert columns == {"id": "bigint", "code": "string", "qty": "double"}
    events = user.kind("Event", "v1").get(namespace=NAMESPACE).items
    assert any(each.reason == "ColumnsWidened" and CHANGES[0] in each.message for each in events)
    line = f"Column with a wider type: {CHANGES[0]}"
    user.wait("types", lambda _: line in mails(user), 120, "reported by mail")
    user.gone("types")


def converted(objects: int) -> Callable[[Status], bool]:
    def check(status: Status) -> bool:
        data = status.data
        return bool(data and data.objects == objects and holds(status, "DataCurrent"))

    return check


def mails(user: User) -> list[str]:
    """Return the lines of all mails to the reader."""
    texts = [each.text for each in mail.mails(user.directory) if READER in each.to]
    return [line for text in texts for line in text.splitlines()]
