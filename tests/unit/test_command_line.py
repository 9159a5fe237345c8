"""The command line where nothing works: a sentence that says what to do, and never exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from dataflowxpress.cli.app import app

MANIFEST = "apiVersion: dataflowxpress.io/v1alpha1\nkind: DataPipeline\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x7fELF\x02\xff\xfe", "is no text"),
        (b"metadata: {name: a\nspec: {", "is no YAML"),
        (b"- a\n- b\n", "there is no DataPipeline in it"),
        (f"{MANIFEST}metadata: {{name: A_b}}\n".encode(), "metadata.name is 'A_b'"),
    ],
    ids=["a program", "broken YAML", "a list", "a name that cannot be"],
)
def test_a_manifest_that_is_none_is_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_bytes(content)
    said = CliRunner().invoke(app, ["plan", "-f", str(file)])
    assert (said.exit_code, words in said.stderr) == (1, True), said.stderr


def test_a_file_that_is_not_there_is_named() -> None:
    said = CliRunner().invoke(app, ["plan", "-f", "nowhere.yaml"])
    assert said.stderr == "Error: nowhere.yaml: No such file or directory\n"


def test_without_a_cluster_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    said = CliRunner().invoke(app, ["status", "orders"])
    assert said.exit_code == 1
    assert "No configuration found. Set KUBECONFIG, or give a file with -f." in said.stderr


def test_a_slip_of_the_pen_is_not_taken_for_a_plan_with_changes() -> None:
    for words in (["plan", "--nonsense"], ["plan", "-o", "xml"], ["explain", "Nonsense"]):
        assert CliRunner().invoke(app, words).exit_code == 1
