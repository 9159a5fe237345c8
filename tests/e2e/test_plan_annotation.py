"""A review step: what would change stands in the status until somebody releases it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dataflowxpress.api.status import Status
from tests.e2e.conftest import User, holds

PLAN = "dataflowxpress.io/plan"
BUCKET = "e2e-reviewed"


def reason(status: Status, condition: str) -> str:
    found = status[condition]
    return found.reason if found else ""


def drift(status: Status) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {each.resource: (each.action, each.changes) for each in status.drift}


def test_a_plan_is_reviewed_before_anything_is_made_and_before_anything_changes(user: User) -> None:
    spec: dict[str, Any] = {"bucket": {"name": BUCKET}}
    user.pipeline("reviewed", annotations={PLAN: "true"}, **spec)
    status = user.wait("reviewed", lambda s: reason(s, "Ready") == "Planned", 20, "planned")
    assert drift(status)[f"Bucket/{BUCKET}"] == ("create", ())
    assert {each.action for each in status.drift} == {"create"}
    assert status.resources == ()
    with pytest.raises(ClientError):
        user.aws("s3").head_bucket(Bucket=BUCKET)

    user.pipeline("reviewed", **spec)
    assert user.ready("reviewed").drift == ()

    changed: dict[str, Any] = {**spec, "job": {"workers": 5}}
    user.pipeline("reviewed", annotations={PLAN: "true"}, **changed)
    status = user.wait("reviewed", lambda s: reason(s, "Ready") == "Planned", 20, "planned again")
    assert drift(status) == {"Job/default-reviewed": ("update", ("NumberOfWorkers: 2 -> 5",))}
    assert reason(status, "Drifted") == "NoDrift"  # a change of the spec is no drift
    glue = user.aws("glue")
    assert glue.get_job(JobName="default-reviewed")["Job"]["NumberOfWorkers"] == 2

    user.pipeline("reviewed", **changed)
    user.wait("reviewed", lambda s: holds(s, "Ready"), 20, "ready again")
    assert glue.get_job(JobName="default-reviewed")["Job"]["NumberOfWorkers"] == 5
    user.gone("reviewed")
