"""A sandbox as its users meet it: everything real, started by the command line or from Python."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes import client, config

from dataflowxpress_sandbox import processes
from dataflowxpress_sandbox.errors import SandboxError
from dataflowxpress_sandbox.sandbox import Sandbox
from tests.sample import sampled

if TYPE_CHECKING:
    from collections.abc import Iterator

MOMENTS = ("aws", "kube-apiserver")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Each signal at one moment.
SAMPLE = {*zip(itertools.cycle(MOMENTS), SIGNALS, strict=False)}
_CLUSTER = {"etcd", "kube-apiserver"}
_ALL = _CLUSTER | {"aws"}


pytestmark = pytest.mark.long


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "a sandbox"
    yield directory
    processes.stop(directory, timeout=0)


def command(*arguments: str, directory: Path) -> subprocess.Popen[str]:
    """Run `dataflowxpress sandbox …` as a process of its own."""
    return subprocess.Popen(
        [
            *("env", "--default-signal"),  # whoever runs the tests may ignore some of them
            *(sys.executable, "-m", "dataflowxpress", "sandbox", *arguments),
            *("--dir", str(directory)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(*arguments: str, directory: Path) -> tuple[int, str]:
    with command(*arguments, directory=directory) as process:
        message = process.communicate(timeout=120)[0]
    return process.returncode, message


@contextmanager
def core(kubeconfig: Path) -> Iterator[Any]:
    loader: Any = config
    with loader.new_client_from_config(str(kubeconfig)) as connection:
        yield client.CoreV1Api(connection)


def namespaces(kubeconfig: Path) -> set[str]:
    with core(kubeconfig) as api:
        return {each.metadata.name for each in api.list_namespace().items}


def create_namespace(kubeconfig: Path, name: str) -> None:
    with core(kubeconfig) as api:
        api.create_namespace({"metadata": {"name": name}})


def pids(directory: Path) -> dict[str, int]:
    return {name: process.pid for name, process in processes.find(directory).items()}


def test_up_status_env_and_down_from_the_command_line(directory: Path) -> None:
    code, message = run("up", directory=directory)
    assert code == 0, message
    assert "Kubernetes" in message
    assert f"source {directory / 'env'}" in message.replace("\n", "")
    assert pids(directory).keys() == _ALL | {"operator"}

    code, message = run("status", directory=directory)
    assert code == 0
    parts = {line.split()[0]: line.split()[1:4] for line in message.splitlines()}
    ports = json.loads((directory / "state.json").read_text())["ports"]
    for name, pid in pids(directory).items():
        assert parts[name] == ["running", str(ports[name]), str(pid)]

    assert run("env", directory=directory) == (0, (directory / "env").read_text())

    code, message = run("down", directory=directory)
    assert code == 0, message
    assert pids(directory) == {}
    assert not directory.exists()


def test_a_sandbox_of_a_block_ends_with_the_process_that_is_killed_within(directory: Path) -> None:
    block = (
        "import sys; from pathlib import Path; from dataflowxpress_sandbox.sandbox import Sandbox\n"
        "with Sandbox(Path(sys.argv[1]), aws=False).running(): print('up', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", block, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        assert pids(directory).keys() == _CLUSTER
        process.kill()
    processes.wait_until(lambda: not pids(directory), 30, "the end of the sandbox")


def test_the_env_file_points_a_shell_at_the_sandbox(directory: Path) -> None:
    with Sandbox(directory, operator=False).running() as sandbox:
        script = '. "$1/env"; exec "$2" -c "import json, os; print(json.dumps(dict(os.environ)))"'
        shell = ["sh", "-euc", script, "sh", str(directory), sys.executable]
        environment = json.loads(subprocess.check_output(shell, env={}))

        assert sandbox.env().items() <= environment.items()
        assert sandbox.env().keys() == {
            "KUBECONFIG",
            "AWS_ENDPOINT_URL",
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_CONFIG_FILE",
            "AWS_SHARED_CREDENTIALS_FILE",
            "AWS_EC2_METADATA_DISABLED",
        }
        assert "default" in namespaces(Path(environment["KUBECONFIG"]))


@pytest.mark.extended
def test_a_second_up_restarts_only_what_has_died_and_loses_nothing(directory: Path) -> None:
    sandbox = Sandbox(directory, operator=False)
    with sandbox.running():
        create_namespace(sandbox.kubeconfig, "precious")
        before, environment = pids(directory), sandbox.env()
        sandbox.up()
        assert pids(directory) == before

        os.kill(before["kube-apiserver"], signal.SIGKILL)
        processes.wait_until(lambda: "kube-apiserver" not in pids(directory), 10, "end")
        assert [part.name for part in sandbox.status() if not part.process] == ["kube-apiserver"]
        sandbox.up()

        after = pids(directory)
        assert after.keys() == before.keys()
        assert {name for name in after if after[name] != before[name]} == {"kube-apiserver"}
        assert sandbox.env() == environment
        assert "precious" in namespaces(sandbox.kubeconfig)


@pytest.mark.extended
def test_an_operator_gets_new_credentials_when_aws_had_to_be_started_again(
    directory: Path,
) -> None:
    sandbox = Sandbox(directory)
    with sandbox.running():
        before = pids(directory)
        os.kill(before["aws"], signal.SIGKILL)
        processes.wait_until(lambda: "aws" not in pids(directory), 10, "end")

        sandbox.up()

        after = pids(directory)
        assert after.keys() == before.keys()
        assert {name for name in after if after[name] != before[name]} == {"aws", "operator"}


@pytest.mark.parametrize(
    ("moment", "number"), sampled(itertools.product(MOMENTS, SIGNALS), SAMPLE.__contains__)
)
def test_an_interrupted_up_leaves_no_process(
    directory: Path, moment: str, number: signal.Signals
) -> None:
    with command("up", "--no-operator", directory=directory) as up:
        processes.wait_until(lambda: moment in processes.find(directory), 60, moment)
        up.send_signal(number)
        up.communicate(timeout=30)

    assert up.returncode not in (0, None)
    assert pids(directory) == {}


@pytest.mark.extended
def test_down_ends_what_a_killed_up_left_behind(directory: Path) -> None:
    with command("up", "--no-operator", directory=directory) as up:
        processes.wait_until(lambda: pids(directory).keys() >= _ALL, 60, "all processes")
        up.kill()
    assert pids(directory).keys() == _ALL

    Sandbox(directory).down()

    assert pids(directory) == {}
    assert not directory.exists()


@pytest.mark.extended
def test_two_sandboxes_run_side_by_side(directory: Path, tmp_path: Path) -> None:
    one, two = Sandbox(directory, aws=False), Sandbox(tmp_path / "other", aws=False)
    with one.running():
        with two.running():
            create_namespace(two.kubeconfig, "only-in-two")
            assert "only-in-two" not in namespaces(one.kubeconfig)
        assert pids(directory).keys() == _CLUSTER
        assert "default" in namespaces(one.kubeconfig)


@pytest.mark.extended
def test_a_cluster_of_the_user_is_used_and_left_running(
    cluster: Path, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(cluster))
    sandbox = Sandbox(directory, context="sandbox", aws=False)

    with sandbox.running():
        assert pids(directory) == {}
        assert namespaces(sandbox.kubeconfig) == namespaces(cluster)
        with pytest.raises(SandboxError, match="uses context sandbox: take it down first"):
            Sandbox(directory, context="another", aws=False).up()

    assert "default" in namespaces(cluster)


def test_a_context_that_does_not_exist_is_named_with_those_that_do(
    cluster: Path, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(cluster))

    with pytest.raises(SandboxError, match=r"No context 'prod' in your kubeconfig; .*: sandbox\."):
        Sandbox(directory, context="prod", aws=False).up()

    with Sandbox(directory, context="sandbox", aws=False).running() as corrected:
        assert "default" in namespaces(corrected.kubeconfig)


def test_when_a_part_does_not_start_the_command_says_why_and_leaves_no_process(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in _CLUSTER:
        (tmp_path / name).write_text("#!/bin/sh\necho this machine is too small\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))

    code, message = run("up", directory=directory)

    assert code == 1
    assert "etcd ended while" in message
    assert "this machine is too small" in message
    assert "Traceback" not in message
    assert pids(directory) == {}


@pytest.mark.parametrize("verb", ["up", "down"])
def test_a_folder_of_somebody_else_is_left_alone(directory: Path, verb: str) -> None:
    directory.mkdir()
    (directory / "thesis.txt").write_text("years of work")

    code, message = run(verb, directory=directory)

    assert code == 1
    assert "is no sandbox" in message
    assert [path.name for path in directory.iterdir()] == ["thesis.txt"]


def test_down_without_a_sandbox_is_fine(directory: Path) -> None:
    assert run("down", directory=directory)[0] == 0


@pytest.mark.parametrize("verb", ["status", "env"])
def test_without_a_sandbox_there_is_nothing_to_show(directory: Path, verb: str) -> None:
    code, message = run(verb, directory=directory)

    assert code == 1
    assert "There is no sandbox in" in message
