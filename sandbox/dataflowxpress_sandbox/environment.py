"""Environment: the shell lines and files that keep every client inside one sandbox."""

from __future__ import annotations

import shlex
import sysconfig
from typing import TYPE_CHECKING

from dataflowxpress_sandbox import private
from dataflowxpress_sandbox.probe import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_LOOPBACK = f"{HOST},localhost,"
# Variables of the user that would take a client to another account or endpoint.
_UNSET = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    *(
        f"AWS_ENDPOINT_URL_{service}"
        for service in (
            "CLOUDWATCH",
            "CLOUDWATCH_LOGS",
            "EVENTBRIDGE",
            "GLUE",
            "IAM",
            "LAMBDA",
            "RESOURCE_GROUPS_TAGGING_API",
            "S3",
            "SNS",
            "SQS",
            "STS",
        )
    ),
)
_AWS = """\
#!/bin/sh
# Run the AWS CLI that comes next in PATH against the sandbox. Version 1 of the CLI ignores
# AWS_ENDPOINT_URL for SQS and EMR: it obeys only --endpoint-url there.
: "${{AWS_ENDPOINT_URL:?is not set: source the file env of the sandbox}}"
rest=
set -f
IFS=:
for folder in $PATH; do
  [ "$folder" = {own} ] || rest="$rest:$folder"
done
PATH="${{rest#:}}"
command -v aws >/dev/null || {{
  echo "The AWS CLI is not installed: pip install awscli" >&2
  exit 127
}}
exec aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"
"""
_CONFIG = """\
[default]
region = {AWS_REGION}
endpoint_url = {AWS_ENDPOINT_URL}
"""
_CREDENTIALS = """\
[default]
aws_access_key_id = {AWS_ACCESS_KEY_ID}
aws_secret_access_key = {AWS_SECRET_ACCESS_KEY}
"""


def variables(directory: Path, account: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a client that acts in *account* and reads no file of the user's."""
    return {
        **account,
        "AWS_CONFIG_FILE": str(directory / "aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(directory / "aws-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def write_files(directory: Path, account: Mapping[str, str]) -> None:
    """Write the files that `variables` names, and the `aws` that `shell` puts first in PATH."""
    (directory / "aws-config").write_text(_CONFIG.format_map(account))
    private.write(directory / "aws-credentials", _CREDENTIALS.format_map(account))
    command = _bin(directory) / "aws"
    command.parent.mkdir(exist_ok=True)
    command.write_text(_AWS.format(own=shlex.quote(str(_bin(directory)))))
    command.chmod(0o755)


def shell(directory: Path, exported: Mapping[str, str]) -> str:
    """Return `export` and `unset` lines for a POSIX shell; a shell may read them twice."""
    return "".join(f"{line}\n" for line in _lines(directory, exported))


def _lines(directory: Path, exported: Mapping[str, str]) -> Iterator[str]:
    yield f"unset {' '.join(_UNSET)}"
    for name, value in exported.items():
        yield f"export {name}={shlex.quote(value)}"
    # An HTTP proxy of the user must not get calls to this machine.
    yield 'export no_proxy="${no_proxy:-${NO_PROXY:-}}"'
    yield f'export no_proxy="{_LOOPBACK}${{no_proxy#{_LOOPBACK}}}"'
    yield 'export NO_PROXY="$no_proxy"'
    first = shlex.quote(f"{_bin(directory)}:{sysconfig.get_path('scripts')}:")
    yield f'export PATH={first}"${{PATH#{first}}}"'


def _bin(directory: Path) -> Path:
    return directory / "bin"
