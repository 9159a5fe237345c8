"""Every example is accepted as it is, becomes true, and leaves what its policy says."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import yaml

from dataflowxpress.api.spec import KIND, DataPipelineSpec
from dataflowxpress.blueprint import artifacts
from dataflowxpress_sandbox.demo.leftovers import leftovers
from tests.e2e.conftest import User
from tests.sample import sampled

EXAMPLES = sorted(path.stem for path in artifacts.path("examples").glob("*.yaml"))
KEPT = {"Bucket", "Database", "Table"}


def documents(example: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(artifacts.path(f"examples/{example}.yaml").read_text()))


def pipeline(example: str) -> dict[str, Any]:
    return next(document for document in documents(example) if document["kind"] == KIND)


@pytest.mark.parametrize("example", sampled(EXAMPLES, {"complete", "minimal"}.__contains__))
def test_an_example_becomes_ready_and_goes_again(example: str, user: User) -> None:
    name = pipeline(example)["metadata"]["name"]
    before = set(leftovers(user.aws))
    user.apply(*documents(example))
    status = user.ready(name)
    assert all(line.state == "Ready" or line.kind == "Subscription" for line in status.resources)
    assert len(status.resources) >= 30
    user.gone(name)
    left = set(leftovers(user.aws)) - before
    assert {line.split()[0] for line in left} <= KEPT


def test_the_walk_through_gets_exactly_its_names(user: User) -> None:
    user.apply(*documents("serverless"))
    named = {(line.kind, line.name) for line in user.ready("serverless").resources}
    assert {
        ("Bucket", "serverlessgluelambdacloudwatch"),
        ("Function", "serverless_trigger_lambda"),
        ("Function", "triggergluejob"),
        ("Crawler", "serverlesstrigger"),
        ("Database", "demoglue"),
        ("Job", "serverlessgluejob"),
        ("Object", "csv_data/"),
        ("Object", "parquet_data/"),
    } <= named
    user.gone("serverless")


def test_the_complete_example_sets_every_field() -> None:
    text = artifacts.path("examples/complete.yaml").read_text()
    fields = set(_names(DataPipelineSpec))
    assert {name for name in fields if f"{name}:" not in text} <= {"inline", "s3Uri"}


def _names(model: Any) -> list[str]:
    names: list[str] = []
    for field in model.model_fields.values():
        names.append(field.alias)
        for inner in (field.annotation, *get_args(field.annotation)):
            if hasattr(inner, "model_fields"):
                names += _names(inner)
    return names
