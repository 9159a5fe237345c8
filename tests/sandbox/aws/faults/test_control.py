"""The control of faults: what is set, listed and cleared, and what cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.faults import Faults
    from tests.sandbox.aws.conftest import Place

BAD = {
    "no such kind": ({"kind": "explode", "on": "s3:*"}, "kind"),
    "no such place": ({"kind": "fail", "on": "everywhere"}, "on"),
    "a message that cannot be throttled": ({"kind": "throttle", "on": "event:*"}, "drop, reorder"),
    "a call that cannot be doubled": ({"kind": "double", "on": "s3:*"}, "kill-after"),
    "more than all": ({"kind": "fail", "on": "s3:*", "rate": 2}, "rate"),
    "a slip of the pen": ({"kind": "fail", "on": "s3:*", "resorce": "*"}, "resorce"),
}


@pytest.mark.parametrize(("asked", "named"), BAD.values(), ids=BAD.keys())
def test_a_fault_that_cannot_be_is_refused_with_what_is_wrong(
    faults: Faults, asked: dict[str, str], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        faults.set(**asked)
    assert faults.all() == []


def test_nothing_goes_wrong_unless_somebody_wants_it(place: Place, faults: Faults) -> None:
    assert faults.all() == []
    place.put("a", "")
    assert not [each for each in faults.strikes() if place.name in each["resource"]]


def test_a_fault_is_listed_with_its_strikes_until_it_is_cleared(
    place: Place, faults: Faults
) -> None:
    number = faults.set("delay", "s3:PutObject", resource=f"*{place.name}/*", seconds=0)
    place.put("a", "")
    [listed] = faults.all()
    assert (listed["number"], listed["kind"], listed["strikes"]) == (number, "delay", 1)
    [strike] = [each for each in faults.strikes() if each["number"] == number]
    assert strike["resource"] == f"arn:aws:s3:::{place.name}/a"
    faults.clear(number)
    assert faults.all() == []
    place.put("b", "")
    assert [each for each in faults.strikes() if each["number"] == number] == [strike]


def test_a_fault_that_is_not_there_cannot_be_cleared(faults: Faults) -> None:
    with pytest.raises(LookupError, match="999"):
        faults.clear(999)
