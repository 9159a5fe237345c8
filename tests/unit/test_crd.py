"""CRD: structural, described, and as the spec says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataflowxpress.api import crd
from dataflowxpress.api.spec.model import SpecModel, ValidationRule
from dataflowxpress.blueprint import artifacts

ROOT = crd.definition()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
SPEC = ROOT["properties"]["spec"]


def fields(
    schema: dict[str, Any], path: str = "spec", *, in_list: bool = False
) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Yield path, schema, and whether it is inside a list, of everything below *schema*."""
    for name, child in schema.get("properties", {}).items():
        yield f"{path}.{name}", child, in_list
        yield from fields(child, f"{path}.{name}", in_list=in_list)
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield f"{path}[]", schema[key], True
            yield from fields(schema[key], f"{path}[]", in_list=True)


def test_the_committed_file_is_what_the_spec_generates() -> None:
    assert artifacts.path("crds/datapipelines.yaml").read_text() == crd.manifest(), "run: make crd"


def test_the_chart_carries_the_same_file() -> None:
    copy = Path(__file__).parents[2] / "charts/dataflowxpress/files/datapipelines.yaml"
    assert copy.read_text() == crd.manifest(), "run: make crd"


def test_every_field_of_the_spec_is_described() -> None:
    bare = [path for path, schema, _ in fields(SPEC) if not path.endswith("[]")]
    described = [path for path, schema, _ in fields(SPEC) if "description" in schema]
    assert set(bare) <= set(described)


def test_the_schema_is_structural() -> None:
    forbidden = {"$ref", "anyOf", "allOf", "oneOf", "patternProperties", "title", "const"}
    for path, schema, _ in fields(ROOT, ""):
        assert not forbidden & schema.keys(), path
        assert "type" in schema, path


def test_defaults_stand_on_scalars_and_objects_only_and_never_inside_lists() -> None:
    for path, schema, in_list in fields(SPEC):
        if "default" in schema:
            assert not in_list, path
            assert schema["type"] != "array", path


def test_the_status_has_no_defaults() -> None:
    status = ROOT["properties"]["status"]
    assert [path for path, schema, _ in fields(status, "status") if "default" in schema] == []


def test_text_and_lists_are_bounded_so_that_rules_stay_cheap() -> None:
    for path, schema, _ in fields(SPEC):
        if schema["type"] == "string":
            assert "maxLength" in schema or "enum" in schema, path
        if schema["type"] == "array":
            assert "maxItems" in schema, path


def test_it_is_small_enough_for_client_side_apply() -> None:
    assert len(crd.manifest()) < 262_144 / 3


@pytest.mark.parametrize("rule", ["bucket", "job"])
def test_rules_of_a_part_are_on_that_part(rule: str) -> None:
    assert SPEC["properties"][rule]["x-kubernetes-validations"]


def test_a_field_with_the_name_of_a_part_has_no_rule_of_it() -> None:
    class Lake(SpecModel):
        VALIDATION_RULES = (ValidationRule("no", cel="false"),)

        name: str

    class Copies(SpecModel):
        lake: str
        original: Lake

    properties = crd.structural(Copies)["properties"]
    assert "x-kubernetes-validations" in properties["original"]
    assert "x-kubernetes-validations" not in properties["lake"]


def test_it_is_yaml_that_kubernetes_can_read() -> None:
    assert yaml.safe_load(crd.manifest())["spec"]["names"]["shortNames"] == ["dp"]


def test_no_field_is_named_by_a_word_that_yaml_takes_for_a_boolean() -> None:
    named = {path.rpartition(".")[2] for path, _, _ in fields(ROOT, "")}
    assert not named & {"on", "off", "yes", "no", "y", "n", "true", "false"}
