"""Changes of the catalog without effect: the run ends, and other objects are converted."""

from __future__ import annotations

from dataflow.catalog_changes import ROUNDS, CatalogChanges
from dataflow.widening import Widening


def test_an_object_whose_change_has_no_effect_waits_and_holds_up_no_other() -> None:
    changes = CatalogChanges()
    bad = Widening("t", "year", "", "bigint", "in/bad.csv", "2023")
    good = Widening("t", "n", "int", "bigint", "in/good.csv", "5000000000")

    for _ in range(ROUNDS):
        assert changes.of_round([bad]) == ([bad], {})
    needed, futile = changes.of_round([bad, good])

    assert needed == [good]
    assert futile == {"in/bad.csv": "the catalog does not keep the type bigint of column year"}
    assert changes.futile == futile
