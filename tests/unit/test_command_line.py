"""The command line: its imports, and its answer to errors: a sentence, and never exit code 2."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import EntryPoint, version
from pathlib import Path

import pytest
import typer
from kubernetes.client import ApiException
from typer.testing import CliRunner

from dataflowxpress.api.reasons import Reason
from dataflowxpress.aws.errors import client_error
from dataflowxpress.cli import app as commands
from dataflowxpress.cli import extensions, failures
from dataflowxpress.cli.app import COMMANDS, app
from dataflowxpress.cli.extensions import SANDBOX
from dataflowxpress.cli.lazy import LazyCommand

MANIFEST = "apiVersion: dataflowxpress.io/v1alpha1\nkind: DataPipeline\n"
HEAVY = {"boto3", "botocore", "kopf", "kubernetes", "prometheus_client", "urllib3", "yaml"}
HELP = {"annotated_doc", "attr", "markdown_it", "mdurl", "pygments", "rich", "shellingham", "typer"}
OWN = {"__main__", "api", "api.errors", "cli"}
OWN |= {f"cli.{name}" for name in ("app", "extensions", "failures", "lazy")}
PRINT_MODULES = """
import contextlib, io, json, sys
for arguments in json.loads(sys.argv[1]):
    sys.argv[1:] = arguments
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        from dataflowxpress.{module} import main
        main()
print(*sys.modules)
"""


def imported(module: str, *command_lines: list[str]) -> set[str]:
    """Return the names of all modules that command lines import, one after the other."""
    program = [sys.executable, "-c", PRINT_MODULES.format(module=module), json.dumps(command_lines)]
    answer = subprocess.run(program, check=True, capture_output=True, text=True)
    return set(answer.stdout.split())


def packages(modules: set[str]) -> set[str]:
    found = {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names)
    # What site.py, Python and its distribution bring.
    return {name for name in found if not name.startswith("_") and name != "sitecustomize"}


def test_help_imports_what_it_prints_with_and_no_command() -> None:
    modules = imported("__main__", ["--help"])
    assert packages(modules) == HELP | {"dataflowxpress"}
    own = {name.partition(".")[2] for name in modules if name.startswith("dataflowxpress.")}
    assert own == OWN


@pytest.mark.parametrize("tool", ["dataflowxpress", "kubectl-dataflow"])
def test_the_command_and_the_plugin_print_the_version_of_the_distribution(tool: str) -> None:
    path = Path(sys.executable).with_name(tool)
    answer = subprocess.run([path, "--version"], check=True, capture_output=True, text=True)
    assert answer.stdout == f"dataflowxpress {version('dataflowxpress')}\n"


def test_the_log_of_an_operator_begins_with_its_version(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dataflowxpress", "operator"]
    ended = subprocess.run(
        command,
        env={"HOME": str(tmp_path), "KUBECONFIG": str(tmp_path / "none")},
        capture_output=True,
        check=False,
        text=True,
    )
    first, *error = ended.stderr.splitlines()
    assert json.loads(first)["message"] == f"DataFlowXpress {version('dataflowxpress')} starts"
    assert error[0] == "Error: no cluster"


def test_completion_imports_no_library_of_aws_or_kubernetes() -> None:
    modules = imported(
        "cli.kubectl_complete", [], *([name, "--"] for name in (*COMMANDS, *SANDBOX))
    )
    assert not packages(modules) & HEAVY
    assert not modules & {"dataflowxpress.api.spec", "dataflowxpress.api.status"}


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
        assert f"`dataflowxpress {words[0]}` needs the sandbox\n  Fix: pip install" in answer.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x7fELF\x02\xff\xfe", "pipeline.yaml: not UTF-8 text"),
        (
            b"metadata: {name: a\nspec: {",
            "pipeline.yaml: not valid YAML\n  Why: line 2, column 5: ",
        ),
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
    head, *lines, page = message.stderr.splitlines()
    assert page.startswith("  See: docs/first-pipeline.md")
    assert head == f"Error: {file}: 3 mistakes:"
    assert lines[0] == (
        '  spec.bucket.name: "Bad_Bucket" has capitals and "_";'
        ' use a-z, 0-9, "." and "-", with a letter or digit at both ends'
    )
    assert [line.split(":")[0] for line in lines[1:]] == ["  spec.source.prefix", "  spec.suspend"]


def test_a_missing_file_is_named() -> None:
    message = CliRunner().invoke(app, ["plan", "-f", "nowhere.yaml"])
    assert message.stderr.splitlines() == [
        "Error: nowhere.yaml: No such file or directory",
        "  Fix: correct the path, or its permissions",
    ]


def test_without_a_cluster_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    message = CliRunner().invoke(app, ["status", "orders"])
    assert message.exit_code == 1
    head, why, fix = message.stderr.splitlines()
    assert head == "Error: no cluster"
    assert "No configuration found" in why
    assert fix == "  Fix: set KUBECONFIG; commands about a pipeline also take a file with -f"


def test_an_error_of_aws_says_what_failed_why_and_the_fix(
    capsys: pytest.CaptureFixture[str],
) -> None:
    denied = client_error("GetJobRuns", "AccessDeniedException", "no glue:GetJobRuns")
    with pytest.raises(typer.Exit), failures.reported_errors():
        raise denied
    assert capsys.readouterr().err.splitlines() == [
        "Error: AWS refused GetJobRuns",
        "  Why: GetJobRuns: AccessDeniedException: no glue:GetJobRuns",
        f"  Fix: {Reason.ACCESS_DENIED.fix}",
        "  See: docs/reasons.md, or `dataflowxpress explain AccessDenied`",
    ]


@pytest.mark.parametrize(
    ("status", "fix"),
    [(403, "kubectl auth can-i"), (404, "dataflowxpress crd"), (500, "try again")],
)
def test_an_error_of_the_api_server_names_a_fix(
    status: int, fix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit), failures.reported_errors():
        raise ApiException(status=status, reason="Refused\x1b[2J")
    written = capsys.readouterr().err
    assert fix in written
    assert "\x1b" not in written


def test_a_defect_is_a_traceback_not_a_sentence() -> None:
    with pytest.raises(KeyError), failures.reported_errors():
        raise KeyError("defect")


def test_a_wrong_option_does_not_exit_with_the_code_for_changes() -> None:
    for words in (["plan", "--nonsense"], ["plan", "-o", "xml"], ["explain", "Nonsense"]):
        assert CliRunner().invoke(app, words).exit_code == 1
