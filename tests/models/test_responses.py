"""Responses that differ from the output shape of their operation, for each protocol."""

from __future__ import annotations

from typing import Any

import pytest

from dataflowxpress_sandbox.aws.operations import call_of
from tests.models.responses import response_violations

Exchange = dict[str, Any]
TIMES = {"CreateTime": 1.5e9}


def exchange(service: str, response: str, path: str = "/", body: str = "{}", **more: Any) -> Any:
    credential = f"AWS4-HMAC-SHA256 Credential=KEY/20261126/eu-west-1/{service}/aws4_request"
    headers = {"host": "127.0.0.1", "authorization": credential, **more.pop("headers", {})}
    return {
        "method": "POST",
        "path": path,
        "query": "",
        "headers": headers,
        "body": body,
        "status": 200,
        "response_headers": {},
        "response": response,
        **more,
    }


def glue(response: str) -> Exchange:
    headers = {"x-amz-target": "AWSGlue.GetDatabase", "content-type": "application/x-amz-json-1.1"}
    return exchange("glue", response, body='{"Name": "orders"}', headers=headers)  # type: ignore[no-any-return]


def iam(role: str) -> Exchange:
    response = f"<GetRoleResponse><GetRoleResult>{role}</GetRoleResult></GetRoleResponse>"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return exchange("iam", response, body="Action=GetRole&RoleName=worker", headers=headers)  # type: ignore[no-any-return]


def lambda_(response: str) -> Exchange:
    path = "/2015-03-31/functions/notify/configuration"
    return exchange("lambda", response, path=path, body="", method="GET")  # type: ignore[no-any-return]


def s3(response: str, query: str = "versioning=") -> Exchange:
    return exchange("s3", response, path="/bucket", body="", method="GET", query=query)  # type: ignore[no-any-return]


def cloudwatch(response: bytes) -> Exchange:
    path = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms"
    return exchange("monitoring", response.decode("latin-1"), path=path, body="")  # type: ignore[no-any-return]


ROLE = (
    "<Path>/</Path><RoleName>{name}</RoleName><RoleId>AROA0123456789ABCDEF</RoleId>"
    "<Arn>arn:aws:iam::000000000000:role/worker</Arn><CreateDate>2026-11-26T10:00:00Z</CreateDate>"
)
VERSIONING = '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{}</VersioningConfiguration>'
LISTING = (
    "<ListBucketResult><Contents><Key>a</Key><Colour>red</Colour></Contents></ListBucketResult>"
)


@pytest.mark.parametrize(
    ("recorded", "found"),
    [
        (glue('{"Database": {"Name": "orders", "CreateTime": 1.5e9}}'), []),
        (glue('{"Database": {"CreateTime": 1.5e9}}'), [("Database.Name", "is missing")]),
        (
            glue('{"Database": {"Name": "orders", "CreateTime": "2026-11-26T10:00:00Z"}}'),
            [
                (
                    "Database.CreateTime",
                    "is '2026-11-26T10:00:00Z', not timestamp as the protocol writes it",
                )
            ],
        ),
        (
            glue('{"Database": {"Name": "orders", "Owner": "me"}}'),
            [("Database.Owner", "is unknown")],
        ),
        (
            glue('{"Database": {"Name": "orders", "Parameters": {"a": 1}}}'),
            [("Database.Parameters{}", "is int, not string")],
        ),
        (glue('{"message": "no"}') | {"status": 400}, [("Error.Code", "is missing")]),
        (glue('{"__type": "EntityNotFoundException"}') | {"status": 400}, []),
        (iam(f"<Role>{ROLE.format(name='worker')}</Role>"), []),
        (
            iam("<Role/>"),
            [
                (f"Role.{each}", "is missing")
                for each in ("Path", "RoleName", "RoleId", "Arn", "CreateDate")
            ],
        ),
        (
            iam(f"<Role>{ROLE.format(name='worker')}<Owner>me</Owner></Role>"),
            [("Role.Owner", "is unknown")],
        ),
        (lambda_('{"FunctionName": "notify", "Timeout": 3}'), []),
        (
            lambda_('{"Timeout": "3"}'),
            [("Timeout", "is '3', not integer as the protocol writes it")],
        ),
        (lambda_('{"Timeout": 0}'), [("Timeout", "has 0, less than 1")]),
        (s3(VERSIONING.format("<Status>Enabled</Status>")), []),
        (
            s3(VERSIONING.format("<Status>On</Status>")),
            [("Status", "is 'On', none of Enabled, Suspended")],
        ),
        (s3(VERSIONING.format("<State>On</State>")), [("State", "is unknown")]),
        (s3(LISTING, "list-type=2"), [("Contents[].Colour", "is unknown")]),
        (cloudwatch(b"\xa1lMetricAlarms\x80"), []),
        (
            cloudwatch(b"\xa1lMetricAlarms\x81\xa1iAlarmName\x01"),
            [("MetricAlarms[].AlarmName", "is int, not string")],
        ),
    ],
)
def test_each_difference_from_the_model_is_found(
    recorded: Exchange, found: list[tuple[str, str]]
) -> None:
    assert list(response_violations(call_of(recorded), recorded)) == found
