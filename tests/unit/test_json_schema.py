"""JSON schema: an editor accepts each example, and marks a mistake at its field."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from typer.testing import CliRunner

from dataflowxpress.api import json_schema
from dataflowxpress.api.document import document_mistakes
from dataflowxpress.api.spec import KIND
from dataflowxpress.cli.app import app

ROOT = Path(__file__).parents[2]
VALIDATOR = Draft7Validator(json_schema.schema())
VALID = {
    "apiVersion": "dataflowxpress.io/v1alpha1",
    "kind": "DataPipeline",
    "metadata": {"name": "orders"},
    "spec": {"source": {"columns": [{"name": "id", "type": "bigint"}]}},
}


def pipelines() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted((ROOT / "examples").glob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            if document["kind"] == KIND:
                yield file.name, document


EXAMPLES = dict(pipelines())


def with_value(path: str, value: Any) -> dict[str, Any]:
    """Return a valid manifest with *value* at *path*."""
    document: Any = copy.deepcopy(VALID)
    *parents, last = path.split(".")
    place = document
    for step in parents:
        place = place[int(step)] if step.isdigit() else place.setdefault(step, {})
    place[last] = value
    return dict(document)


def test_the_committed_file_is_what_the_models_generate_and_the_command_prints() -> None:
    committed = (ROOT / "schemas/datapipeline.json").read_text()
    assert committed == json_schema.document(), "run: make crd"
    assert CliRunner().invoke(app, ["schema"]).stdout == committed


def test_it_is_a_valid_schema() -> None:
    Draft7Validator.check_schema(json_schema.schema())


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_example_is_valid(name: str) -> None:
    assert not [error.message for error in VALIDATOR.iter_errors(EXAMPLES[name])]


def test_a_manifest_from_a_cluster_is_valid() -> None:
    metadata = {"name": "orders", "uid": "1", "generation": 2, "creationTimestamp": "2026-01-01"}
    stored = {**VALID, "metadata": metadata, "status": {"observedGeneration": 2}}
    assert VALIDATOR.is_valid(stored)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("apiVersion", "dataflowxpress.io/v1"),
        ("kind", "Pipeline"),
        ("metadata.name", "A_b"),
        ("metadata.namespace", ""),
        ("metadata.labels", {"team": 1}),
        ("spec.suspend", "yes"),
        ("spec.bucket.name", "Bad_Bucket"),
        ("spec.deletionPolicy", "Keep"),
        ("spec.source.prefix", "in"),
        ("spec.source.columns.0.type", "integer"),
        ("spec.source.columns.0.required", 1),
        ("spec.job.timeoutMinutes", 0),
        ("spec.tags", {"team": 1}),
    ],
)
def test_a_wrong_value_is_marked_at_its_field(path: str, value: Any) -> None:
    [error] = VALIDATOR.iter_errors(with_value(path, value))
    found = ".".join(map(str, error.absolute_path))
    assert found == path or found.startswith(f"{path}.")


@pytest.mark.parametrize(
    ("path", "parent"),
    [
        ("spce", ""),
        ("spec.buckets", "spec"),
        ("spec.source.delimeter", "spec.source"),
        ("spec.source.columns.0.nmae", "spec.source.columns.0"),
    ],
)
def test_an_unknown_field_is_marked(path: str, parent: str) -> None:
    [error] = VALIDATOR.iter_errors(with_value(path, "x"))
    assert ".".join(map(str, error.absolute_path)) == parent
    assert path.rpartition(".")[2] in error.message


def test_a_missing_name_is_marked() -> None:
    document = {**VALID, "metadata": {}}
    assert [error.message for error in VALIDATOR.iter_errors(document)] == [
        "'name' is a required property"
    ]
    assert [*document_mistakes(document)]
