"""`dataflowxpress report`: what the archive of a live pipeline has, and the secrets it lacks."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from dataflowxpress.api.status import Status
from tests.e2e.conftest import NAMESPACE, User

PROGRAM = Path(sys.executable).with_name("dataflowxpress")
NAME = "reported"
SCRIPT = """
print("connecting with password=planted-in-log and AKIAPLANTEDPLANTED00")
print("the row is converted")
"""

pytestmark = [pytest.mark.long, pytest.mark.extended]


def run(user: User, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **user.sandbox.env()}
    return subprocess.run(
        [PROGRAM, *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def files_of(archive: Path) -> dict[str, str]:
    """Return the texts of an archive by name, below its only folder."""
    with tarfile.open(archive) as found:
        members = [each for each in found.getmembers() if each.isfile()]
        streams = {each.name.partition("/")[2]: found.extractfile(each) for each in members}
        return {name: stream.read().decode() for name, stream in streams.items() if stream}


def event(user: User) -> None:
    """Write an Event about the pipeline with a secret, as another controller can."""
    about = {"kind": "DataPipeline", "name": NAME, "namespace": NAMESPACE}
    user.kind("Event", "v1").create(
        namespace=NAMESPACE,
        body={
            "metadata": {"generateName": f"{NAME}."},
            "involvedObject": {**about, "apiVersion": "dataflowxpress.io/v1alpha1"},
            "reason": "Planted",
            "type": "Warning",
            "message": "https://user:planted-in-event@example.com refused",
        },
    )


def test_a_report_has_all_that_a_bug_needs_and_none_of_the_planted_secrets(
    user: User, tmp_path: Path
) -> None:
    user.pipeline(
        NAME,
        annotations={"example.com/note": "planted-in-annotation"},
        job={"script": {"inline": SCRIPT}, "arguments": {"--dsn": "planted-in-argument"}},
        notifications={"emails": ["planted.person@example.com"]},
    )
    user.wait(NAME, has_resources, 60, "created")
    event(user)
    assert run(user, "run", NAME).returncode == 0
    archive = tmp_path / "report.tar.gz"
    done = run(user, "report", NAME, "--to", str(archive))
    assert (done.returncode, "✗" in done.stdout) == (0, False), done.stdout + done.stderr
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600

    files = files_of(archive)
    logs = "".join(text for name, text in files.items() if name.startswith("logs/"))
    assert "the row is converted" in logs
    assert f"default/{NAME}" in files["status.txt"]
    assert "Planted" in files["events.yaml"]
    assert '"action": "keep"' in files["plan.json"]
    assert '"kubernetesServer": "v1.' in files["versions.json"]
    assert "--dsn" in files["pipeline.yaml"]
    whole = "\n".join(files.values())
    assert "planted" not in whole.lower().replace("planted\n", "")  # the Event's reason
    secret = user.sandbox.env()["AWS_SECRET_ACCESS_KEY"]
    assert secret not in whole

    again = run(user, "report", NAME, "--to", str(archive))
    assert (again.returncode, "give another file with --to" in again.stderr) == (1, True)
    user.gone(NAME)


def has_resources(status: Status) -> bool:
    return bool(status.resources) and all(
        each.state == "Ready" or each.kind == "Subscription" for each in status.resources
    )
