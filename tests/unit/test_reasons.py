"""Reasons: each is used and explained, and the page about them is current."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import dataflowxpress
from dataflowxpress.api.reasons import Reason, table

ROOT = Path(dataflowxpress.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "reasons.md"


def test_the_committed_page_is_what_the_code_says() -> None:
    assert PAGE.read_text() == table(), "run: make reasons"


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_says_who_gives_it_and_what_it_means(reason: Reason) -> None:
    assert reason.isalpha()
    assert reason.where
    assert reason.meaning.endswith((".", "`."))


def test_every_reason_is_given_somewhere() -> None:
    used = {
        node.attr
        for file in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Reason"
    }
    of_drift = {reason.name for reason in Reason if reason.name.startswith("DRIFT_")}
    assert {reason.name for reason in Reason} == used | of_drift


@pytest.mark.parametrize("reason", [Reason.DETECTED, Reason.CORRECTED, Reason.REPORTED])
def test_drift_that_is_an_event_has_its_reason(reason: Reason) -> None:
    assert Reason(f"Drift{reason}").where == "Event"
