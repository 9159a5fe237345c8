"""Changes of the catalog without effect: the run ends, and other objects are converted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from dataflow.options import Options
from dataflow.run import CHANGES, Run
from dataflow.widening import Widening


def test_an_object_whose_change_has_no_effect_waits_and_holds_up_no_other(
    monkeypatch: Any,
) -> None:
    monkeypatch.setattr("dataflow.run.Store", lambda _: None)
    monkeypatch.setattr("dataflow.run.Catalog", lambda _: None)
    monkeypatch.setattr("dataflow.run.SourceCatalog", lambda _: None)
    monkeypatch.setattr("dataflow.run.Requests", lambda _: None)
    monkeypatch.setattr("dataflow.run.ManifestLog", lambda _: SimpleNamespace(waiting={}))
    named = dict.fromkeys(("pipeline", "bucket", "bucket_owner", "database"), "d")
    run = Run(Options(**named, source_prefix="in/", target_prefix="out/"), "jr_1")
    bad = Widening("t", "year", "", "bigint", "in/bad.csv", "2023")
    good = Widening("t", "n", "int", "bigint", "in/good.csv", "5000000000")

    for _ in range(CHANGES):
        run.conversion.widenings = [bad]
        assert run.needed_changes() == ([bad], {})
    run.conversion.widenings = [bad, good]
    needed, futile = run.needed_changes()

    assert needed == [good]
    assert futile == {"in/bad.csv": "the catalog does not keep the type bigint of column year"}
    assert run.futile == futile
