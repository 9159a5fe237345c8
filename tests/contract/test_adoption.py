"""Adoption: the walk-through's pipeline, built by hand, is taken over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.blueprint import artifacts, blueprint
from dataflowxpress.planning.step import Action
from tests.contract.by_hand import build
from tests.contract.conftest import Cloud, Pipeline, scope_of

if TYPE_CHECKING:
    from dataflowxpress.planning.resource import Resource
    from dataflowxpress_sandbox.aws.serving import RunningAws

CRAWLER = "Crawler/serverlesstrigger"
BUILT = {  # what the walk-through names
    "Bucket/serverlessgluelambdacloudwatch",
    "Crawler/serverlesstrigger",
    "Database/demoglue",
    "Function/serverless_trigger_lambda",
    "Function/triggergluejob",
    "Job/serverlessgluejob",
}


@pytest.fixture
def built(own_aws: RunningAws) -> Pipeline:
    """An account in which somebody has built the walk-through by hand."""
    build(own_aws, example().bucket.name or "")
    return Pipeline(Cloud(own_aws), scope_of("default/serverless"))


def example() -> DataPipelineSpec:
    documents = yaml.safe_load_all(artifacts.path("examples/serverless.yaml").read_text())
    return DataPipelineSpec.model_validate(next(documents)["spec"])


def described(pipeline: Pipeline) -> list[Resource]:
    return blueprint(example(), pipeline.scope)


def test_what_was_built_by_hand_is_refused_by_name_then_adopted_and_refused_to_others(
    built: Pipeline,
) -> None:
    steps = built.engine.plan(built.scope, described(built))
    refused = {str(step.id): step.reason for step in steps if step.reason}
    assert refused.keys() == {*BUILT, "Notification/default-serverless"}
    children = [step for step in steps if step.action is Action.REFUSE and not step.reason]
    assert all(", which is refused" in step.refusal.message for step in children)
    fields = {"Bucket": "spec.bucket.adopt", "Database": "spec.catalog.adopt"}
    for name in BUILT:
        field = fields.get(name.partition("/")[0], "spec.adopt")
        assert f"belongs to no pipeline: set {field} to adopt it" in refused[name]
    assert "overlaps with by-hand" in refused["Notification/default-serverless"]

    adopting = replace(built, scope=replace(built.scope, adopt=True))
    wanted = described(adopting)
    steps = adopting.engine.plan(adopting.scope, wanted)
    changed = {str(step.id): step for step in steps}
    updated = {name for name, step in changed.items() if step.action is Action.UPDATE}
    markers = {"Object/csv_data/", "Object/parquet_data/"}  # without checksums
    assert updated == BUILT - {CRAWLER} | markers
    assert not {Action.REFUSE, Action.DELETE} & {step.action for step in steps}
    # It has classified objects with other classifiers.
    replaced = {name for name, step in changed.items() if step.action is Action.REPLACE}
    assert replaced == {CRAWLER}
    assert "GlueVersion" in changed["Job/serverlessgluejob"].changed
    assert "Rule by-hand" in changed["Notification/default-serverless"].changed

    adopting.converge(wanted)
    assert adopting.differences(wanted) == []

    # Nothing is asked for any more: what was adopted is ours, and stays so.
    assert built.differences(described(built)) == []
    s3 = built.cloud.others("s3")
    rules = s3.get_bucket_notification_configuration(Bucket=example().bucket.name)
    assert rules.get("LambdaFunctionConfigurations", []) == []
    assert "scripts/job.py" in {
        item["Key"] for item in s3.list_objects_v2(Bucket=example().bucket.name)["Contents"]
    }

    other = Pipeline(built.cloud, replace(scope_of("team-b/serverless"), adopt=True))
    steps = other.engine.plan(other.scope, described(other))
    refused = {str(step.id): step.reason for step in steps if step.action is Action.REFUSE}
    assert refused.keys() >= BUILT
    assert all("belongs to pipeline default/serverless" in refused[name] for name in BUILT)


IN_CLUSTER: dict[str, Any] = {"cluster": "1111-of-kube-system", "uid": "aaaa"}


@pytest.fixture
def living(pipeline: Pipeline) -> Pipeline:
    """A pipeline that an operator in a cluster has made."""
    made = replace(pipeline, scope=replace(pipeline.scope, **IN_CLUSTER))
    made.converge(derived(made))
    return made


def derived(pipeline: Pipeline) -> list[Resource]:
    return blueprint(DataPipelineSpec(), pipeline.scope)


def test_a_pipeline_that_was_deleted_and_made_anew_takes_its_own_back(living: Pipeline) -> None:
    anew = replace(living, scope=replace(living.scope, uid="bbbb"))
    steps = anew.engine.plan(anew.scope, derived(anew))
    tagged = {step.id for step in steps if step.resource and step.resource.arn_format}
    assert {step.id for step in steps if step.action is Action.UPDATE} == tagged
    assert {step.id for step in steps if step.action is Action.KEEP} == {
        step.id for step in steps
    } - tagged
    assert {part for step in steps for part in step.changed} == {"Tags"}
    anew.converge(derived(anew))
    assert anew.differences(derived(anew)) == []


def test_the_same_names_in_another_cluster_are_refused_until_the_pipeline_is_moved(
    living: Pipeline,
) -> None:
    elsewhere = replace(living, scope=replace(living.scope, cluster="2222-of-kube-system"))
    steps = elsewhere.engine.plan(elsewhere.scope, derived(elsewhere))
    tagged = [step for step in steps if step.resource and step.resource.arn_format]
    assert {step.action for step in tagged} == {Action.REFUSE}
    home = "cluster 1111-of-kube-system"
    fix = f"of {home}: if {home} no longer manages it, set spec.adopt"
    assert [s.reason for s in tagged if fix not in s.reason] == []

    moving = replace(elsewhere, scope=replace(elsewhere.scope, adopt=True))
    moving.converge(derived(moving))
    assert elsewhere.differences(derived(elsewhere)) == []
    refused = living.engine.plan(living.scope, derived(living))
    assert {s.action for s in refused if s.resource and s.resource.arn_format} == {Action.REFUSE}
