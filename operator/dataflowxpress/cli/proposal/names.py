"""Names: the name in the tables for a name in the files, in snake case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from dataflowxpress.api.spec.columns import ADDED_BY_JOB

LONGEST = 255 - len("_1000")
_SPELLED = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"})
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def table_names(names: Iterable[str]) -> dict[str, str]:
    """Return the name in the tables for each name in the files; all of them are different.

    A name without a letter or digit of ASCII becomes `col<position>`.
    """
    found: dict[str, str] = {}
    taken = set(ADDED_BY_JOB)
    for position, name in enumerate(names):
        base = _snake(name) or f"col{position}"
        free = (base, *(f"{base}_{number}" for number in range(2, len(taken) + 3)))
        found[name] = next(each for each in free if each not in taken)
        taken.add(found[name])
    return found


def _snake(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.translate(_SPELLED))
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    return re.sub("[^a-z0-9]+", "_", _HUMPS.sub("_", plain).lower()).strip("_")[:LONGEST]
