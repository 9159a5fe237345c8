"""Completion of `kubectl dataflow`: what Tab proposes, in kubectl's own words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dataflowxpress.cli import kubectl_complete
from dataflowxpress.cli.kubectl_complete import FILES, NO_FILES

Proposals = Callable[..., list[str]]


@pytest.fixture
def proposals(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Proposals:
    """Ask as kubectl does."""

    def ask(*words: str) -> list[str]:
        monkeypatch.setattr("sys.argv", ["kubectl_complete-dataflow", *words])
        kubectl_complete.main()
        return capsys.readouterr().out.splitlines()

    return ask


@pytest.mark.parametrize(
    ("words", "proposed"),
    [
        (["pl"], "plan"),
        (["plan", "--f"], "--file"),
        (["logs", "--of", "c"], "crawler"),
        (["sandbox", "fau"], "faults"),
        (["explain", "DeadL"], "DeadLetters"),
    ],
    ids=["a command", "an option", "a value", "a command of a group", "an argument"],
)
def test_what_has_begun_is_gone_on_with(
    proposals: Proposals, words: list[str], proposed: str
) -> None:
    *lines, last = proposals(*words)
    assert [line.partition("\t")[0] for line in lines] == [proposed]
    assert last == NO_FILES


def test_a_proposal_says_what_it_means(proposals: Proposals) -> None:
    assert proposals("paus")[0].partition("\t")[2]


def test_a_manifest_is_sought_by_the_shell(proposals: Proposals) -> None:
    assert proposals("plan", "-f", "") == [FILES]


def test_nothing_written_yet_proposes_all_commands(proposals: Proposals) -> None:
    commands = {line.partition("\t")[0] for line in proposals()}
    assert {"plan", "apply", "status", "sandbox"} <= commands
