"""Names: within AWS's limits, the same for ever, different for different pipelines."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflowxpress.planning.naming import Names
from dataflowxpress.planning.short_names import fit

LONGEST = "n" * 63 + "/" + "p" * 253
TOO_LONG = LONGEST.replace("/", "-")
ACCOUNT = "123456789012"
LABEL = st.from_regex(r"[a1]([a1-]{0,6}[a1])?", fullmatch=True)
NAME = st.lists(LABEL, min_size=1, max_size=3).map(".".join)
OWNER = st.builds("{}/{}".format, LABEL, NAME)
TOLD_APART = {  # pairs that one hyphen between namespace and name would not tell apart
    "a hyphen in the namespace": ("team/a-orders", "team-a/orders"),
    "a dot": ("team/a.orders", "team/a-orders"),
    "two hyphens in the name": ("a-b/c", "a/b--c"),
    "two hyphens in the namespace": ("a--b/c", "a/b--c"),
    "a hash as a name": ("team/a.b", "team-a-b/" + Names("team/a.b", "").of().rpartition("-")[2]),
}


def derived(owner: str) -> tuple[str, ...]:
    """Return the names of each form that a pipeline gets."""
    names = Names(owner, ACCOUNT)
    return names.bucket(), names.database(), names.of(), names.of("glue"), names.of("x", 24)


def test_a_name_that_fits_is_kept_as_it_is() -> None:
    assert fit("default-orders", 63) == "default-orders"
    assert Names("default/orders", ACCOUNT).of("glue") == "default-orders-glue"


def test_a_name_that_is_too_long_is_cut_to_the_limit_with_a_hash() -> None:
    assert len(fit(TOO_LONG, 63)) <= 63
    assert re.fullmatch(r"n+-[0-9a-f]{8}", fit(TOO_LONG, 63))
    assert re.fullmatch(r"n+---[0-9a-f]{8}", Names(LONGEST, ACCOUNT).of())


def test_long_names_that_differ_only_at_the_end_stay_different() -> None:
    assert fit(TOO_LONG + "a", 63) != fit(TOO_LONG + "b", 63)


def test_the_same_name_is_cut_in_the_same_way_every_time() -> None:
    assert fit(TOO_LONG, 40) == fit(TOO_LONG, 40)


@pytest.mark.parametrize(("one", "other"), TOLD_APART.values(), ids=TOLD_APART)
def test_two_pipelines_never_share_a_name(one: str, other: str) -> None:
    assert not set(derived(one)) & set(derived(other))


@given(OWNER, OWNER)
def test_names_of_any_two_pipelines_differ(one: str, other: str) -> None:
    shared = [a for a, b in zip(derived(one), derived(other), strict=True) if a == b]
    assert bool(shared) is (one == other)


@pytest.mark.parametrize(("namespace", "prefix"), [("team-a", "team-a--"), ("team", "team-")])
def test_names_begin_with_the_namespace_so_that_a_policy_can_limit_them(
    namespace: str, prefix: str
) -> None:
    for name in ("orders", "orders.v2", "o--o", "o" * 253):
        assert Names(f"{namespace}/{name}", ACCOUNT).of().startswith(prefix)


@pytest.mark.parametrize("owner", ["default/orders", LONGEST, "a-b/c.d", "a/b--c"])
def test_names_are_what_aws_accepts(owner: str) -> None:
    names = Names(owner, ACCOUNT)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", names.bucket())
    assert re.fullmatch(r"[a-z0-9_]{1,255}", names.database())
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", names.of("start-crawler"))
    assert names.bucket().endswith(ACCOUNT)
