"""Secret arguments: a custom script reads the secrets of its spec, and no others."""

from __future__ import annotations

import json
from textwrap import dedent

from dataflowxpress.api.status import Status
from tests.e2e.conftest import User

NAME = "e2e-secret"
SCRIPT = dedent("""
    import json, sys
    import boto3
    from awsglue.utils import getResolvedOptions

    arguments = getResolvedOptions(sys.argv, ["bucket", "token", "other"])
    secrets, found = boto3.client("secretsmanager"), {}
    for name in ("token", "other"):
        try:
            found[name] = secrets.get_secret_value(SecretId=arguments[name])["SecretString"]
        except secrets.exceptions.ClientError as error:
            found[name] = error.response["Error"]["Code"]
    body = json.dumps(found)
    boto3.client("s3").put_object(Bucket=arguments["bucket"], Key="parquet_data/found", Body=body)
""")


def test_a_script_reads_the_secrets_of_its_spec_and_no_others(user: User) -> None:
    secrets = user.aws("secretsmanager")
    token, other = (
        secrets.create_secret(Name=f"{NAME}/{name}", SecretString=f"the {name}")["ARN"]
        for name in ("token", "other")
    )
    job = {
        "script": {"inline": SCRIPT},
        "arguments": {"--other": other},
        "secretArguments": {"--token": token},
    }
    user.pipeline(
        NAME,
        bucket={"name": NAME},
        trigger={"batchWindowSeconds": 0},
        deletionPolicy="Delete",
        job=job,
    )
    user.ready(NAME)
    user.aws("s3").put_object(Bucket=NAME, Key="csv_data/a.csv", Body=b"id\n1\n")
    user.wait(NAME, ended, 120, "through with a run")
    found = json.load(user.aws("s3").get_object(Bucket=NAME, Key="parquet_data/found")["Body"])
    assert found == {"token": "the token", "other": "AccessDeniedException"}
    assert "the token" not in json.dumps(user.get(NAME), default=str)
    user.gone(NAME)


def ended(status: Status) -> bool:
    return any(run.state == "SUCCEEDED" for run in status.runs)
