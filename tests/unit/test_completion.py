"""Completion: what Tab proposes in each shell, from a kubectl and within seconds."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dataflowxpress.api.spec import GROUP, PLURAL
from dataflowxpress.cli import kubectl
from tests.unit.test_command_line import HEAVY, imported, packages

KUBECTL = """#!/bin/sh
[ "$*" = "get datapipelines.dataflowxpress.io --output=name --request-timeout=2s\
 --namespace=data" ] && printf 'datapipeline.dataflowxpress.io/%s\\n' orders returns
"""


def test_completion_of_a_name_asks_kubectl_and_imports_no_library_of_kubernetes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl_file = tmp_path / "kubectl"
    kubectl_file.write_text(KUBECTL)
    kubectl_file.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    words = ("status", "-n", "data", "ord")
    command = [str(Path(sys.executable).with_name("kubectl_complete-dataflow")), *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "orders\n:4\n"
    assert not packages(imported("cli.kubectl_complete", list(words))) & HEAVY


@pytest.mark.parametrize(
    ("shell", "variables"),
    [
        ("bash", {"COMP_WORDS": "dataflowxpress status ord", "COMP_CWORD": "2"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "dataflowxpress status ord"}),
        (
            "fish",
            {
                "_TYPER_COMPLETE_ARGS": "dataflowxpress status ord",
                "_TYPER_COMPLETE_FISH_ACTION": "get-args",
            },
        ),
    ],
)
def test_each_shell_completes_the_names_of_pipelines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: str, variables: dict[str, str]
) -> None:
    kubectl_file = tmp_path / "kubectl"
    kubectl_file.write_text("#!/bin/sh\necho datapipeline.dataflowxpress.io/orders\n")
    kubectl_file.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    program = Path(sys.executable).with_name("dataflowxpress")
    done = subprocess.run(
        [program],
        env={**os.environ, **variables, "_DATAFLOWXPRESS_COMPLETE": f"complete_{shell}"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "orders" in done.stdout
    assert "plan" not in done.stdout


@pytest.fixture
def kubectl_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a kubectl on PATH that runs these lines of a shell script."""

    def write(script: str) -> None:
        file = tmp_path / "kubectl"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    return write


def proposed(*words: str) -> list[str]:
    command = [str(Path(sys.executable).with_name("kubectl_complete-dataflow")), *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (("status", "--context", "prod", "-n", ""), "get namespaces --output=name"),
        (("status", "--context", ""), "config get-contexts --output=name"),
        (("columns", "--context", "prod", ""), "get datapipelines.dataflowxpress.io"),
    ],
    ids=["namespaces", "contexts", "pipelines where a sample is possible"],
)
def test_namespaces_and_contexts_are_completed_too(
    kubectl_says: Callable[[str], None], words: tuple[str, ...], asked: str
) -> None:
    kubectl_says(f"case \"$*\" in '{asked}'*) echo kind/one; echo kind/two;; esac")
    names = [name.rpartition("/")[2] for name in proposed(*words)[:-1]]
    assert names == ["one", "two"]


def test_a_cluster_that_does_not_answer_costs_a_completion_two_seconds(
    kubectl_says: Callable[[str], None],
) -> None:
    kubectl_says("exec sleep 600")
    assert proposed("status", "ord") == [":0"]  # no names, so that the shell offers files


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
def test_a_real_fish_completes_with_the_script_that_the_tool_shows(
    kubectl_says: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl_says("echo datapipeline.dataflowxpress.io/orders")
    folder = Path(sys.executable).parent
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    show = [str(folder / "dataflowxpress"), "--show-completion", "fish"]
    script = subprocess.run(show, check=True, capture_output=True, text=True).stdout
    (tmp_path / "completion.fish").write_text(script)
    line = "source completion.fish; complete --do-complete 'dataflowxpress status ord'"
    done = subprocess.run(
        ["fish", "-c", line], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["orders"]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh")
def test_tab_in_a_real_zsh_completes_the_name_of_a_pipeline(
    kubectl_says: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl_says("echo datapipeline.dataflowxpress.io/orders")
    folder = Path(sys.executable).parent
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    monkeypatch.setenv("TERM", "dumb")
    show = [str(folder / "dataflowxpress"), "--show-completion", "zsh"]
    script = subprocess.run(show, check=True, capture_output=True, text=True).stdout
    (tmp_path / "completion.zsh").write_text(script)
    load = "autoload -Uz compinit; compinit -u -d ./dump; source ./completion.zsh; echo LO''ADED\n"
    keyboard, screen = os.openpty()
    with subprocess.Popen(
        ["zsh", "-f", "-i"], cwd=tmp_path, stdin=screen, stdout=screen, stderr=screen
    ) as shell:
        os.write(keyboard, load.encode())
        assert read_until(keyboard, b"LOADED\r")
        os.write(keyboard, b"dataflowxpress status ord\t")
        assert read_until(keyboard, b"status orders")
        shell.kill()


def read_until(terminal: int, words: bytes, seconds: float = 60) -> bool:
    """Return whether a terminal prints *words* in time."""
    found, deadline = b"", time.monotonic() + seconds
    while words not in found and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            found += os.read(terminal, 4096)
    return words in found


def test_completion_lists_the_kind_of_the_crd() -> None:
    assert f"{PLURAL}.{GROUP}" == kubectl.KIND
