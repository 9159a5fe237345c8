"""AWS of the sandbox: start commands, endpoints and credentials.

This import is cheap: the emulator runs in the process that `command` starts.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import os
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
REGION = "eu-west-1"
ACCOUNT = "000000000000"
OPERATOR = "dataflowxpress-operator"
LISTS = f"{OPERATOR}-lists"  # the policy for lists of the account
ENCRYPTION = f"{OPERATOR}-encryption"  # the policy for `spec.encryption`
SECURITY = f"{OPERATOR}-security"  # the one for `spec.encryption.glueSecurityConfiguration`
NETWORK = f"{OPERATOR}-network"  # the policy for `spec.network`
ACCESS_LOGS = f"{OPERATOR}-access-logs"  # the policy for `spec.bucket.accessLogs`

_CREATING = threading.Lock()
_ROOT_KEY = "test"  # the root user of the emulated account, with all permissions


@dataclass(frozen=True)
class Aws:
    """An emulated AWS on a local port."""

    port: int

    @property
    def endpoint(self) -> str:
        """The URL of all services."""
        return f"http://{HOST}:{self.port}"

    def environment(self, access_key: str, secret: str) -> dict[str, str]:
        """Return the environment for boto3, the AWS CLI and Terraform with these credentials."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret,
        }

    def client(
        self,
        service: str,
        environment: dict[str, str] | None = None,
        config: Any = None,
        *,
        region: str = REGION,
    ) -> Any:
        """Return a boto3 client with the credentials of an environment.

        By default, it has those of the root user, and is the same for all who want no *config*.
        """
        if environment is None and config is None:
            return _root_client(self, service, region)
        return self._client(service, environment or environment_of_root(self), config, region)

    def _client(self, service: str, credentials: dict[str, str], config: Any, region: str) -> Any:
        with _CREATING:  # a session must not create two clients at once
            return _session().client(
                service,
                endpoint_url=self.endpoint,
                region_name=region,
                aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
                aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
                config=config,
            )


@functools.lru_cache(maxsize=256)  # to create one takes 15 ms of CPU time
def _root_client(aws: Aws, service: str, region: str) -> Any:
    return aws._client(service, environment_of_root(aws), None, region)


@functools.cache
def _session() -> Any:
    """Return the one session, which reads the model of a service only once: 0.3 s of CPU time."""
    import boto3

    return boto3.Session()


def environment_of_root(aws: Aws) -> dict[str, str]:
    """Return the environment of the account's root user."""
    return aws.environment(_ROOT_KEY, _ROOT_KEY)


def command(port: int, directory: Path) -> list[str]:
    """Return the command that serves AWS on `port`, with mails and logs in `directory`."""
    module = "dataflowxpress_sandbox.aws"
    return [sys.executable, "-m", module, "--port", str(port), "--dir", os.fspath(directory)]


def environment(port: int) -> dict[str, str]:
    """Return the environment of an administrator."""
    return environment_of_root(Aws(port))


def ready(port: int) -> bool:
    """Return whether AWS responds on `port`, with IAM enforced."""
    try:
        health = _get(port, "/_ministack/health", seconds=2)
    except (OSError, http.client.HTTPException, ValueError):
        return False
    return bool(health.get("auth") == "enabled")


def permissions(port: int) -> dict[str, Any]:
    """Return the permissions that were `used` and `refused` since the start.

    Each entry has the principal (`by`) and the `action`. An entry of `used` also has the statement
    that allowed the action (`sid`, `on`).
    """
    return _get(port, "/_dataflowxpress/permissions", seconds=30)


def advance(port: int, seconds: float) -> None:
    """Let AWS forget what it forgets within `seconds`: see `clock`."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    with contextlib.closing(connection):
        connection.request("POST", "/_dataflowxpress/clock", str(seconds))
        connection.getresponse().read()


def _get(port: int, path: str, *, seconds: float) -> dict[str, Any]:
    """Return a page of the emulator itself, not of one of its services."""
    connection = http.client.HTTPConnection(HOST, port, timeout=seconds)
    with contextlib.closing(connection):
        connection.request("GET", path)
        page: dict[str, Any] = json.load(connection.getresponse())
    return page


def prepare() -> None:
    """Prepare the files for a fast start of Spark: about one minute the first time.

    Jobs also run without them, but the first one waits for downloads, and all start more slowly.
    The files are in the user's cache. Raises `RuntimeError` if the preparation fails.
    """
    from .spark import archive

    archive.prepare()


def preparation() -> list[str] | None:
    """Return the command line that does what `prepare` does, None if that is done already."""
    from .spark import archive

    return None if archive.prepared() else [sys.executable, "-m", f"{__name__}.spark"]


def operator_environment(port: int) -> dict[str, str]:
    """Return the environment of the operator's IAM user.

    The user has exactly the packaged operator policies, and is a data lake administrator. This
    function creates the user if it is missing and stores its secret key in Secrets Manager, because
    IAM returns the key only once.
    """
    from dataflowxpress.aws import operator_policy, optional_policies

    aws = Aws(port)
    iam, secrets = aws.client("iam"), aws.client("secretsmanager")
    make_administrator(aws, f"arn:aws:iam::{ACCOUNT}:user/{OPERATOR}")
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName=OPERATOR)
    policies = {
        OPERATOR: operator_policy.text(),
        LISTS: json.dumps(optional_policies.lists()),
        ENCRYPTION: json.dumps(optional_policies.encryption()),
        SECURITY: json.dumps(optional_policies.security_configuration()),
        NETWORK: json.dumps(optional_policies.network()),
        ACCESS_LOGS: json.dumps(optional_policies.access_logs()),
    }
    for name, document in policies.items():
        iam.put_user_policy(UserName=OPERATOR, PolicyName=name, PolicyDocument=document)
    try:
        key = json.loads(secrets.get_secret_value(SecretId=OPERATOR)["SecretString"])
    except secrets.exceptions.ResourceNotFoundException:
        created = iam.create_access_key(UserName=OPERATOR)["AccessKey"]
        key = {"access_key": created["AccessKeyId"], "secret": created["SecretAccessKey"]}
        secrets.create_secret(Name=OPERATOR, SecretString=json.dumps(key))
    return aws.environment(**key)


def make_administrator(aws: Aws, arn: str) -> None:
    """Add a principal to the administrators of Lake Formation."""
    lakeformation = aws.client("lakeformation")
    settings = lakeformation.get_data_lake_settings()["DataLakeSettings"]
    known = {each["DataLakePrincipalIdentifier"] for each in settings["DataLakeAdmins"]}
    admins = [{"DataLakePrincipalIdentifier": each} for each in sorted({*known, arn})]
    lakeformation.put_data_lake_settings(DataLakeSettings={**settings, "DataLakeAdmins": admins})
