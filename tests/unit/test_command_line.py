"""The command line: its imports, and its answer to errors: a sentence, and never exit code 2."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from dataflowxpress.api.spec import GROUP, PLURAL
from dataflowxpress.cli import app as commands
from dataflowxpress.cli import extensions, failures, kubectl
from dataflowxpress.cli.app import COMMANDS, app
from dataflowxpress.cli.extensions import SANDBOX
from dataflowxpress.cli.lazy import LazyCommand

MANIFEST = "apiVersion: dataflowxpress.io/v1alpha1\nkind: DataPipeline\n"
HEAVY = {"boto3", "botocore", "kopf", "kubernetes", "prometheus_client", "urllib3", "yaml"}
HELP = {"annotated_doc", "attr", "markdown_it", "mdurl", "pygments", "rich", "shellingham", "typer"}
OWN = {"__main__", "api", "api.errors", "cli"}
OWN |= {f"cli.{name}" for name in ("app", "extensions", "failures", "lazy")}
PRINT_MODULES = """
import contextlib, io, sys
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    from dataflowxpress.{module} import main
    main()
print(*sys.modules)
"""


def imported(module: str, *arguments: str) -> set[str]:
    """Return the names of all modules that a command line imports."""
    program = PRINT_MODULES.format(module=module)
    answer = subprocess.run(
        [sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True
    )
    return set(answer.stdout.split())


def packages(modules: set[str]) -> set[str]:
    found = {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names)
    return {name for name in found if not name.startswith("_")}  # what site.py and Python bring


def test_help_imports_what_it_prints_with_and_no_command() -> None:
    modules = imported("__main__", "--help")
    assert packages(modules) == HELP | {"dataflowxpress"}
    own = {name.partition(".")[2] for name in modules if name.startswith("dataflowxpress.")}
    assert own == OWN


@pytest.mark.parametrize("command", [[], *([name, "--"] for name in (*COMMANDS, *SANDBOX))])
def test_completion_imports_no_library_of_aws_or_kubernetes(command: list[str]) -> None:
    modules = imported("cli.kubectl_complete", *command)
    assert not packages(modules) & HEAVY
    assert not modules & {"dataflowxpress.api.spec", "dataflowxpress.api.status"}


KUBECTL = """#!/bin/sh
[ "$*" = "get datapipelines.dataflowxpress.io --output=name --request-timeout=5s\
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
    assert not packages(imported("cli.kubectl_complete", *words)) & HEAVY


@pytest.mark.parametrize(
    ("shell", "variables"),
    [
        ("bash", {"COMP_WORDS": "dataflowxpress status ord", "COMP_CWORD": "2"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "dataflowxpress status ord"}),
    ],
)
def test_bash_and_zsh_complete_the_names_of_pipelines(
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


def test_completion_lists_the_kind_of_the_crd() -> None:
    assert f"{PLURAL}.{GROUP}" == kubectl.KIND


@pytest.mark.parametrize("name", [*COMMANDS, *SANDBOX])
def test_the_list_of_commands_has_the_first_line_of_each_commands_help(name: str) -> None:
    group = typer.main.get_command(app)
    context = typer.Context(group)
    listed = group.commands[name]  # type: ignore[attr-defined]
    _, loaded, _ = group.resolve_command(context, [name])  # type: ignore[attr-defined]
    assert isinstance(listed, LazyCommand)
    assert listed.help == loaded.help.partition("\n")[0]
    assert loaded.name == name


class Distribution:
    metadata = {"Summary": "More commands."}  # noqa: RUF012 - as importlib.metadata has it


def test_an_extension_is_listed_by_its_summary_and_without_an_import(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = EntryPoint("extra", "no_such_module:command", extensions.GROUP)
    vars(entry)["dist"] = Distribution()
    monkeypatch.setattr(extensions, "entry_points", lambda **_: [entry])
    listed = {each.name: each.help for each in extensions.commands("Learn")}
    assert listed == {"extra": "More commands.", **SANDBOX}
    printed = CliRunner().invoke(commands.app, ["--help"])
    assert "More commands." in printed.stdout


def test_without_the_sandbox_its_commands_name_the_package_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extensions, "entry_points", lambda **_: [])
    for words in (["sandbox", "up", "--dir", "x"], ["demo"]):
        answer = CliRunner().invoke(app, words)
        assert answer.exit_code == failures.FAILED
        assert f"`dataflowxpress {words[0]}` needs the sandbox: pip install" in answer.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x7fELF\x02\xff\xfe", "pipeline.yaml: not UTF-8 text"),
        (b"metadata: {name: a\nspec: {", "pipeline.yaml: not valid YAML: line 2, column 5: "),
        (b"- a\n- b\n", "no DataPipeline in this file"),
        (f"{MANIFEST}metadata: {{name: A_b}}\n".encode(), 'metadata.name: "A_b" is invalid; use'),
    ],
    ids=["a program", "broken YAML", "a list", "an invalid name"],
)
def test_an_invalid_manifest_is_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_bytes(content)
    message = CliRunner().invoke(app, ["plan", "-f", str(file)])
    assert (message.exit_code, words in message.stderr) == (1, True), message.stderr


def test_all_mistakes_in_a_spec_are_printed(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yaml"
    spec = "{suspend: perhaps, source: {prefix: in}, bucket: {name: Bad_Bucket}}"
    file.write_text(f"{MANIFEST}metadata: {{name: orders}}\nspec: {spec}\n")
    message = CliRunner().invoke(app, ["plan", "-f", str(file)])
    assert message.exit_code == failures.FAILED
    head, *lines = message.stderr.splitlines()
    assert head == f"Error: {file}: 3 mistakes:"
    assert lines[0] == (
        '  spec.bucket.name: "Bad_Bucket" has capitals and "_";'
        ' use a-z, 0-9, "." and "-", with a letter or digit at both ends'
    )
    assert [line.split(":")[0] for line in lines[1:]] == ["  spec.source.prefix", "  spec.suspend"]


def test_a_missing_file_is_named() -> None:
    message = CliRunner().invoke(app, ["plan", "-f", "nowhere.yaml"])
    assert message.stderr == "Error: nowhere.yaml: No such file or directory\n"


def test_without_a_cluster_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    message = CliRunner().invoke(app, ["status", "orders"])
    assert message.exit_code == 1
    assert "No configuration found. Set KUBECONFIG, or give a file with -f." in message.stderr


def test_a_defect_is_a_traceback_not_a_sentence() -> None:
    with pytest.raises(KeyError), failures.reported_errors():
        raise KeyError("defect")


def test_a_wrong_option_does_not_exit_with_the_code_for_changes() -> None:
    for words in (["plan", "--nonsense"], ["plan", "-o", "xml"], ["explain", "Nonsense"]):
        assert CliRunner().invoke(app, words).exit_code == 1
