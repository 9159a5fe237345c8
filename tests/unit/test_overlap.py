"""Overlap of S3 notification rules, as S3 sees it."""

from __future__ import annotations

from typing import Any

import pytest

from dataflowxpress.aws.resources.key_filter import encoded
from dataflowxpress.aws.resources.overlap import overlaps


def rule(prefix: str = "", suffix: str = "", *events: str) -> dict[str, Any]:
    rules = [{"Name": "Prefix", "Value": prefix}, {"Name": "suffix", "Value": suffix}]
    given = [each for each in rules if each["Value"]]
    where = {"Filter": {"Key": {"FilterRules": given}}} if given else {}
    return {"Events": list(events or ["s3:ObjectCreated:*"]), **where}


OVERLAPPING = [
    pytest.param(rule("csv_data/"), id="the same prefix"),
    pytest.param(rule("csv_data/2026/"), id="a prefix inside"),
    pytest.param(rule("csv"), id="a prefix around"),
    pytest.param(rule(), id="everything"),
    pytest.param(rule(suffix=".csv"), id="the same suffix anywhere"),
    pytest.param(rule("csv_data/", "v"), id="a shorter suffix"),
    pytest.param(rule("csv_data/", "", "s3:ObjectCreated:Put"), id="one of the events"),
]
ENCODED = [
    pytest.param("my data/", "my+data/2026/", True, id="a space"),
    pytest.param("day=1/", "day%3D1/", True, id="another special character"),
    pytest.param("größe/", "gr%C3%B6%C3%9Fe/", True, id="UTF-8"),
    pytest.param("a+b/", "a+b/", False, id="a space is no plus"),
]
APART = [
    pytest.param(rule("parquet_data/"), id="another prefix"),
    pytest.param(rule("csv_data/", ".json"), id="another suffix"),
    pytest.param(rule("csv_data/", "", "s3:ObjectRemoved:*"), id="other events"),
]


@pytest.mark.parametrize("other", OVERLAPPING)
def test_overlaps(other: dict[str, Any]) -> None:
    assert overlaps(rule("csv_data/", ".csv"), other)
    assert overlaps(other, rule("csv_data/", ".csv"))


@pytest.mark.parametrize("other", APART)
def test_is_apart(other: dict[str, Any]) -> None:
    assert not overlaps(rule("csv_data/", ".csv"), other)
    assert not overlaps(other, rule("csv_data/", ".csv"))


@pytest.mark.parametrize(("prefix", "theirs", "same"), ENCODED)
def test_encoded_filters_are_compared_by_the_keys_that_they_match(
    prefix: str, theirs: str, same: bool
) -> None:
    assert overlaps(rule(encoded(prefix)), rule(theirs)) is same
