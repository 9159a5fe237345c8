"""A crawl that one object fails: the other objects are converted, and the status says why."""

from __future__ import annotations

from collections.abc import Callable

from dataflowxpress.api.status import Status
from tests.e2e.conftest import User

BUCKET = "e2e-failed-crawls"
GOOD = b"n,name\n1,one\n"
BAD = b"n," + b"x" * 256 + b"\n1,2\n"  # Glue's catalog stores no such name


def test_an_object_that_fails_each_crawl_blocks_no_other(user: User) -> None:
    user.pipeline("failed-crawls", bucket={"name": BUCKET}, trigger={"batchWindowSeconds": 0})
    user.ready("failed-crawls")
    put = user.aws("s3").put_object
    put(Bucket=BUCKET, Key="csv_data/1.csv", Body=GOOD)
    user.wait("failed-crawls", rows(1), 120, "converted")

    put(Bucket=BUCKET, Key="csv_data/bad.csv", Body=BAD)
    put(Bucket=BUCKET, Key="csv_data/2.csv", Body=GOOD)

    user.wait("failed-crawls", rows(2), 120, "converted without a crawl that succeeded")
    user.wait("failed-crawls", crawl_failed, 60, "through with the crawl of the bad object")
    user.wait("failed-crawls", names_the_object, 60, "said which object waits, and why")
    user.gone("failed-crawls")


def rows(count: int) -> Callable[[Status], bool]:
    return lambda status: status.data is not None and status.data.rows == count


def crawl_failed(status: Status) -> bool:
    return status.last_crawl is not None and status.last_crawl.state == "Failed"


def names_the_object(status: Status) -> bool:
    condition = status["DataCurrent"]
    return condition is not None and "csv_data/bad.csv: " in condition.message
