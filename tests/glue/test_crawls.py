"""A run converts what the catalog knows, and requests a crawl for nothing else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.glue.uploads import PREFIX, TABLE, Uploads

if TYPE_CHECKING:
    from pathlib import Path

    from dataflowxpress_sandbox.aws.serving import RunningAws

COVERED = "dataflowxpress/covered.json"
UNREADABLE_BY_CRAWLERS = "n,word\n1,naïve\n".encode("utf-16")


@pytest.fixture
def uploads(aws: RunningAws, tmp_path: Path) -> Uploads:
    """A pipeline whose catalog knows the column n."""
    made = Uploads(aws, tmp_path, {})
    made.put(f"{PREFIX}known.csv", "n\n1\n")
    made.crawl()
    made.converts()
    assert made.requests() == []
    return made


def until(uploads: Uploads) -> float:
    [record] = uploads.lines(COVERED)
    return float(record["until"])


def test_known_columns_need_no_crawl_and_the_run_records_what_it_has_seen(
    uploads: Uploads,
) -> None:
    earlier = until(uploads)
    before = time.time()
    uploads.put(f"{PREFIX}more.csv", "n\n2\n")
    assert len(uploads.converts()) == 2
    assert uploads.requests() == []
    assert earlier < before < until(uploads) < time.time()


def test_a_new_column_waits_for_one_crawl_and_holds_up_no_other_object(uploads: Uploads) -> None:
    uploads.put(f"{PREFIX}other.csv", "n\n4\n")
    before = time.time()
    uploads.put(f"{PREFIX}new.csv", "n,more\n2,3\n")
    entries = uploads.converts()
    assert entries[f"{PREFIX}other.csv"]["rows"] == 1
    assert list(uploads.waiting()) == ["new.csv"]
    [request] = uploads.requests()
    assert request["source"] == "dataflowxpress"
    # S3 lists times in whole seconds: a crawl that starts a second later has seen the object.
    assert before < request["since"] <= time.time() + 1

    uploads.crawl()
    assert uploads.converts()[f"{PREFIX}new.csv"]["rows"] == 1
    assert uploads.requests() == []
    assert sorted(uploads.rows(TABLE, "n, more"), key=str) == [(1, None), (2, 3), (4, None)]


def test_what_a_crawl_cannot_read_waits_for_no_second_crawl(uploads: Uploads) -> None:
    uploads.put(f"{PREFIX}utf-16.csv", UNREADABLE_BY_CRAWLERS)
    uploads.converts()
    assert len(uploads.requests()) == 1
    uploads.crawl()
    assert uploads.converts()[f"{PREFIX}utf-16.csv"]["rows"] == 1
    assert uploads.requests() == []


def test_objects_that_wait_for_a_person_request_no_crawl(aws: RunningAws, tmp_path: Path) -> None:
    uploads = Uploads(aws, tmp_path, {"catalog": {"schema": {"newColumns": "Wait"}}})
    uploads.put(f"{PREFIX}known.csv", "n\n1\n")
    uploads.crawl()
    uploads.put(f"{PREFIX}new.csv", "n,more\n2,3\n")
    uploads.converts()
    assert list(uploads.waiting()) == ["new.csv"]
    assert uploads.requests() == []


def test_a_failed_run_records_nothing_so_that_its_uploads_start_another(uploads: Uploads) -> None:
    earlier = until(uploads)
    uploads.put(f"{PREFIX}more.csv", "n\n2\n")
    commit = f"arn:aws:s3:::{uploads.name}/dataflowxpress/manifests/*"
    with uploads.denied("s3:PutObject", commit):
        assert uploads.run()["JobRunState"] == "FAILED"
    assert until(uploads) == earlier
