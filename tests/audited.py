"""An AWS account whose administrator has a trail, and the stack that sends changes to a queue."""

from __future__ import annotations

import json
from typing import Any

from dataflowxpress.aws import change_stack
from dataflowxpress.aws.cloudtrail import ApiCall
from dataflowxpress.controller.coverage import Coverage
from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws import Aws

TRAIL = "all"
GLOBAL = "us-east-1"


def client(aws: Aws, service: str, region: str, account: str = sandbox_aws.ACCOUNT) -> Any:
    """Return a client of an account's root user for a region."""
    root = aws.environment(account, account)
    return aws.client(service, root, region=region)


def audit(aws: Aws, *admitted: str, **parameters: str) -> None:
    """Start a trail of all regions, and create the stack in the home region and in us-east-1.

    The stack in the home region admits the events of other accounts.
    """
    record(aws)
    create_stack(aws, sandbox_aws.REGION, Accounts=",".join(admitted), **parameters)
    create_stack(aws, GLOBAL, HomeRegion=sandbox_aws.REGION)


def join(aws: Aws, account: str) -> None:
    """Do the same in another account, which sends its events to the home region."""
    record(aws, account)
    home = {"HomeAccount": sandbox_aws.ACCOUNT, "HomeRegion": sandbox_aws.REGION}
    for region in (sandbox_aws.REGION, GLOBAL):
        create_stack(aws, region, account, **home)


def record(aws: Aws, account: str = sandbox_aws.ACCOUNT) -> None:
    """Start a trail of all regions in an account."""
    trail = client(aws, "cloudtrail", sandbox_aws.REGION, account)
    trail.create_trail(Name=TRAIL, S3BucketName="logs", IsMultiRegionTrail=True)
    trail.start_logging(Name=TRAIL)


def create_stack(
    aws: Aws, region: str, account: str = sandbox_aws.ACCOUNT, **parameters: str
) -> None:
    """Create the stack in a region of an account, and wait for it."""
    stacks = client(aws, "cloudformation", region, account)
    stacks.create_stack(
        StackName=change_stack.NAME,
        TemplateBody=change_stack.text(),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    created = stacks.get_waiter("stack_create_complete")
    created.wait(StackName=change_stack.NAME, WaiterConfig={"Delay": 1})


def unaudit(aws: Aws, *accounts: str) -> None:
    """Remove the trails and the stacks of accounts, by default of the home account."""
    for account in accounts or (sandbox_aws.ACCOUNT,):
        client(aws, "cloudtrail", sandbox_aws.REGION, account).delete_trail(Name=TRAIL)
        for region in (GLOBAL, sandbox_aws.REGION):
            stacks = client(aws, "cloudformation", region, account)
            stacks.delete_stack(StackName=change_stack.NAME)


def bodies(aws: Aws) -> list[str]:
    """Return the messages that are in the queue of changes, and delete them."""
    sqs, found = aws.client("sqs"), list[str]()
    url = sqs.get_queue_url(QueueName=change_stack.NAME)["QueueUrl"]
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def arrive(aws: Aws, coverage: Coverage) -> None:
    """Let the events in the queue of changes reach *coverage*."""
    for body in bodies(aws):
        coverage.observe(ApiCall.parse(body))


def events(aws: Aws) -> list[dict[str, Any]]:
    """Return the events that are in the queue of changes, and delete them."""
    return [json.loads(body) for body in bodies(aws)]
