"""The environment of a sandbox, as the shell and the clients of a user meet it."""

from __future__ import annotations

import json
import os
import socketserver
import subprocess
import sysconfig
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from dataflowxpress.cli.app import app
from dataflowxpress_sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTILE = {
    "AWS_PROFILE": "production",
    "AWS_SESSION_TOKEN": "of another account",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_ENDPOINT_URL_S3": "https://s3.eu-west-1.amazonaws.com",
    "AWS_ENDPOINT_URL_SQS": "https://eu-west-1.queue.amazonaws.com",
}


class Trap(socketserver.StreamRequestHandler):
    """An HTTP proxy that notes each request and connects to nothing."""

    seen: list[str]

    def handle(self) -> None:
        self.seen.append(self.rfile.readline().decode().strip())
        self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")


@contextmanager
def proxy() -> Iterator[tuple[str, list[str]]]:
    """Yield the URL of a proxy, and the first line of each request that it gets."""
    seen: list[str] = []
    handler = type("Noting", (Trap,), {"seen": seen})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
        server.shutdown()


def sh(sandbox: Sandbox, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run *script* in a shell that has read the file `env`."""
    return subprocess.run(
        ["sh", "-euc", f'. "$1/env"; {script}', "sh", str(sandbox.directory)],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("sqs list-queues", "QueueUrls"),
        pytest.param("s3api list-buckets", "Buckets", marks=pytest.mark.extended),
        pytest.param("sts get-caller-identity", "Account", marks=pytest.mark.extended),
        ("emr list-clusters", ""),
    ],
)
def test_the_aws_cli_calls_only_the_sandbox(sandbox: Sandbox, call: str, answer: str) -> None:
    sandbox_queue = "aws sqs create-queue --queue-name any >/dev/null; "
    with proxy() as (url, seen):
        done = sh(
            sandbox,
            f"{sandbox_queue}aws {call} --output json",
            HTTP_PROXY=url,
            HTTPS_PROXY=url,
            **HOSTILE,
        )

    assert seen == []
    assert answer in done.stdout, done.stderr
    assert "amazonaws.com" not in done.stderr


def test_without_the_wrapper_the_aws_cli_of_version_1_leaves_the_sandbox(sandbox: Sandbox) -> None:
    with proxy() as (url, seen):
        cli = f"{sysconfig.get_path('scripts')}/aws"
        sh(sandbox, f"AWS_MAX_ATTEMPTS=1 {cli} sqs list-queues", HTTPS_PROXY=url)

    assert [line.split()[1] for line in seen] == ["eu-west-1.queue.amazonaws.com:443"]


@pytest.mark.parametrize("command", ["dataflowxpress", "kubectl-dataflow", "aws"])
def test_the_tool_and_the_plugin_are_on_the_path(sandbox: Sandbox, command: str) -> None:
    assert sh(sandbox, f"command -v {command}").stdout


def test_a_shell_can_read_the_lines_twice(sandbox: Sandbox) -> None:
    once = sh(sandbox, "env | sort")
    twice = sh(sandbox, '. "$1/env"; env | sort')

    assert once.stdout
    assert once.stdout == twice.stdout


def test_the_lines_keep_the_proxy_exceptions_of_the_user(sandbox: Sandbox) -> None:
    done = sh(sandbox, 'echo "$no_proxy" "$NO_PROXY"', NO_PROXY="intranet")

    assert done.stdout.split() == ["127.0.0.1,localhost,intranet"] * 2


def test_every_line_exports_or_unsets(sandbox: Sandbox) -> None:
    assert {line.split()[0] for line in sandbox.shell().splitlines()} == {"export", "unset"}


def test_the_wrapper_names_the_package_if_there_is_no_aws_cli(sandbox: Sandbox) -> None:
    done = sh(sandbox, f'PATH="{sandbox.directory}/bin"; aws sqs list-queues')

    assert done.returncode == 127
    assert "pip install awscli" in done.stderr


def test_the_files_hold_what_the_variables_say(sandbox: Sandbox) -> None:
    script = "unset AWS_ENDPOINT_URL AWS_REGION AWS_DEFAULT_REGION AWS_ACCESS_KEY_ID"
    python = f"{sysconfig.get_path('scripts')}/python"
    program = "import boto3, json; print(json.dumps(boto3.client('sts').meta.endpoint_url))"
    done = sh(sandbox, f'{script}; {python} -c "{program}"')

    assert json.loads(done.stdout) == sandbox.env()["AWS_ENDPOINT_URL"], done.stderr


@pytest.mark.parametrize(
    "command", [("mails",), ("mails", "--confirm"), ("status",), ("env",), ("faults", "list")]
)
def test_a_command_in_a_folder_without_a_sandbox_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)

    done = CliRunner().invoke(app, ["sandbox", *command])

    assert done.exit_code == 1
    assert f"There is no sandbox in {tmp_path / '.sandbox'}" in done.output.replace("\n", "")
    assert list(tmp_path.iterdir()) == []
