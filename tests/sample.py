"""Sample: `make test` runs a sample of what takes minutes, `make test-all` runs all of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

EVERYTHING = os.environ.get("WALK") == "all"


def sampled(cases: Iterable[Any], is_kept: Callable[[Any], bool]) -> list[Any]:
    """Return parameters of which `make test` runs those that *is_kept* selects.

    The others have the marker `extended`. Cases can be values, tuples or `pytest.param`s.
    """
    return [each if is_kept(each) else _extended(each) for each in cases]


def _extended(case: Any) -> Any:
    if isinstance(case, pytest.ParameterSet):
        return case._replace(marks=(*case.marks, pytest.mark.extended))
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.extended)
