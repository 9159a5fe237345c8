"""Ownership: whose a resource is, by its tags, and who may take it."""

from __future__ import annotations

import pytest

from dataflowxpress.planning.ownership import OwnerTags

OURS = OwnerTags("demo/orders", cluster="1111", uid="aaaa")
RECREATED = OwnerTags("demo/orders", cluster="1111", uid="bbbb")
ELSEWHERE = OwnerTags("demo/orders", cluster="2222", uid="aaaa")
BY_HAND = OwnerTags("demo/orders")
OTHER = OwnerTags("demo/returns", cluster="1111", uid="cccc")


def conflict(theirs: dict[str, str], *, adopt: bool = False) -> str:
    return OURS.conflict(theirs, reject_unowned=not adopt, reject_moved=not adopt)


@pytest.mark.parametrize("mark", [OURS, BY_HAND], ids=["in a cluster", "of the command line"])
def test_a_mark_survives_the_trip_through_tags(mark: OwnerTags) -> None:
    assert OwnerTags.of({"team": "data", **mark.tags}) == mark


def test_a_resource_without_owner_tags_has_no_owner() -> None:
    assert OwnerTags.of({"team": "data"}) is None


def test_a_pipeline_that_was_made_anew_under_another_uid_owns_what_it_had() -> None:
    assert OURS.owns(RECREATED.tags)
    assert conflict(RECREATED.tags) == ""


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        ({}, "no pipeline: set spec.adopt"),
        (OTHER.tags, "pipeline demo/returns: choose another name"),
        (
            ELSEWHERE.tags,
            "pipeline demo/orders of cluster 2222: if cluster 2222 no longer manages it",
        ),
        (
            BY_HAND.tags,
            "pipeline demo/orders of the command line: if the command line no longer",
        ),
    ],
    ids=["unowned", "another pipeline's", "another cluster's", "made by the command line"],
)
def test_a_conflict_names_the_owner_and_a_fix(theirs: dict[str, str], words: str) -> None:
    assert not OURS.owns(theirs)
    assert words in conflict(theirs)


@pytest.mark.parametrize("theirs", [{}, OTHER.tags], ids=["unowned", "another pipeline's"])
def test_a_fix_names_the_narrowest_field_that_adopts(theirs: dict[str, str]) -> None:
    message = OURS.conflict(
        theirs, reject_unowned=True, reject_moved=True, adopt_by="spec.bucket.adopt"
    )
    assert "set spec.bucket.adopt" in message
    assert "spec.adopt" not in message


def test_the_command_line_does_not_advise_to_adopt_the_resources_of_a_cluster() -> None:
    message = BY_HAND.conflict(OURS.tags, reject_unowned=True, reject_moved=True)
    assert "pipeline demo/orders of cluster 1111: change the pipeline in that cluster" in message
    assert "adopt" not in message


@pytest.mark.parametrize(
    ("theirs", "taken"),
    [({}, True), (ELSEWHERE.tags, True), (BY_HAND.tags, True), (OTHER.tags, False)],
    ids=["unowned", "another cluster's", "made by the command line", "another pipeline's"],
)
def test_adoption_takes_all_but_another_pipelines(theirs: dict[str, str], taken: bool) -> None:
    assert (conflict(theirs, adopt=True) == "") is taken


def test_adoption_of_unowned_resources_excludes_moved_ones() -> None:
    message = OURS.conflict(ELSEWHERE.tags, reject_unowned=False, reject_moved=True)
    assert "of cluster 2222" in message
