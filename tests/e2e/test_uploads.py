"""Whatever is uploaded ends in rows or in a counted reject, and nothing stops what is fine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dataflowxpress.api.status import Status
from tests.e2e.conftest import User, says

BUCKET, PREFIX = "e2e-uploads", "my data/größe+1/year=2026 #1%/"
ROW = b"n,name\n1,one\n"
FINE = {
    "plain.csv": ROW,
    "two words.csv": ROW,
    "red+flower.csv": ROW,
    "day=7.csv": ROW,
    "100%41.csv": ROW,
    "größe 🦆.csv": ROW,
    f"{'x' * 296}.csv": ROW,
    "bom.csv": "\ufeffn,name\r\n1,one\r\n".encode(),
    "newline.csv": b'n,name\n1,"one\ntwo"\n',
    "one column.csv": b"n\n1\n",
    "another order.csv": b"name,n\none,1\n",
    "a new column.csv": b"n,name,new\n1,one,x\n",
}
REFUSED = {
    "empty.csv": (b"", "empty"),
    "header.csv": (b"n,name\n", "no rows"),
    "picture.csv": (b"\x89PNG\r\n\x1a\n\0\0\0", "binary data"),
}
MIXED = b"n,name\n1,one\n3,three,too many\n"


pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def after(user: User) -> Iterator[Status]:
    """The status of a pipeline into which all of it was uploaded at once."""
    user.pipeline(
        "uploads",
        bucket={"name": BUCKET},
        source={"prefix": PREFIX},
        trigger={"batchWindowSeconds": 0},
        deletionPolicy="Delete",
    )
    user.ready("uploads")
    contents = {**FINE, **{key: body for key, (body, _) in REFUSED.items()}, "mixed.csv": MIXED}
    for name, body in contents.items():
        user.aws("s3").put_object(Bucket=BUCKET, Key=f"{PREFIX}{name}", Body=body)

    def looked_at_all(status: Status) -> bool:
        data = status.data
        return data is not None and (data.objects, data.refused) == (len(contents) - 1, 1)

    yield user.wait("uploads", looked_at_all, 180, "through with all uploads")
    user.gone("uploads")


def test_every_row_that_fits_is_converted(after: Status) -> None:
    assert after.data
    assert (after.data.rows, after.data.waiting) == (len(FINE) + 1, 0)


def test_a_row_that_does_not_fit_is_counted(after: Status) -> None:
    assert after.data
    assert after.data.rejected == 1
    reason = "mixed.csv: record 2 has 3 fields, the header has 2"
    assert any(reason in run.rejects for run in after.runs)


@pytest.mark.parametrize("name", REFUSED)
def test_the_status_names_the_object_and_says_why_it_gave_no_rows(after: Status, name: str) -> None:
    assert any(
        f"{PREFIX}{name}: " in run.rejects and REFUSED[name][1] in run.rejects for run in after.runs
    )


def test_an_object_that_is_no_data_keeps_the_data_from_being_current(
    after: Status, user: User
) -> None:
    assert after.data
    names = [each.key for each in after.data.refused_objects]
    assert (after.data.refused, names) == (1, [f"{PREFIX}picture.csv"])
    status = user.wait("uploads", says("ObjectsRefused"), 120, "reporting the refused object")
    current = status["DataCurrent"]
    assert current
    assert current.status == "False"
    assert "picture.csv: " in current.message


def test_no_message_died_of_it(after: Status) -> None:
    assert after.data
    assert after.data.dead_letters == 0
