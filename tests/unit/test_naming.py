"""Names: within AWS's limits, the same for ever, different for different pipelines."""

import re

import pytest

from dataflowxpress.blueprint.naming import Names
from dataflowxpress.planning.short_names import fit

LONGEST = f"{'n' * 63}-{'p' * 253}"
ACCOUNT = "123456789012"


def test_a_name_that_fits_is_kept_as_it_is() -> None:
    assert fit("default-orders", 63) == "default-orders"


def test_a_name_that_is_too_long_is_cut_to_the_limit_with_a_hash() -> None:
    assert len(fit(LONGEST, 63)) <= 63
    assert re.fullmatch(r"n+-[0-9a-f]{8}", fit(LONGEST, 63))


def test_long_names_that_differ_only_at_the_end_stay_different() -> None:
    assert fit(LONGEST + "a", 63) != fit(LONGEST + "b", 63)


def test_the_same_name_is_cut_in_the_same_way_every_time() -> None:
    assert fit(LONGEST, 40) == fit(LONGEST, 40)


@pytest.mark.parametrize("base", ["default-orders", LONGEST, "a.b-c.d"])
def test_names_are_what_aws_accepts(base: str) -> None:
    names = Names(base, ACCOUNT)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", names.bucket())
    assert re.fullmatch(r"[a-z0-9_]{1,255}", names.database())
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", names.of("start-crawler"))
    assert names.bucket().endswith(ACCOUNT)
