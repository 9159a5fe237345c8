"""Each alert fires after its fault, and clears after the fix."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from dataflowxpress.aws import change_stack
from dataflowxpress_sandbox import aws, processes
from dataflowxpress_sandbox.aws import mail
from tests.audited import GLOBAL, audit, unaudit
from tests.observability.conftest import Watched
from tests.observability.prometheus import alerts

MANY = 40  # pipelines: more than the operator has threads
BAD_ROWS = "name,age\nAda,36,too,many\nEdsger,72\n"


def test_every_alert_is_tested_here() -> None:
    here = Path(__file__).read_text()
    assert [alert for alert in alerts() if f'"{alert}"' not in here] == []


def test_a_missing_operator_fires_an_alert(watched: Watched) -> None:
    watched.operator.stop()
    watched.prometheus.fires("DataFlowXpressDown")
    watched.operator.start()
    watched.prometheus.clears("DataFlowXpressDown")


def test_a_refused_pipeline_fires_until_it_is_fixed(watched: Watched) -> None:
    s3 = watched.user.aws("s3")
    place = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="other-team-data", CreateBucketConfiguration=place)
    watched.user.pipeline("refused", bucket={"name": "other-team-data"})
    watched.prometheus.fires("DataPipelineStalled", name="refused")
    watched.prometheus.fires("DataPipelineNotReady", name="refused")
    s3.delete_bucket(Bucket="other-team-data")
    watched.compare("refused")
    watched.prometheus.clears("DataPipelineStalled", name="refused")
    watched.prometheus.clears("DataPipelineNotReady", name="refused")
    watched.user.gone("refused")


def test_reported_drift_fires_until_it_is_corrected(watched: Watched) -> None:
    watched.user.pipeline("drifted", driftPolicy="Report")
    rule = next(x.name for x in watched.user.ready("drifted").resources if x.kind == "Rule")
    watched.user.aws("events").put_rule(Name=rule, EventPattern='{"source": ["aws.glue"]}')
    watched.compare("drifted")
    watched.prometheus.fires("DataPipelineDrifted", name="drifted")
    watched.user.pipeline("drifted", driftPolicy="Correct")
    watched.prometheus.clears("DataPipelineDrifted", name="drifted")
    watched.user.gone("drifted")


def test_an_unconfirmed_subscription_fires_an_alert(watched: Watched, flow: str) -> None:
    watched.prometheus.fires("DataPipelineSubscriptionUnconfirmed", name=flow)
    mail.confirm(watched.user.directory, "reader@example.com")
    watched.compare(flow)
    watched.prometheus.clears("DataPipelineSubscriptionUnconfirmed", name=flow)


def test_a_failed_run_and_waiting_uploads_fire_alerts(watched: Watched, flow: str) -> None:
    with watched.faults.during("kill", "s3:GetObject", caller="*/GlueJobRunnerSession"):
        watched.upload(flow, "second.csv", "name,age\nAlan,41\n")
        watched.prometheus.fires("DataPipelineRunFailed", name=flow)
        watched.prometheus.fires("DataPipelineUploadsWaiting", name=flow)
    watched.annotate(flow, **{"run-requested-at": "after the fix"})
    watched.prometheus.clears("DataPipelineRunFailed", name=flow)
    watched.prometheus.clears("DataPipelineUploadsWaiting", name=flow)
    watched.current(flow)


def test_rejected_rows_fire_an_alert_for_some_time(watched: Watched, flow: str) -> None:
    watched.upload(flow, "third.csv", BAD_ROWS)
    watched.prometheus.fires("DataPipelineRowsRejected", name=flow)
    watched.prometheus.clears("DataPipelineRowsRejected", name=flow)
    watched.current(flow)


def test_a_refused_object_fires_until_it_is_replaced(watched: Watched, flow: str) -> None:
    watched.upload(flow, "fourth.csv", "name,age\n\x00\x01\x02,1\n")
    watched.prometheus.fires("DataPipelineObjectsRefused", name=flow)
    watched.upload(flow, "fourth.csv", "name,age\nGrace,85\n")
    watched.prometheus.clears("DataPipelineObjectsRefused", name=flow)
    watched.current(flow)


def test_dead_letters_fire_until_their_queue_is_empty(watched: Watched, flow: str) -> None:
    dead = watched.queue(flow, "-dead")
    sqs = watched.user.aws("sqs")
    sqs.send_message(QueueUrl=dead, MessageBody="not a valid message")
    watched.prometheus.fires("DataPipelineDeadLetters", name=flow)
    sqs.purge_queue(QueueUrl=dead)
    watched.prometheus.clears("DataPipelineDeadLetters", name=flow)


def test_throttled_calls_fire_an_alert(watched: Watched, flow: str) -> None:
    with watched.faults.during("throttle", "glue:GetJobRuns", caller="*:user/*"):
        watched.compare(flow)
        watched.prometheus.fires("DataFlowXpressAWSThrottled", service="glue")
    watched.prometheus.clears("DataFlowXpressAWSThrottled", service="glue")
    watched.current(flow)


def test_denied_calls_fire_an_alert(watched: Watched, flow: str) -> None:
    denied = {"caller": "*:user/*", "error": "AccessDenied"}
    with watched.faults.during("fail", "glue:GetJobRuns", **denied):
        watched.prometheus.fires("DataFlowXpressAWSDenied", operation="GetJobRuns")
    watched.prometheus.clears("DataFlowXpressAWSDenied", operation="GetJobRuns")
    watched.current(flow)


def test_missing_events_of_changes_fire_until_the_stack_exists(watched: Watched) -> None:
    cloud = watched.cloud
    watched.operator.stop()
    watched.operator.start(options=("--change-queue", change_stack.NAME))
    watched.prometheus.fires(
        "DataFlowXpressChangeEventsMissing", account=aws.ACCOUNT, region=GLOBAL
    )
    policy = json.dumps(change_stack.policy())
    cloud.client("iam").put_user_policy(
        UserName=aws.OPERATOR, PolicyName="changes", PolicyDocument=policy
    )
    audit(cloud)
    watched.operator.stop()  # its next probe would be in ten minutes
    watched.operator.start(options=("--change-queue", change_stack.NAME))
    watched.prometheus.clears(
        "DataFlowXpressChangeEventsMissing", account=aws.ACCOUNT, region=GLOBAL
    )
    watched.operator.stop()
    unaudit(cloud)
    watched.operator.start()


def test_an_unexpected_error_fires_an_alert(watched: Watched, flow: str) -> None:
    known = watched.user.get(flow)["status"]["resources"]
    watched.write_status(flow, resources=[{**known[0], "key": []}, *known[1:]])
    watched.compare(flow)
    watched.prometheus.fires("DataFlowXpressCrashes")
    watched.write_status(flow, resources=known)
    watched.compare(flow)
    watched.prometheus.clears("DataFlowXpressCrashes")
    watched.current(flow)


def test_pipelines_that_wait_in_the_queue_fire_an_alert(watched: Watched) -> None:
    names = [f"waiting-{number}" for number in range(MANY)]
    for name in names:
        watched.user.pipeline(
            name, accountId="999999999999"
        )  # refused immediately, without resources
    watched.user.wait(names[-1], lambda status: status["Stalled"] is not None, 60, "seen")
    watched.operator.stop()
    cloud = processes.find(watched.user.directory)["aws"]
    environment = watched.operator.environment()
    os.kill(cloud.pid, signal.SIGSTOP)  # AWS calls now hang
    try:
        watched.operator.start(environment)
        watched.prometheus.fires("DataFlowXpressBacklog")
    finally:
        os.kill(cloud.pid, signal.SIGCONT)
    watched.prometheus.clears("DataFlowXpressBacklog")
    for name in names:
        watched.user.gone(name, 180)  # the operator first retries the calls that hung


def test_an_unreachable_aws_fires_an_alert(watched: Watched, flow: str) -> None:
    processes.stop(watched.user.directory, {"aws"})
    watched.prometheus.fires("DataFlowXpressAWSUnreachable", service="s3")
    watched.user.sandbox.up()  # starts with an empty AWS
    watched.operator.stop()
    watched.operator.start()
    watched.compare(flow)
    watched.prometheus.clears("DataFlowXpressAWSUnreachable", service="s3")
    watched.user.ready(flow, 60)
