"""AWS of the sandbox: how to start it, reach it and get credentials for it.

Importing this costs nothing: the emulator itself lives in the process that `command` starts.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
REGION = "eu-west-1"
ACCOUNT = "000000000000"
OPERATOR = "dataflowxpress-operator"

_ROOT_KEY = "test"  # the emulator's account root, which may do everything


@dataclass(frozen=True)
class Aws:
    """An AWS that listens on a port of this machine."""

    port: int

    @property
    def endpoint(self) -> str:
        """The URL of every one of its services."""
        return f"http://{HOST}:{self.port}"

    def environment(self, access_key: str, secret: str) -> dict[str, str]:
        """Return what boto3, the AWS CLI and Terraform need to act with these credentials."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret,
        }

    def client(self, service: str, environment: dict[str, str] | None = None) -> Any:
        """Return a boto3 client that acts with an environment's credentials, root's by default."""
        import boto3

        acting = environment or environment_of_root(self)
        return boto3.Session().client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=acting["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=acting["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=acting.get("AWS_SESSION_TOKEN"),
        )


def environment_of_root(aws: Aws) -> dict[str, str]:
    """Return the environment of the account's root."""
    return aws.environment(_ROOT_KEY, _ROOT_KEY)


def command(port: int, directory: Path) -> list[str]:
    """Return the command line that serves AWS on `port` and keeps its mail and logs in a folder."""
    module = "dataflowxpress_sandbox.aws"
    return [sys.executable, "-m", module, "--port", str(port), "--dir", os.fspath(directory)]


def environment(port: int) -> dict[str, str]:
    """Return the environment of an administrator."""
    return environment_of_root(Aws(port))


def ready(port: int) -> bool:
    """Say whether AWS answers there, with IAM enforced."""
    try:
        health = _get(port, "/_ministack/health", seconds=2)
    except (OSError, http.client.HTTPException, ValueError):
        return False
    return bool(health.get("auth") == "enabled")


def permissions(port: int) -> dict[str, Any]:
    """Return which permissions were `used` since it began, and which were `refused`, and by whom.

    Each of `used` names principal (`by`), `action` and the statement that allowed it (`sid`, `on`).
    """
    return _get(port, "/_dataflowxpress/permissions", seconds=30)


def _get(port: int, path: str, *, seconds: float) -> dict[str, Any]:
    """Return what the emulator itself, not one of its services, tells there."""
    connection = http.client.HTTPConnection(HOST, port, timeout=seconds)
    with contextlib.closing(connection):
        connection.request("GET", path)
        told: dict[str, Any] = json.load(connection.getresponse())
    return told


def prepare() -> None:
    """Fetch and make what Spark needs to start fast: a minute the first time, nothing after that.

    Jobs run without it too, but the first waits for the downloads, and all start slower. What is
    made is kept in the user's cache. Raises `RuntimeError` when it cannot be made.
    """
    from .spark import archive

    archive.prepare()


def preparation() -> list[str] | None:
    """Return the command line that does what `prepare` does, None if that is done already."""
    from .spark import archive

    return None if archive.prepared() else [sys.executable, "-m", f"{__name__}.spark"]


def operator_environment(port: int) -> dict[str, str]:
    """Return the environment of the IAM user that the operator runs as.

    The user has the policy that we ship and nothing else. It is made when it is missing; its
    secret key, which IAM shows only once, is kept in Secrets Manager: every caller gets the same.
    """
    from dataflowxpress.aws import operator_policy as access

    aws = Aws(port)
    iam, secrets = aws.client("iam"), aws.client("secretsmanager")
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName=OPERATOR)
    iam.put_user_policy(UserName=OPERATOR, PolicyName=OPERATOR, PolicyDocument=access.text())
    try:
        key = json.loads(secrets.get_secret_value(SecretId=OPERATOR)["SecretString"])
    except secrets.exceptions.ResourceNotFoundException:
        made = iam.create_access_key(UserName=OPERATOR)["AccessKey"]
        key = {"access_key": made["AccessKeyId"], "secret": made["SecretAccessKey"]}
        secrets.create_secret(Name=OPERATOR, SecretString=json.dumps(key))
    return aws.environment(**key)
