"""The well-known walk-through, built by hand: the calls that the AWS command line makes for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dataflowxpress_sandbox.aws import ACCOUNT, REGION
from tests.contract.samples import archive

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws import Aws

ROLES = {"by-hand-lambda": "lambda", "by-hand-glue": "glue"}
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
STARTS_CRAWLER, STARTS_JOB = "serverless_trigger_lambda", "triggergluejob"
HANDLER = "import boto3\n\ndef lambda_handler(event, context):\n    boto3.client('glue').{call}\n"


def build(aws: Aws, bucket: str) -> None:
    """Build all of it in an account."""
    _bucket(aws, bucket)
    _roles(aws)
    _crawler_and_job(aws, bucket)
    _function(aws, STARTS_CRAWLER, "start_crawler(Name='serverlesstrigger')")
    _function(aws, STARTS_JOB, "start_job_run(JobName='serverlessgluejob')")
    _calls_for_each_object(aws, bucket)
    _rules(aws)


def _arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def _bucket(aws: Aws, name: str) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in ("csv_data/", "parquet_data/"):
        s3.put_object(Bucket=name, Key=key)
    s3.put_object(Bucket=name, Key="scripts/job.py", Body=b'print("to Parquet")\n')


def _roles(aws: Aws) -> None:
    """Create roles that may do everything, as walk-throughs have them."""
    iam = aws.client("iam")
    for name, service in ROLES.items():
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        iam.attach_role_policy(RoleName=name, PolicyArn=ADMINISTRATOR)


def _crawler_and_job(aws: Aws, bucket: str) -> None:
    glue = aws.client("glue")
    glue.create_database(DatabaseInput={"Name": "demoglue"})
    glue.create_crawler(
        Name="serverlesstrigger",
        Role="by-hand-glue",
        DatabaseName="demoglue",
        Targets={"S3Targets": [{"Path": f"s3://{bucket}/csv_data/"}]},
    )
    script = f"s3://{bucket}/scripts/job.py"
    glue.create_job(
        Name="serverlessgluejob",
        Role="by-hand-glue",
        GlueVersion="4.0",
        WorkerType="G.1X",
        NumberOfWorkers=10,
        Command={"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": script},
    )


def _function(aws: Aws, name: str, call: str) -> None:
    code = archive(HANDLER.format(call=call), "lambda_function.py")
    client = aws.client("lambda")
    client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Code={"ZipFile": code},
        Handler="lambda_function.lambda_handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/by-hand-lambda",
    )
    client.get_waiter("function_active_v2").wait(FunctionName=name)


def _calls_for_each_object(aws: Aws, bucket: str) -> None:
    """Have S3 call a function for every new object, its own Parquet too."""
    function = _arn("lambda", f"function:{STARTS_CRAWLER}")
    _admit(aws, STARTS_CRAWLER, "s3", f"arn:aws:s3:::{bucket}")
    rule = {"Id": "by-hand", "Events": ["s3:ObjectCreated:*"], "LambdaFunctionArn": function}
    aws.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [rule]}
    )


def _rules(aws: Aws) -> None:
    """Have a function called after each crawl, and the end of each run mailed."""
    sns, topic = aws.client("sns"), _arn("sns", "by-hand-news")
    sns.create_topic(Name="by-hand-news")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="data-team@example.com")
    crawled = {"crawlerName": ["serverlesstrigger"], "state": ["Succeeded"]}
    _rule(aws, "by-hand-crawled", "Crawler", crawled, _arn("lambda", f"function:{STARTS_JOB}"))
    _admit(aws, STARTS_JOB, "events", _arn("events", "rule/by-hand-crawled"))
    _rule(aws, "by-hand-run-ended", "Job", {"jobName": ["serverlessgluejob"]}, topic)


def _admit(aws: Aws, function: str, service: str, source: str) -> None:
    aws.client("lambda").add_permission(
        FunctionName=function,
        StatementId=service,
        Action="lambda:InvokeFunction",
        Principal=f"{service}.amazonaws.com",
        SourceArn=source,
    )


def _rule(aws: Aws, name: str, of: str, detail: dict[str, list[str]], target: str) -> None:
    events = aws.client("events")
    pattern = {"source": ["aws.glue"], "detail-type": [f"Glue {of} State Change"], "detail": detail}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": target}])
