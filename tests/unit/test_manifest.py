"""Manifest: which pipeline a file means, and what is wrong with it otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataflowxpress.cli.failures import Failure
from dataflowxpress.standalone.manifest import Manifest

HEAD = "apiVersion: dataflowxpress.io/v1alpha1\nkind: DataPipeline\n"
ORDERS = f"{HEAD}metadata: {{name: orders, namespace: data}}\nspec: {{}}\n"
RETURNS = f"{HEAD}metadata: {{name: returns}}\nspec: {{}}\n"
SCRIPT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: script}\ndata: {job.py: print()}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pipeline.yaml"


def test_a_pipeline_is_known_by_the_names_in_its_file(file: Path) -> None:
    file.write_text(ORDERS)
    assert Manifest.load(file, "", "").key == ("data", "orders")


@pytest.mark.parametrize(("asked", "namespace"), [("", "default"), ("data", "data")])
def test_where_the_file_names_no_namespace_the_command_or_the_default_does(
    file: Path, asked: str, namespace: str
) -> None:
    file.write_text(RETURNS)
    assert Manifest.load(file, "", asked).key == (namespace, "returns")


def test_of_several_pipelines_one_is_named(file: Path) -> None:
    file.write_text(f"{ORDERS}---\n{RETURNS}")
    assert Manifest.load(file, "returns", "").key == ("default", "returns")
    with pytest.raises(Failure, match="give a NAME of orders, returns"):
        Manifest.load(file, "", "")


def test_a_script_is_found_in_the_same_file(file: Path) -> None:
    file.write_text(f"{SCRIPT}---\n{RETURNS}")
    manifest = Manifest.load(file, "", "")
    assert manifest.config_map_value("default", "script", "job.py") == "print()"
    assert manifest.config_map_value("default", "script", "other.py") is None
    assert manifest.config_map_value("elsewhere", "script", "job.py") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no DataPipeline in this file"),
        (SCRIPT, "no DataPipeline in this file"),
        ("a: b: c", "not valid YAML\n  Why: line 1, column 5: mapping values are not allowed here"),
        ("a: \0", "not valid YAML\n  Why: position 3: special characters are not allowed"),
        (RETURNS.replace("v1alpha1", "v1"), "use dataflowxpress.io/v1alpha1"),
        (RETURNS.replace("returns", "Returns!"), 'metadata.name: "Returns!" is invalid'),
        (RETURNS.replace("name: returns", ""), 'metadata.name: "" is invalid'),
        (RETURNS.replace("name: returns", "name: 7"), "metadata.name: 7 is not text; put it in"),
        (RETURNS.replace("{name: returns}", "returns"), "metadata: is not a mapping; use one"),
        (ORDERS, "metadata.namespace: data is not other"),
    ],
    ids=[
        "empty",
        "other kinds",
        "two colons",
        "control",
        "version",
        "no name for a cluster",
        "no name",
        "a number as a name",
        "a text as metadata",
        "namespace",
    ],
)
def test_what_a_cluster_would_refuse_is_refused_with_the_field(
    file: Path, text: str, words: str
) -> None:
    file.write_text(text)
    with pytest.raises(Failure, match=r".*") as refusal:
        Manifest.load(file, "", "other")
    assert str(refusal.value).startswith(f"{file}: ")
    assert words in str(refusal.value)
    assert not {"none", '"<unicode'} & set(str(refusal.value).split())


def test_all_mistakes_of_a_file_are_named_at_once(file: Path) -> None:
    spec = "{suspend: perhaps, source: {prefix: in}}"
    file.write_text(ORDERS.replace("v1alpha1", "v1").replace("spec: {}", f"spec: {spec}"))
    with pytest.raises(Failure, match="4 mistakes") as refusal:
        Manifest.load(file, "", "other")
    head, *lines, page = str(refusal.value).splitlines()
    assert head == f"{file}: 4 mistakes:"
    assert page.startswith("  See: docs/first-pipeline.md")
    fields = ["apiVersion", "metadata.namespace", "spec.source.prefix", "spec.suspend"]
    assert [line.strip().partition(":")[0] for line in lines] == fields


def test_a_changed_spec_is_another_generation_and_the_same_spec_the_same(file: Path) -> None:
    file.write_text(RETURNS)
    first, again = (Manifest.load(file, "", "") for _ in range(2))
    file.write_text(RETURNS.replace("spec: {}", "spec: {suspend: true}"))
    changed = Manifest.load(file, "", "")
    generations = [each.generation for each in (first, again, changed)]
    assert generations[0] == generations[1] != generations[2]
