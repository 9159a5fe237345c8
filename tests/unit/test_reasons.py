"""Reasons: each is used and explained, and the page about them is current."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import dataflowxpress
from dataflowxpress.api.reasons import Reason, table
from dataflowxpress.cli.app import app

ROOT = Path(dataflowxpress.__file__).parent
RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks"
PAGE = Path(__file__).parents[2] / "docs" / "reasons.md"


def test_the_committed_page_is_what_the_code_says() -> None:
    assert PAGE.read_text() == table(), "run: make reasons"


def explain(*words: str, columns: int = 80) -> str:
    done = CliRunner().invoke(app, ["explain", *words], env={"COLUMNS": str(columns)})
    return done.output if done.exit_code == 0 else f"exit code {done.exit_code}: {done.output}"


@pytest.mark.parametrize("reason", Reason)
def test_the_explanation_of_a_reason_is_plain_text(reason: Reason) -> None:
    message = explain(reason)
    assert message.startswith(f"{reason} (given by {reason.where})\n")
    assert "Fix: " in message
    assert not set("`|") & set(message)


def test_every_word_that_a_runbook_names_is_explained() -> None:
    named = {
        word
        for page in RUNBOOKS.glob("*.md")
        for word in (page.stem, *re.findall(r"`([A-Z][a-z]+[A-Za-z]*)`", page.read_text()))
    }
    assert named > {"DataPipelineRowsRejected", "DataCurrent", "Refused"}
    not_ours = {"Correct"}  # a value of spec.driftPolicy
    assert not {word for word in named - not_ours if explain(word).startswith("exit code")}


def test_an_alert_is_explained_by_its_runbook_with_or_without_its_prefix() -> None:
    message = explain("RowsRejected")
    assert message == explain("datapipelinerowsrejected")
    assert "kubectl dataflow rejects NAME" in message
    assert not set("`#|") & set(message)


def test_a_condition_is_explained_by_its_reasons() -> None:
    message = explain("DataCurrent")
    assert "LastRunFailed" in message
    assert "DeletionBlocked" not in message


@pytest.mark.parametrize(
    ("word", "meant"),
    [("LastRunFaild", "LastRunFailed"), ("rowreject", "RowsRejected"), ("Convergd", "Converged")],
)
def test_an_unknown_word_gets_the_closest_known_ones(word: str, meant: str) -> None:
    message = explain(word, columns=300)
    assert message.startswith("exit code 1")
    assert meant in message.partition("Do you mean")[2]


@pytest.mark.parametrize(
    ("part", "listed"),
    [
        ("drift", ["DataPipelineDrifted", "DriftDetected", "Drifted", "NoDrift"]),
        ("rejected", ["CredentialsRejected", "DataPipelineRowsRejected"]),
    ],
)
def test_a_part_of_words_lists_all_that_it_can_mean(part: str, listed: list[str]) -> None:
    message = explain(part, columns=120)
    found = {line.split()[0] for line in message.splitlines() if not line.startswith(" ")}
    assert found >= set(listed)


def test_a_part_of_one_word_is_explained_as_the_word() -> None:
    assert explain("rowsrej") == explain("RowsRejected")
    assert explain("older than the pipeline") == explain("ObjectsWaiting")


def test_a_terminal_gets_the_list_without_markdown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert explain() == table()
    monkeypatch.setenv("FORCE_COLOR", "1")
    message = explain()
    assert "LastRunFailed" in message
    assert message.count("(a condition) gives these reasons:") == 6
    assert all(reason in message for reason in Reason)
    assert not set("`|") & set(message)


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
