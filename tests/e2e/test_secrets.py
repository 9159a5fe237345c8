"""Secrets of a whole sandbox with data in it: nobody who looks at a pipeline is shown one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from dataflowxpress.api.status import Status
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.e2e.conftest import NAMESPACE, User, holds

NAME = "secretive"
COMMAND = str(Path(sys.executable).parent / "dataflowxpress")
SECRET = {
    "a signed request or URL": r"X-Amz-(Signature|Credential|Security-Token)|AWS4-HMAC-SHA256",
    "a session's key": r"\bASIA[A-Z0-9]{12,}",
    "a setting that holds a key": r"(?i)secret_?access_?key|fs\.s3a\.(access|secret)\.key",
}


def converted(status: Status) -> bool:
    return bool(status.data and status.data.objects) and holds(status, "DataCurrent")


def command(user: User, *argv: str) -> str:
    """Return all that a command of somebody with the sandbox's env prints."""
    env = {**os.environ, **user.sandbox.env()}
    ran = subprocess.run(
        [COMMAND, *argv], env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout + ran.stderr


def test_no_secret_is_in_logs_status_events_or_what_commands_print(user: User) -> None:
    user.pipeline(NAME, bucket={"name": "e2e-secretive"}, trigger={"batchWindowSeconds": 0})
    user.ready(NAME)
    upload = {"Bucket": "e2e-secretive", "Key": "csv_data/people.csv"}
    user.aws("s3").put_object(**upload, Body=b"name,age\nAda,36\n")
    user.wait(NAME, converted, 240, "converted")

    events = user.kind("Event", "v1").get(namespace=NAMESPACE).to_dict()
    shown = {
        "the operator's log": (user.directory / "logs" / "operator.log").read_text(),
        "Events": json.dumps(events, default=str),
        "the object": json.dumps(user.get(NAME), default=str),
        "status": command(user, "status", NAME, "-o", "json"),
        "runs": command(user, "runs", NAME),
        "plan": command(user, "plan", NAME, "-o", "json"),
        "logs": command(user, "logs", NAME, "--tail", "10000"),
    }
    assert "SUCCEEDED" in shown["runs"]
    assert "secretive-notify" in shown["logs"]
    port = urlsplit(user.sandbox.env()["AWS_ENDPOINT_URL"]).port or 0
    operator = sandbox_aws.operator_environment(port)["AWS_SECRET_ACCESS_KEY"]
    patterns = {**SECRET, "the operator's key": re.escape(operator)}
    assert [
        f"{where} shows {what}"
        for where, text in shown.items()
        for what, pattern in patterns.items()
        if re.search(pattern, text)
    ] == []
    user.gone(NAME)
