"""Secrets stay where they are: not one lands in logs, status, Events or a plan."""

from __future__ import annotations

import json
import logging
import uuid
from typing import Any

import pytest

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.aws import clients
from dataflowxpress.controller.result import Result
from dataflowxpress.telemetry import context as logs
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.walks.conftest import NAMESPACE, Life

pytestmark = pytest.mark.extended

SIGNED = ("X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "AWS4-HMAC-SHA256")
THEIRS = "hunter2-of-somebody"  # what people put into a function or a job by hand


@pytest.fixture
def role(life: Life) -> str:
    """A role that the operator assumes, so that it works with a session's token."""
    operator = f"arn:aws:iam::{sandbox_aws.ACCOUNT}:user/{sandbox_aws.OPERATOR}"
    trusted = statement(Action=["sts:AssumeRole", "sts:TagSession"], Principal={"AWS": operator})
    iam, name = life.world.admin("iam"), f"dataflowxpress-{uuid.uuid4().hex[:8]}"
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)["Role"]
    everything = statement(Action="*", Resource="*")
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=everything)
    return str(made["Arn"])


def statement(**output: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **output}]})


@pytest.fixture
def debug(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """All that an operator writes when everything is to be logged."""
    caplog.set_level(logging.WARNING, "botocore")  # so that it is as before in the end
    logging.getLogger("botocore").setLevel(logging.NOTSET)
    logs.install()
    caplog.set_level(logging.DEBUG)
    return caplog


def hide_secrets(life: Life) -> None:
    """Do what people do: put a password beside our settings."""
    name = f"{NAMESPACE}-{life.name}"
    function, glue = life.world.admin("lambda"), life.world.admin("glue")
    function.update_function_configuration(
        FunctionName=f"{name}-notify", Environment={"Variables": {"DB_PASSWORD": THEIRS}}
    )
    job = glue.get_job(JobName=name)["Job"]
    update = {key: job[key] for key in ("Role", "Command", "GlueVersion", "WorkerType")}
    update |= {"NumberOfWorkers": 2, "Timeout": 60, "ExecutionClass": "STANDARD"}
    arguments = {**job["DefaultArguments"], "--db-password": THEIRS}
    glue.update_job(JobName=name, JobUpdate={**update, "DefaultArguments": arguments})


def test_no_secret_lands_in_logs_status_or_events(
    life: Life, role: str, debug: pytest.LogCaptureFixture
) -> None:
    reported: list[str] = []

    def note(report: Result) -> None:
        reported.extend([repr(report), json.dumps(life.status.as_json())])

    spec = {"deletionPolicy": "Delete", "roleArn": role, "driftPolicy": "Report"}
    life.create(spec)
    note(life.converge())
    hide_secrets(life)
    note(life.reconcile())
    assert any("DB_PASSWORD" in line for each in life.status.drift for line in each.changes)
    assert any("--db-password" in line for each in life.status.drift for line in each.changes)
    life.change({**spec, "driftPolicy": "Correct"})
    note(life.converge())
    refuse = {"RoleName": role.rpartition("/")[2], "PolicyName": "none"}
    denial = statement(Action="glue:*", Resource="*").replace("Allow", "Deny")
    life.world.admin("iam").put_role_policy(**refuse, PolicyDocument=denial)
    note(life.reconcile())
    assert any("AccessDenied" in line.message for line in life.status.resources)
    life.world.admin("iam").delete_role_policy(**refuse)
    note(life.converge())
    held = secrets(life)
    life.delete()
    life.end()

    collected = "\n".join([*reported, debug.text])
    assert "POST / HTTP/1.1" in debug.text, "this is what debugging shows of each call"
    assert {word for word in [*held, *SIGNED, THEIRS] if word in collected} == set()


def secrets(life: Life) -> list[str]:
    """Return what nobody may read: the keys and tokens with which the operator works."""
    connection = life.world.operator._connector.of(Pipeline(life.body))  # noqa: SLF001
    session = connection.client("s3")._request_signer._credentials  # noqa: SLF001
    own = clients.clients(None, None)("s3")._request_signer._credentials  # noqa: SLF001
    held = session.get_frozen_credentials(), own.get_frozen_credentials()
    found = [held[0].secret_key, held[0].token, held[0].access_key, held[1].secret_key]
    assert all(found)
    return found
