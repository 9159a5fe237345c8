"""The Python API: its surface, its model of a manifest, and the messages for mistakes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import dataflowxpress
from dataflowxpress import (
    Bucket,
    ConfigMapKeyRef,
    DataPipeline,
    DataPipelineSpec,
    DeclaredColumn,
    Error,
    Failure,
    InvalidSpec,
    Job,
    Script,
    Source,
    Target,
    plan,
    sdk,
)
from dataflowxpress.api.document import as_stored
from dataflowxpress.api.spec import KIND, SpecModel
from tools.website import python_api

ROOT = Path(__file__).parents[2]
HEAD = f"apiVersion: dataflowxpress.io/v1alpha1\nkind: {KIND}\n"
ORDERS = f"{HEAD}metadata: {{name: orders}}\nspec: {{bucket: {{name: orders-lake}}}}\n"
RETURNS = ORDERS.replace("orders", "returns")
EXAMPLES = [
    pytest.param(document, id=file.name)
    for file in sorted((ROOT / "examples").glob("*.yaml"))
    for document in yaml.safe_load_all(file.read_text())
    if document["kind"] == KIND
]


def test_the_public_surface_changes_only_on_purpose() -> None:
    recorded = (ROOT / "tests/unit/public_api.txt").read_text().splitlines()
    assert [*python_api.surface()] == recorded, "describe it in the changelog; make public-api"


def test_all_parts_of_a_spec_are_public() -> None:
    spec = DataPipelineSpec.__module__.rpartition(".")[0]
    parts = {each.__name__ for each in SpecModel.__subclasses__() if spec in each.__module__}
    assert parts <= {*dataflowxpress.__all__}, "export it in sdk/__init__.py"


def test_the_package_has_the_names_of_its_sdk_and_no_others() -> None:
    assert dataflowxpress.__all__ == sdk.__all__
    assert dataflowxpress.DataPipeline is sdk.DataPipeline
    assert {*dataflowxpress.__all__} <= {*dir(dataflowxpress)}
    with pytest.raises(AttributeError, match="no attribute 'aplpy'"):
        dataflowxpress.aplpy  # noqa: B018 - the access is the test


def test_an_import_of_the_package_loads_no_library() -> None:
    program = "import sys, dataflowxpress; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],  # without what site-packages load by themselves
        env={"PYTHONPATH": str(ROOT / "operator")},
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = done.stdout.split()
    libraries = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names
    assert libraries == {"__main__", "dataflowxpress"}
    assert [name for name in loaded if name.startswith("dataflowxpress")] == ["dataflowxpress"]


@pytest.mark.parametrize("document", EXAMPLES)
def test_a_manifest_survives_python_unchanged(document: dict[str, Any]) -> None:
    pipeline = DataPipeline.from_manifest(document)
    assert DataPipeline.from_yaml(pipeline.to_yaml()) == pipeline
    written = pipeline.to_manifest()
    assert written["spec"] == (document.get("spec") or {})
    assert (
        as_stored(written)["metadata"]["generation"]
        == (
            as_stored(document)["metadata"]["generation"]  # no drift, and no conversion again
        )
    )


def test_a_pipeline_from_python_is_written_with_the_names_of_a_manifest() -> None:
    pipeline = DataPipeline(
        name="orders",
        labels={"team": "sales"},
        spec=DataPipelineSpec(
            deletion_policy="Delete",
            source=Source(columns=(DeclaredColumn(name="id", type="bigint", source="ID"),)),
        ),
    )
    assert yaml.safe_load(pipeline.to_yaml()) == {
        "apiVersion": "dataflowxpress.io/v1alpha1",
        "kind": KIND,
        "metadata": {"name": "orders", "namespace": "default", "labels": {"team": "sales"}},
        "spec": {
            "deletionPolicy": "Delete",
            "source": {"columns": [{"name": "id", "type": "bigint", "from": "ID"}]},
        },
    }


def test_what_only_a_cluster_sets_is_left_out() -> None:
    stored = yaml.safe_load(ORDERS)
    stored["metadata"] |= {"uid": "1", "generation": 3, "namespace": "data"}
    pipeline = DataPipeline.from_manifest({**stored, "status": {"observedGeneration": 3}})
    assert pipeline.to_manifest()["metadata"] == {"name": "orders", "namespace": "data"}


def test_of_several_pipelines_in_a_file_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "pipelines.yaml"
    file.write_text(f"{ORDERS}---\n{RETURNS}")
    assert DataPipeline.load(file, "returns").spec.bucket.name == "returns-lake"
    with pytest.raises(Failure, match="give a NAME of orders, returns"):
        DataPipeline.load(file)


NAMED = "with a letter or digit at both ends"
BUCKET = f'bucket.name: "Bad_Bucket" has capitals and "_"; use a-z, 0-9, "." and "-", {NAMED}'
MISSPELLED: dict[str, Any] = {"prefix": 1, "compresion": "gzip"}
NESTED = (
    '"a/b/" is invalid: source.prefix and target.prefix must be neither equal nor one inside the'
    " other: the pipeline would convert its own Parquet; choose two separate folders"
)


@pytest.mark.parametrize(
    ("make", "messages"),
    [
        (lambda: Bucket(name="Bad_Bucket"), [BUCKET.replace("b", "B", 1)]),
        (
            lambda: DataPipeline.from_yaml(ORDERS.replace("orders-lake", "Bad_Bucket")),
            [f"spec.{BUCKET}"],
        ),
        (
            lambda: DataPipeline(name="Orders"),
            [f'DataPipeline.name: "Orders" has capitals; use a-z, 0-9, "-" and ".", {NAMED}'],
        ),
        (
            lambda: Source(**MISSPELLED),
            [
                "Source.prefix: 1 is not text; put it in quotes",
                "Source.compresion: unknown field; use compression",
            ],
        ),
        (
            lambda: DataPipelineSpec(source=Source(prefix="a/"), target=Target(prefix="a/b/")),
            [f"DataPipelineSpec.target.prefix: {NESTED}"],
        ),
    ],
    ids=["a part", "YAML", "a name", "several", "a rule across parts"],
)
def test_a_mistake_has_the_words_of_the_command_line(make: Any, messages: list[str]) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        make()
    assert [*refusal.value.mistakes] == messages
    assert isinstance(refusal.value, Error)


def test_a_script_in_a_config_map_is_refused_before_any_call_to_aws() -> None:
    script = Script(config_map_key_ref=ConfigMapKeyRef(name="scripts", key="job.py"))
    pipeline = DataPipeline(name="orders", spec=DataPipelineSpec(job=Job(script=script)))
    with pytest.raises(Failure, match="configMapKeyRef: scripts is in a cluster") as refusal:
        plan(pipeline)
    assert "Script(inline=...)" in refusal.value.fix
