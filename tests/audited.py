"""An AWS account whose administrator has a trail, and the stack that sends changes to a queue."""

from __future__ import annotations

import json
from typing import Any

import boto3

from dataflowxpress.aws import change_stack
from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws import Aws

TRAIL = "all"
GLOBAL = "us-east-1"


def client(aws: Aws, service: str, region: str) -> Any:
    """Return a client of the account's root user for a region."""
    credentials = sandbox_aws.environment_of_root(aws)
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=aws.endpoint,
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
    )


def audit(aws: Aws) -> None:
    """Start a trail of all regions, and create the stack in the home region and in us-east-1."""
    trail = aws.client("cloudtrail")
    trail.create_trail(Name=TRAIL, S3BucketName="logs", IsMultiRegionTrail=True)
    for region, home in ((sandbox_aws.REGION, ""), (GLOBAL, sandbox_aws.REGION)):
        stacks = client(aws, "cloudformation", region)
        stacks.create_stack(
            StackName=change_stack.NAME,
            TemplateBody=change_stack.text(),
            Parameters=[{"ParameterKey": "HomeRegion", "ParameterValue": home}],
            Capabilities=["CAPABILITY_IAM"],
        )
        stacks.get_waiter("stack_create_complete").wait(
            StackName=change_stack.NAME, WaiterConfig={"Delay": 1}
        )
    trail.start_logging(Name=TRAIL)


def unaudit(aws: Aws) -> None:
    """Remove the trail and the stacks."""
    aws.client("cloudtrail").delete_trail(Name=TRAIL)
    for region in (GLOBAL, sandbox_aws.REGION):
        client(aws, "cloudformation", region).delete_stack(StackName=change_stack.NAME)


def bodies(aws: Aws) -> list[str]:
    """Return the messages that are in the queue of changes, and delete them."""
    sqs, found = aws.client("sqs"), list[str]()
    url = sqs.get_queue_url(QueueName=change_stack.NAME)["QueueUrl"]
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def events(aws: Aws) -> list[dict[str, Any]]:
    """Return the events that are in the queue of changes, and delete them."""
    return [json.loads(body) for body in bodies(aws)]
