"""IAM of the sandbox: a call is let through with exactly what AWS asks for, and written down."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from dataflowxpress.blueprint import artifacts
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.sandbox.aws.conftest import allow, policy, unique

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.serving import RunningAws
    from tests.sandbox.aws.conftest import Place

BOUNDARY = "arn:aws:iam::000000000000:policy/bounds"
STRANGER = "555566667777"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
FUNCTION: dict[str, Any] = {
    "Code": {"ZipFile": artifacts.function_code("notify", {})},
    "Runtime": "python3.13",
    "Handler": "handler.handler",
}
Statement = dict[str, Any]
Call = Callable[["User"], Any]


@dataclass(frozen=True)
class User:
    """Somebody whose permissions are what a test gives."""

    place: Place
    name: str

    def may(self, *statements: Statement) -> None:
        named = json.loads(json.dumps(statements).replace("{name}", self.name))
        iam = admin(self.place, "iam")
        iam.put_user_policy(UserName=self.name, PolicyName="p", PolicyDocument=policy(*named))

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{sandbox_aws.ACCOUNT}:user/{self.name}"

    @cache  # noqa: B019 - lives as long as its test
    def client(self, service: str) -> Any:
        key = admin(self.place, "iam").create_access_key(UserName=self.name)["AccessKey"]
        acting = self.place.aws.environment(key["AccessKeyId"], key["SecretAccessKey"])
        return self.place.aws.client(service, acting)


@pytest.fixture
def user(place: Place) -> User:
    """Somebody new, where there is a boundary."""
    iam, name = admin(place, "iam"), unique("user")
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_policy(PolicyName="bounds", PolicyDocument=policy(allow("s3:*")))
    iam.create_user(UserName=name)
    return User(place, name)


def admin(place: Place, service: str) -> Any:
    return _admin(place.aws, service)


@cache
def _admin(aws: RunningAws, service: str) -> Any:
    return aws.client(service)  # a client is dearer than a call


def when(statement: Statement, **conditions: Mapping[str, Any]) -> Statement:
    return {**statement, "Condition": conditions}


def create_role(user: User, **more: Any) -> None:
    user.client("iam").create_role(RoleName=user.name, AssumeRolePolicyDocument=TRUST, **more)


def tagged(user: User) -> list[dict[str, str]]:
    return [{"Key": "owner", "Value": user.name}]


def make_role(user: User, **more: Any) -> str:
    """Make a role as an administrator; return its name."""
    role = f"{user.name}-role"
    admin(user.place, "iam").create_role(RoleName=role, AssumeRolePolicyDocument=TRUST, **more)
    return role


def put_role_policy(user: User, **role: Any) -> None:
    user.client("iam").put_role_policy(
        RoleName=make_role(user, **role), PolicyName="p", PolicyDocument=policy(allow("s3:*"))
    )


def create_function(user: User) -> None:
    user.client("lambda").create_function(
        FunctionName=user.name,
        Role=user.place.role(service="lambda.amazonaws.com"),
        Tags={"owner": user.name},
        **FUNCTION,
    )


def create_crawler(user: User, **more: Any) -> None:
    targets = {"S3Targets": [{"Path": "s3://bucket/data/"}]}
    role = user.place.role()
    user.client("glue").create_crawler(Name=user.name, Role=role, Targets=targets, **more)


def put_rule(user: User) -> None:
    user.client("events").put_rule(
        Name=user.name, ScheduleExpression="rate(1 day)", Tags=tagged(user)
    )


PASSED = {"iam:PassedToService": "lambda.amazonaws.com"}
BOUNDED = {"iam:PermissionsBoundary": BOUNDARY}
FUNCTIONS = "arn:aws:lambda:*:*:function:{name}"

LET_THROUGH: dict[str, tuple[list[Statement], Call]] = {
    "a role with the boundary that is asked for": (
        [when(allow("iam:CreateRole"), StringEquals=BOUNDED)],
        lambda user: create_role(user, PermissionsBoundary=BOUNDARY),
    ),
    "a policy of a role that has the boundary": (
        [when(allow("iam:PutRolePolicy"), StringEquals=BOUNDED)],
        lambda user: put_role_policy(user, PermissionsBoundary=BOUNDARY),
    ),
    "a policy of a role that has the tag": (
        [when(allow("iam:PutRolePolicy"), Null={"aws:ResourceTag/owner": "false"})],
        lambda user: put_role_policy(user, Tags=tagged(user)),
    ),
    "a role with the tag that is asked for": (
        [when(allow("iam:CreateRole", "iam:TagRole"), Null={"aws:RequestTag/owner": "false"})],
        lambda user: create_role(user, Tags=tagged(user)),
    ),
    "a function by its name, with a role for it": (
        [
            allow("lambda:CreateFunction", "lambda:TagResource", resource=FUNCTIONS),
            when(allow("iam:PassRole"), StringEquals=PASSED),
        ],
        create_function,
    ),
    "a crawler, which has no resource yet, by its tag": (
        [
            when(allow("glue:CreateCrawler"), Null={"aws:RequestTag/owner": "false"}),
            allow("glue:TagResource", resource="arn:aws:glue:*:*:crawler/{name}"),
            allow("iam:PassRole"),
        ],
        lambda user: create_crawler(user, Tags={"owner": user.name}),
    ),
    "a rule by its name, and its tags": (
        [allow("events:PutRule", "events:TagResource", resource="arn:aws:events:*:*:rule/{name}")],
        put_rule,
    ),
}
REFUSED: dict[str, tuple[list[Statement], Call, str]] = {
    "a role without the boundary": (
        [when(allow("iam:CreateRole"), StringEquals=BOUNDED)], create_role, "iam:CreateRole",
    ),
    "a role with another boundary": (
        [when(allow("iam:CreateRole"), StringEquals=BOUNDED)],
        lambda user: create_role(user, PermissionsBoundary=f"{BOUNDARY}-of-mine"),
        "iam:CreateRole",
    ),
    "a policy of a role without the boundary": (
        [when(allow("iam:PutRolePolicy"), StringEquals=BOUNDED)],
        put_role_policy,
        "iam:PutRolePolicy",
    ),
    "a policy of a role without the tag": (
        [when(allow("iam:PutRolePolicy"), Null={"aws:ResourceTag/owner": "false"})],
        put_role_policy,
        "iam:PutRolePolicy",
    ),
    "tags with a creation that may not tag": (
        [allow("iam:CreateRole")],
        lambda user: create_role(user, Tags=tagged(user)),
        "iam:TagRole",
    ),
    "a role that may not be passed at all": (
        [allow("lambda:CreateFunction", "lambda:TagResource")],
        create_function,
        "iam:PassRole on resource: arn:aws:iam::000000000000:role/role-",
    ),
    "a role that may be passed to another service": (
        [
            allow("lambda:CreateFunction", "lambda:TagResource"),
            when(allow("iam:PassRole"), StringEquals={"iam:PassedToService": "ec2.amazonaws.com"}),
        ],
        create_function,
        "iam:PassRole",
    ),
    "a function with tags that may not be set": (
        [allow("lambda:CreateFunction"), when(allow("iam:PassRole"), StringEquals=PASSED)],
        create_function,
        "lambda:TagResource",
    ),
    "a crawler by its name, although the action has no resource": (
        [allow("glue:CreateCrawler", resource="arn:aws:glue:*:*:crawler/{name}")],
        create_crawler,
        "glue:CreateCrawler",
    ),
    "a crawler without the tag": (
        [when(allow("glue:CreateCrawler"), Null={"aws:RequestTag/owner": "false"})],
        create_crawler,
        "glue:CreateCrawler",
    ),
    "a rule of another name": (
        [allow("events:*", resource="arn:aws:events:*:*:rule/other")],
        put_rule,
        "events:PutRule on resource: arn:aws:events:eu-west-1:000000000000:rule/",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("granted", "call"), LET_THROUGH.values(), ids=LET_THROUGH.keys())
def test_what_a_policy_asks_for_lets_a_call_through(
    user: User, granted: list[Statement], call: Call
) -> None:
    user.may(*granted)
    call(user)


@pytest.mark.parametrize(("granted", "call", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_a_policy_does_not_allow_is_refused_by_name(
    user: User, granted: list[Statement], call: Call, words: str
) -> None:
    user.may(*granted)
    with pytest.raises(ClientError, match="not authorized to perform") as refused:
        call(user)
    assert words in str(refused.value)


def test_a_policy_can_name_its_caller(user: User) -> None:
    own = {"aws:ResourceAccount": "${aws:PrincipalAccount}"}
    user.may(when(allow("sqs:CreateQueue"), StringEquals=own))
    assert user.client("sqs").create_queue(QueueName=user.name)
    user.may(when(allow("sqs:CreateQueue"), StringEquals={"aws:PrincipalArn": "${aws:userid}"}))
    with pytest.raises(ClientError, match="not authorized"):
        user.client("sqs").create_queue(QueueName=user.name)


def test_the_owner_of_a_bucket_decides_whether_it_is_of_the_account(user: User) -> None:
    theirs = user.place.aws.client("s3", user.place.aws.environment(STRANGER, STRANGER))
    where = {"CreateBucketConfiguration": {"LocationConstraint": sandbox_aws.REGION}}
    theirs.create_bucket(Bucket=user.name, **where)
    everybody = {"Principal": {"AWS": f"arn:aws:iam::{sandbox_aws.ACCOUNT}:root"}}
    document = policy(allow("s3:ListBucket", f"arn:aws:s3:::{user.name}") | everybody)
    theirs.put_bucket_policy(Bucket=user.name, Policy=document)
    try:
        user.may(allow("s3:ListBucket"))
        user.client("s3").list_objects_v2(Bucket=user.name)
        with pytest.raises(ClientError, match="Access Denied"):
            user.client("s3").list_objects_v2(
                Bucket=user.name, ExpectedBucketOwner=sandbox_aws.ACCOUNT
            )
        own = {"aws:ResourceAccount": "${aws:PrincipalAccount}"}
        user.may(allow("s3:ListBucket") | {"Condition": {"StringEquals": own}})
        with pytest.raises(ClientError, match="Access Denied"):
            user.client("s3").list_objects_v2(Bucket=user.name)
    finally:
        theirs.delete_bucket(Bucket=user.name)


def test_a_function_takes_no_messages_that_its_role_may_not_take(user: User) -> None:
    sqs, functions = admin(user.place, "sqs"), admin(user.place, "lambda")
    url = sqs.create_queue(QueueName=user.name)["QueueUrl"]
    wanted = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    source = sqs.get_queue_attributes(**wanted)["Attributes"]["QueueArn"]
    role = user.place.role(allow("sqs:ReceiveMessage"), service="lambda.amazonaws.com")
    functions.create_function(FunctionName=user.name, Role=role, **FUNCTION)
    with pytest.raises(ClientError, match="execution role does not have permissions to call Del"):
        functions.create_event_source_mapping(FunctionName=user.name, EventSourceArn=source)


def test_the_ledger_names_statement_and_caller_of_what_was_let_through(user: User) -> None:
    resource = "arn:aws:sqs:*:*:*"
    user.may({"Sid": "Queues", **allow("sqs:CreateQueue", "sqs:GetQueueUrl", resource=resource)})
    user.client("sqs").create_queue(QueueName=user.name)
    with pytest.raises(ClientError, match="not authorized"):
        user.client("sqs").list_queues()
    shown = sandbox_aws.permissions(user.place.aws.port)
    used = [each for each in shown["used"] if each["by"] == user.arn]
    refused = [each["action"] for each in shown["refused"] if each["by"] == user.arn]
    assert used == [
        {"by": user.arn, "action": "sqs:CreateQueue", "sid": "Queues", "on": [resource], "times": 1}
    ]
    assert refused == ["sqs:ListQueues"]
