"""The longest pipeline: each text that the operator sends fits into the limits of AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.blueprint import blueprint
from tests.contract.conftest import Pipeline

if TYPE_CHECKING:
    from tests.contract.conftest import Cloud

# Limits that AWS documents, and that botocore's models lack.
DOCUMENTED = {
    "Bucket": 63,
    "DisplayName": 100,  # of SNS
    "Key": 1024,  # of S3; a tag's key has a limit of its own
    "QueueName": 80,
    "TopicName": 256,
}
TAG_KEY, TAG_VALUE, TAGS = 128, 256, 50
ROLE_POLICIES = 10_240  # characters without white space, of all inline policies of a role
SUFFIX = "s" * 64
LONG = {"source": {"prefix": "in/" * 170, "suffix": SUFFIX}, "target": {"prefix": "o/" * 255}}
SPECS: dict[str, dict[str, Any]] = {
    "default": {},
    "tags": {"tags": {f"{n:0128}": "v" * 256 for n in range(40)}},
    "named": {
        "topic": {"name": "t" * 240},
        "job": {"name": "j" * 60},
        "crawler": {"name": "c" * 60},
        "functions": {
            each: {"name": f"{each}-{'f' * 40}"} for each in ("startCrawler", "startJob", "notify")
        },
    },
    "prefixes": LONG,
    "custom script": {"job": {"script": {"s3Uri": f"s3://code/{'x' * 800}.py"}}},
    "emails": {"notifications": {"emails": [f"{'a' * 60}@{'b' * 60}.example.com"]}},
    "folders": {"catalog": {"tables": "PerFolder"}, "source": {"format": "json"}},
}
Sent = tuple[Any, Mapping[str, Any]]  # the model of an operation, and its parameters


@pytest.fixture
def longest(cloud: Cloud, pipeline: Pipeline, name: str) -> Pipeline:
    """A pipeline with the longest namespace and the longest name that Kubernetes allows."""
    owner = f"{name:n<63}/{'p' * 253}"
    return Pipeline(cloud, replace(pipeline.scope, owner=owner, cluster="c" * 36, uid="u" * 36))


@pytest.fixture
def sent(cloud: Cloud) -> Iterator[list[Sent]]:
    """The requests of the operator."""
    calls: list[Sent] = []

    def note(params: Mapping[str, Any], model: Any, **_: Any) -> None:
        calls.append((model, params))

    services = ("s3", "sqs", "sns", "iam", "lambda", "glue", "events", "cloudwatch", "logs")
    for events in (cloud.client(service).meta.events for service in services):
        events.register("provide-client-params", note, unique_id=note)
    cloud.client("resourcegroupstaggingapi").meta.events.register(
        "provide-client-params", note, unique_id=note
    )
    yield calls
    for service in (*services, "resourcegroupstaggingapi"):
        cloud.client(service).meta.events.unregister("provide-client-params", unique_id=note)


def too_long(shape: Any, value: Any, where: str) -> Iterator[str]:
    """Yield the texts that are longer than the model or the documentation allows."""
    if shape.type_name == "structure":
        for name, inner in value.items():
            yield from too_long(shape.members[name], inner, f"{where}.{name}")
    elif shape.type_name == "list":
        for inner in value:
            yield from too_long(shape.member, inner, f"{where}[]")
    elif shape.type_name == "map":
        for name, inner in value.items():
            yield from too_long(shape.value, inner, f"{where}.{name}")
    elif isinstance(value, str):
        field = where.rpartition(".")[2]
        limit = min(shape.metadata.get("max", 1e9), DOCUMENTED.get(field, 1e9))
        if len(value) > limit:
            yield f"{where} has {len(value)} characters, more than {limit}"


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_the_longest_pipeline_fits_into_the_limits_of_aws(
    longest: Pipeline, sent: list[Sent], spec: dict[str, Any]
) -> None:
    wanted = blueprint(DataPipelineSpec.model_validate(spec), longest.scope)
    longest = replace(longest, scope=replace(longest.scope, tags=spec.get("tags", {})))
    longest.converge(wanted, [each.id for each in wanted])
    assert len({model.name for model, _ in sent}) > 30
    found = [
        each
        for model, params in sent
        for each in too_long(model.input_shape, params, f"{model.service_model}.{model.name}")
    ]
    assert found == []
    assert longest.differences(wanted) == []


def test_the_owner_tag_of_the_longest_pipeline_fits_and_differs_from_others(
    longest: Pipeline,
) -> None:
    tags = longest.scope.all_tags
    assert len(tags) <= TAGS
    assert all(len(key) <= TAG_KEY and len(value) <= TAG_VALUE for key, value in tags.items())
    sibling = replace(longest.scope, owner=f"{longest.scope.owner[:-1]}q")
    assert not sibling.owner_tags.owns(tags)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_the_policies_of_a_role_fit_into_the_limit_of_iam(
    longest: Pipeline, spec: dict[str, Any]
) -> None:
    for role in blueprint(DataPipelineSpec.model_validate(spec), longest.scope):
        if type(role).__name__ == "Role":
            document = json.dumps(role.desired()["Policy"], separators=(",", ":"))
            assert len(document) <= ROLE_POLICIES, role.name
