"""Services use roles, queues and topics only as the policies of these allow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from ministack.core.iam_evaluator import EvalContext, evaluate_trust_policy

from dataflowxpress.aws.resources import Role
from dataflowxpress.planning.resource import Scope
from dataflowxpress_sandbox.aws import ACCOUNT, REGION
from tests.sandbox.aws.conftest import allow, policy, unique
from tests.sandbox.aws.test_role_identity import create_function, invoke

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.aws.conftest import Place

LAMBDA = "lambda.amazonaws.com"
OWN = {"aws:SourceAccount": ACCOUNT}
WRITES = ["logs:CreateLogStream", "logs:PutLogEvents"]


def role_that_trusts(place: Place, service: str, **condition: Any) -> str:
    """Create a role that *service* can assume under *condition*; return its ARN."""
    role = place.role(service=service)
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        **({"Condition": condition} if condition else {}),
    }
    place.aws.client("iam").update_assume_role_policy(
        RoleName=role.rpartition("/")[2], PolicyDocument=policy(trust)
    )
    return role


def use(place: Place, service: str, role: str) -> None:
    """Let the service use the role."""
    if service == LAMBDA:
        create_function(place, role)
        return
    glue, name = place.aws.client("glue"), unique("crawler")
    targets = {"S3Targets": [{"Path": f"s3://{place.name}/data/"}]}
    glue.create_crawler(Name=name, Role=role, DatabaseName=place.name, Targets=targets)
    glue.start_crawler(Name=name)


@pytest.mark.parametrize("service", [LAMBDA, "glue.amazonaws.com"])
def test_a_service_that_sends_no_account_cannot_use_a_role_that_requires_one(
    place: Place, service: str
) -> None:
    with pytest.raises(ClientError, match="assume"):
        use(place, service, role_that_trusts(place, service, StringEquals=OWN))
    use(place, service, role_that_trusts(place, service, StringEqualsIfExists=OWN))


def test_a_function_needs_a_role_that_trusts_lambda(place: Place) -> None:
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        create_function(place, place.role(service="glue.amazonaws.com"))


@pytest.mark.parametrize(
    ("actions", "groups"), [(["logs:CreateLogGroup", *WRITES], 1), (WRITES, 0)]
)
def test_only_a_role_that_may_create_log_groups_brings_a_deleted_group_back(
    place: Place, actions: list[str], groups: int
) -> None:
    role = place.role(allow(*actions), service=LAMBDA)
    logs, group = place.aws.client("logs"), f"/of/{unique('group')}"
    function = create_function(place, role, LoggingConfig={"LogGroup": group})
    logs.create_log_group(logGroupName=group)
    logs.delete_log_group(logGroupName=group)
    assert invoke(place, function) == "done"
    assert len(logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]) == groups


@pytest.mark.parametrize(("account", "assumed"), [(ACCOUNT, True), ("999999999999", False)])
def test_the_role_of_a_pipeline_serves_its_own_account_alone(
    account: str, *, assumed: bool
) -> None:
    role = Role(Scope("a/b", ACCOUNT, REGION), "r", trusted=LAMBDA, grants=())
    service = EvalContext(
        principal_arn=f"arn:aws:iam::{account}:root",  # how ministack names a service
        principal_type="Service",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn=role.arn,
        region=REGION,
        service_context={"aws:sourceaccount": account},
    )
    document = role.desired()["AssumeRolePolicyDocument"]
    assert evaluate_trust_policy(document, service.principal_arn, service) is assumed


@pytest.fixture
def queue(place: Place) -> tuple[str, str]:
    """A queue without a policy: its URL and its ARN."""
    sqs = place.aws.client("sqs")
    url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    wanted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, wanted["Attributes"]["QueueArn"]


def admit(place: Place, queue: tuple[str, str], service: str, source: str) -> None:
    statement = {
        **allow("sqs:SendMessage", resource=queue[1]),
        "Principal": {"Service": service},
        "Condition": {"ArnEquals": {"aws:SourceArn": source}, "StringEquals": OWN},
    }
    place.aws.client("sqs").set_queue_attributes(
        QueueUrl=queue[0], Attributes={"Policy": policy(statement)}
    )


def bodies(place: Place, queue: tuple[str, str]) -> list[str]:
    found = place.aws.client("sqs").receive_message(QueueUrl=queue[0], VisibilityTimeout=0)
    return [each["Body"] for each in found.get("Messages", [])]


def test_a_rule_delivers_to_a_queue_that_admits_it(
    place: Place, queue: tuple[str, str], eventually: Callable[..., Any]
) -> None:
    events, source = place.aws.client("events"), unique("tests")
    pattern = json.dumps({"source": [source]})
    rule = events.put_rule(Name=place.name, EventPattern=pattern)["RuleArn"]
    events.put_targets(Rule=place.name, Targets=[{"Id": "queue", "Arn": queue[1]}])

    def send(number: int) -> None:
        entry = {"Source": source, "DetailType": "t", "Detail": json.dumps({"n": number})}
        events.put_events(Entries=[entry])

    send(1)
    admit(place, queue, "events.amazonaws.com", rule)
    send(2)
    [body] = eventually(lambda: bodies(place, queue))
    assert json.loads(body)["detail"] == {"n": 2}


def test_an_alarm_notifies_a_topic_that_admits_it(
    place: Place, queue: tuple[str, str], eventually: Callable[..., Any]
) -> None:
    sns, cloudwatch = place.aws.client("sns"), place.aws.client("cloudwatch")
    topic = sns.create_topic(Name=place.name)["TopicArn"]
    admit(place, queue, "sns.amazonaws.com", topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue[1])
    cloudwatch.put_metric_alarm(
        AlarmName=place.name,
        AlarmActions=[topic],
        Namespace="AWS/SQS",
        MetricName="Tests",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=1,
    )

    def fire(account: str, reason: str) -> None:
        statement = {
            **allow("sns:Publish", resource=topic),
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        }
        document = {"AttributeName": "Policy", "AttributeValue": policy(statement)}
        sns.set_topic_attributes(TopicArn=topic, **document)
        for state in ("OK", "ALARM"):
            cloudwatch.set_alarm_state(AlarmName=place.name, StateValue=state, StateReason=reason)

    fire("999999999999", "first")
    fire(ACCOUNT, "second")
    [body] = eventually(lambda: bodies(place, queue))
    assert "second" in body
