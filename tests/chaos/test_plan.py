"""The plan of a seed."""

from __future__ import annotations

import csv

import pytest

from dataflowxpress_sandbox.aws.faults import Fault, Kind
from tests.chaos import content
from tests.chaos.content import Form
from tests.chaos.plan import Plan, Upload
from tests.chaos.weather import Weather

WEATHER = Weather("chaos0001")


def test_the_same_seed_gives_the_same_plan_and_another_one_another() -> None:
    assert Plan.of(1, 60) == Plan.of(1, 60)
    assert Plan.of(1, 60) != Plan.of(2, 60)


def test_all_faults_are_possible_and_of_every_kind() -> None:
    faults = [Fault.model_validate(each) for each in WEATHER.all]
    new_resources_only = {Kind.PROPAGATE}  # which are created before the weather
    of_an_account = {Kind.LIMIT}
    assert {fault.kind for fault in faults} == set(Kind) - new_resources_only - of_an_account


def test_no_fault_strikes_another_pipeline() -> None:
    for fault in WEATHER.all:
        assert "chaos0001" in fault.get("resource", "") + fault["on"]


@pytest.mark.parametrize("seed", range(5))
def test_uploads_come_singly_in_bursts_and_again_under_the_same_key(seed: int) -> None:
    uploads = Plan.of(seed, 60).uploads
    assert len(uploads) == 60
    assert len({upload.key for upload in uploads}) < 60
    assert any(upload.pause == 0 for upload in uploads)
    assert {upload.moment for upload in uploads} == {"now", "crawl", "run"}


def test_an_upload_is_csv_with_as_many_rows_as_it_says() -> None:
    upload = Upload(7, "csv_data/a, b.csv", 3, noted=True, shuffled=True)
    rows = list(csv.DictReader(upload.body.decode().splitlines()))
    assert [(row["upload"], row["line"], row["note"]) for row in rows] == [
        ("7", str(line), "noted") for line in range(3)
    ]


def test_all_forms_of_all_formats_come() -> None:
    uploads = [upload for seed in range(10) for upload in Plan.of(seed, 60).uploads]
    drawn = {(upload.format, upload.form) for upload in uploads}
    assert drawn == {(each, form) for each in content.FORMATS for form in content.forms(each)}


def test_keys_with_a_suffix_that_does_not_match_the_content_come() -> None:
    uploads = [upload for seed in range(10) for upload in Plan.of(seed, 60).uploads]
    assert any(upload.key.endswith(".gz") and upload.form is Form.PLAIN for upload in uploads)
