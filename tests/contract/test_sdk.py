"""The Python API: plan, apply, observe and delete a pipeline on AWS, without a cluster."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from typer.testing import CliRunner

from dataflowxpress import (
    Bucket,
    Crawler,
    DataPipeline,
    DataPipelineSpec,
    Failure,
    Incomplete,
    PlanChanged,
    apply,
    delete,
    plan,
    status,
)
from dataflowxpress.api.annotations import PAUSED, PLAN
from dataflowxpress.aws.clients import clients_of
from dataflowxpress.cli.app import app
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.contract.conftest import mutations

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.serving import RunningAws


@pytest.fixture
def session(
    aws: RunningAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[boto3.Session]:
    """A profile with the operator's rights; the environment alone reaches no AWS."""
    given = sandbox_aws.operator_environment(aws.port)
    for name in (*given, "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "config"
    names = ("endpoint_url", "region", "access_key_id", "secret_access_key")
    lines = (f"{'aws_' * ('key' in n)}{n} = {given[f'AWS_{n.upper()}']}" for n in names)
    config.write_text("\n".join(["[profile lake]", *lines]))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    yield boto3.Session(profile_name="lake")
    clients_of.cache_clear()


@pytest.fixture
def pipeline(session: boto3.Session) -> Iterator[DataPipeline]:
    """A pipeline that does not exist yet."""
    name = f"sdk-{uuid.uuid4().hex[:8]}"
    spec = DataPipelineSpec(bucket=Bucket(name=name), deletion_policy="Delete")
    made = DataPipeline(name=name, namespace="data", spec=spec)
    yield made
    delete(made, session=session)


def changed(pipeline: DataPipeline, crawler: str) -> DataPipeline:
    spec = DataPipelineSpec(
        bucket=pipeline.spec.bucket, deletion_policy="Delete", crawler=Crawler(name=crawler)
    )
    return DataPipeline(name=pipeline.name, namespace=pipeline.namespace, spec=spec)


def annotated(pipeline: DataPipeline, annotation: str) -> DataPipeline:
    return pipeline.model_copy(update={"annotations": {annotation: "true"}})


def calls_of(session: boto3.Session) -> list[str]:
    """Return a list that gets the names of the calls of *session*'s clients."""
    made: list[str] = []
    for service in ("s3", "sqs", "iam", "glue", "lambda", "events", "sns"):
        client = clients_of(session)(None, None)(service)
        client.meta.events.register("before-call", lambda model, **_: made.append(model.name))
    return made


def test_a_pipeline_from_python_is_planned_applied_observed_and_deleted(
    aws: RunningAws, session: boto3.Session, pipeline: DataPipeline
) -> None:
    first = plan(pipeline, session=session)
    assert first.has_changes
    assert {step.action for step in first.steps} == {"create"}
    assert f"data-{pipeline.name}" not in aws.client("glue").list_crawlers()["CrawlerNames"]

    applied = apply(pipeline, session=session)
    assert applied.holds("Ready")
    assert {each.id for each in applied.resources} == {(s.kind, s.key) for s in first.steps}
    assert f"data-{pipeline.name}" in aws.client("glue").list_crawlers()["CrawlerNames"]
    observed = status(pipeline, session=session)
    assert observed.data is not None
    assert (observed.data.objects, observed.data.waiting) == (0, 0)

    delete(pipeline, session=session)
    assert {step.action for step in plan(pipeline, session=session).steps} == {"create"}
    with pytest.raises(Failure, match="has no record"):
        status(pipeline, session=session)


def test_an_applied_pipeline_has_an_empty_plan_and_applying_it_again_writes_nothing(
    session: boto3.Session, pipeline: DataPipeline
) -> None:
    apply(pipeline, session=session)
    again = plan(pipeline, session=session)
    assert not again.has_changes
    assert str(again) == f"Nothing to do: {len(again.steps)} resources are as specified."
    made = calls_of(session)
    assert apply(again, session=session).holds("Ready")
    assert made
    assert not mutations(made)


@pytest.mark.extended
def test_python_and_the_command_line_share_plans_and_records(
    aws: RunningAws,
    session: boto3.Session,
    pipeline: DataPipeline,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text(pipeline.to_yaml())
    found = plan(pipeline, session=session)
    for name, value in sandbox_aws.operator_environment(aws.port).items():
        monkeypatch.setenv(name, value)
    printed = CliRunner().invoke(app, ["plan", "-f", str(file)])
    assert printed.stdout.rstrip("\n").splitlines() == str(found).splitlines()
    written = CliRunner().invoke(app, ["plan", "-f", str(file), "-o", "json"])
    assert json.loads(written.stdout) == found.as_json()

    apply(found, session=session)
    again = CliRunner().invoke(app, ["plan", "-f", str(file)])
    assert again.exit_code == 0, again.output
    removed = CliRunner().invoke(app, ["delete", "-f", str(file), "--yes"])
    assert removed.exit_code == 0, removed.output


def test_a_plan_that_aws_has_outrun_is_not_applied(
    session: boto3.Session, pipeline: DataPipeline
) -> None:
    apply(pipeline, session=session)
    outrun = plan(changed(pipeline, f"{pipeline.name}-one"), session=session)
    apply(changed(pipeline, f"{pipeline.name}-two"), session=session)
    with pytest.raises(PlanChanged, match="nothing was applied"):
        apply(outrun, session=session)
    reviewed = plan(changed(pipeline, f"{pipeline.name}-one"), session=session)
    assert apply(reviewed, session=session).holds("Ready")
    assert not plan(reviewed.pipeline, session=session).has_changes


def test_a_resource_of_somebody_else_is_refused_with_the_status(
    aws: RunningAws, session: boto3.Session, pipeline: DataPipeline
) -> None:
    sns, topic = aws.client("sns"), f"data-{pipeline.name}"
    arn = sns.create_topic(Name=topic)["TopicArn"]
    refused = plan(pipeline, session=session).refused
    assert [(step.kind, step.name) for step in refused] == [("Topic", topic)]
    with pytest.raises(Incomplete, match="is not Ready") as error:
        apply(pipeline, session=session)
    assert topic in error.value.why
    assert {each.name for each in error.value.status.resources if each.state == "Refused"} == {
        topic
    }
    sns.delete_topic(TopicArn=arn)
    assert apply(pipeline, session=session).holds("Ready")


@pytest.mark.extended
def test_the_status_of_a_changed_pipeline_does_not_apply_the_change(
    session: boto3.Session, pipeline: DataPipeline
) -> None:
    apply(pipeline, session=session)
    later = changed(pipeline, f"{pipeline.name}-later")
    made = calls_of(session)
    status(later, session=session)
    assert made
    assert not mutations(made)
    assert plan(later, session=session).has_changes


@pytest.mark.extended
def test_a_held_pipeline_is_planned_and_apply_says_which_annotation_holds_it(
    session: boto3.Session, pipeline: DataPipeline
) -> None:
    applied = apply(pipeline, session=session)
    made = calls_of(session)
    for annotation in (PAUSED, PLAN):
        held = annotated(changed(pipeline, f"{pipeline.name}-held"), annotation)
        found = plan(held, session=session)
        assert found.has_changes
        for wanted in (held, found):
            with pytest.raises(Failure, match=annotation) as error:
                apply(wanted, session=session)
            assert error.value.fix == f"remove {annotation} from metadata.annotations"
    assert not mutations(made)
    assert status(pipeline, session=session).applied_generation == applied.applied_generation


@pytest.mark.extended
def test_a_paused_pipeline_is_not_deleted_and_one_that_holds_its_plan_is(
    aws: RunningAws, session: boto3.Session, pipeline: DataPipeline
) -> None:
    apply(pipeline, session=session)
    with pytest.raises(Failure, match=PAUSED):
        delete(annotated(pipeline, PAUSED), session=session)
    assert plan(pipeline, session=session).summary.startswith("Nothing to do")
    delete(annotated(pipeline, PLAN), session=session)
    assert f"data-{pipeline.name}" not in aws.client("glue").list_crawlers()["CrawlerNames"]


def test_a_suspended_pipeline_is_applied_and_its_queue_keeps_uploads(
    aws: RunningAws, session: boto3.Session, pipeline: DataPipeline
) -> None:
    spec = pipeline.spec.model_copy(update={"suspend": True})
    assert apply(pipeline.model_copy(update={"spec": spec}), session=session).holds("Ready")
    mappings = aws.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    own = {m["State"] for m in mappings if f"data-{pipeline.name}-uploads" in m["EventSourceArn"]}
    assert own == {"Disabled"}


def test_apply_corrects_drift_that_a_cluster_would_only_report(
    aws: RunningAws, session: boto3.Session, pipeline: DataPipeline
) -> None:
    spec = pipeline.spec.model_copy(update={"drift_policy": "Report"})
    reported = pipeline.model_copy(update={"spec": spec})
    apply(reported, session=session)
    topic = f"arn:aws:sns:{session.region_name}:000000000000:data-{pipeline.name}"
    aws.client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="DisplayName", AttributeValue="theirs"
    )
    assert plan(reported, session=session).has_changes
    assert apply(reported, session=session).holds("Ready")
    assert not plan(reported, session=session).has_changes
