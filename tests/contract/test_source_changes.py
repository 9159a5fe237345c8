"""Changes of the source on an emulated AWS: classifiers, plans, runs and the status that follow."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from dataflowxpress.api.errors import InvalidSpec
from dataflowxpress.api.pipeline import Pipeline as Body
from dataflowxpress.api.spec import GROUP, KIND, VERSION, DataPipelineSpec
from dataflowxpress.aws.resources import Classifier, Queue
from dataflowxpress.blueprint import blueprint
from dataflowxpress.controller.reconciler import Reconciler
from dataflowxpress.controller.result import Result
from dataflowxpress.controller.tenancy import OPEN
from dataflowxpress.standalone.manifest import Manifest
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.contract.conftest import Cloud, Pipeline, scope_of
from tests.fresh_clients import fresh_clients

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dataflowxpress_sandbox.aws.serving import RunningAws

FORMS = {
    "CsvClassifier": {"csv": {"delimiter": "||"}},
    "JsonClassifier": {"format": "json", "json": {"multiLine": True, "recordPath": "data.items"}},
    "XMLClassifier": {"format": "xml", "xml": {"rowTag": "order"}},
    "GrokClassifier": {
        "format": "fixedWidth",
        "fixedWidth": {"fields": [{"name": "id", "width": 5}, {"name": "city", "width": 20}]},
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_the_classifier_of_each_format_converges_and_is_corrected(
    aws: RunningAws, form: str
) -> None:
    pipeline = Pipeline(Cloud(aws), scope_of(f"default/{form.lower()}"))
    spec = DataPipelineSpec.model_validate({"source": FORMS[form]})
    wanted = [each for each in blueprint(spec, pipeline.scope) if isinstance(each, Classifier)]
    (classifier,) = wanted
    pipeline.converge(wanted)
    assert pipeline.differences(wanted) == []
    glue = pipeline.others_client(classifier)
    name, settings = classifier.name, dict(classifier.settings)
    assert settings.items() <= glue.get_classifier(Name=name)["Classifier"][form].items()

    text = next(
        key for key in ("GrokPattern", "RowTag", "JsonPath", "Delimiter") if key in settings
    )
    glue.update_classifier(**{form: {"Name": name, **settings, text: "x"}})
    assert len(pipeline.differences(wanted)) == 1
    pipeline.converge(wanted, [classifier.id])
    assert pipeline.differences(wanted) == []


class Described:
    """A suspended pipeline in a manifest: messages stay in their queues."""

    def __init__(self, aws: RunningAws, folder: Path) -> None:
        self.aws, self.name = aws, f"source-{uuid.uuid4().hex[:8]}"
        self.file = folder / f"{self.name}.yaml"

    def describe(self, **spec: Any) -> None:
        """Write the manifest."""
        head = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND, "metadata": {"name": self.name}}
        always = {"bucket": {"name": self.name}, "suspend": True}
        self.file.write_text(yaml.safe_dump({**head, "spec": {**always, **spec}}))

    @property
    def manifest(self) -> Manifest:
        return Manifest.load(self.file, "", "")

    def reconcile(self) -> Result:
        manifest = self.manifest
        result = Reconciler(manifest, tenant_policy=OPEN).reconcile(*manifest.key)
        assert result
        assert result.status.holds("Ready"), result.status["Ready"]
        return result

    def effects(self) -> list[str]:
        manifest = self.manifest
        target = manifest.pipeline(*manifest.key)
        reconciler = Reconciler(manifest, tenant_policy=OPEN)
        assert target
        body = Body(target)
        return reconciler.effects(body, reconciler.plan(body))

    def convert(self, **reasons: str | None) -> None:
        """Upload objects, and record them as a run does; a reason means that one has no row."""
        s3, objects = self.aws.client("s3"), []
        for name, reason in reasons.items():
            key = f"csv_data/{name}.csv"
            etag = s3.put_object(Bucket=self.name, Key=key, Body=b"id\n1\n")["ETag"].strip('"')
            rows = 0 if reason else 1
            counts = {"read": rows, "rows": rows, "rejected": 0, "reason": reason}
            objects.append({"key": key, "etag": etag, **counts})
        manifest = {"run": "jr_1", "waiting": [], "objects": objects}
        where = "dataflowxpress/manifests/0000000001.json"
        s3.put_object(Bucket=self.name, Key=where, Body=json.dumps(manifest).encode())

    def requested_runs(self, result: Result) -> int:
        """Return the messages in the queue that starts the job."""
        (name,) = (
            line.name
            for line in result.status.resources
            if line.kind == Queue.__name__ and line.name.endswith("-crawls")
        )
        sqs = self.aws.client("sqs")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"])


@pytest.fixture
def described(
    aws: RunningAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Described]:
    one = Described(aws, tmp_path)
    with fresh_clients(monkeypatch, sandbox_aws.operator_environment(aws.port)):
        yield one
        one.describe(deletionPolicy="Delete")
        manifest = one.manifest.is_deleting()
        Reconciler(manifest, tenant_policy=OPEN).delete(*manifest.key)


def test_a_change_of_the_source_is_planned_with_its_objects_and_requests_a_run(
    described: Described,
) -> None:
    described.describe()
    described.reconcile()
    described.convert(a=None, b=None, bad="not CSV: binary data")

    described.describe(source={"csv": {"delimiter": ";"}})
    assert described.effects() == ["changes how files are read: 2 objects will be converted again"]
    assert described.requested_runs(described.reconcile()) == 1
    assert described.effects() == []
    assert described.requested_runs(described.reconcile()) == 1

    described.describe(
        source={"csv": {"delimiter": ";"}}, catalog={"schema": {"typeChanges": "Reject"}}
    )
    assert described.effects() == []
    assert described.requested_runs(described.reconcile()) == 1


def test_the_status_names_refused_objects_until_they_are_deleted(described: Described) -> None:
    described.describe()
    described.reconcile()
    described.convert(a=None, bad="not CSV: binary data")
    result = described.reconcile()
    assert result.status.data
    assert [each.key for each in result.status.data.refused_objects] == ["csv_data/bad.csv"]
    condition = result.status["DataCurrent"]
    assert condition
    assert (condition.status, condition.reason) == ("False", "ObjectsRefused")

    described.aws.client("s3").delete_object(Bucket=described.name, Key="csv_data/bad.csv")
    assert described.reconcile().status.holds("DataCurrent")


def test_folders_of_an_unknown_column_are_reported_before_any_run_fails(
    described: Described,
) -> None:
    described.describe(target={"partitionBy": ["yaer"]})
    result = described.reconcile()
    assert result.status.holds("DataCurrent")

    (database,) = (line.name for line in result.status.resources if line.kind == "Database")
    storage = {
        "Location": f"s3://{described.name}/csv_data/",
        "Columns": [{"Name": "id", "Type": "bigint"}, {"Name": "year", "Type": "bigint"}],
    }
    table = {"Name": "csv_data", "StorageDescriptor": storage}
    described.aws.client("glue").create_table(DatabaseName=database, TableInput=table)
    fault = "spec.target.partitionBy: the table csv_data has no column yaer; use one of id, year"
    assert described.effects() == [fault]
    condition = described.reconcile().status["DataCurrent"]
    assert condition
    assert (condition.reason, condition.message) == ("UnknownPartition", fault)


ICEBERG: dict[str, Any] = {"job": {"glueVersion": "5.1"}}
LAKE: dict[str, Any] = {"format": "Iceberg", "prefix": "lake/"}
UPSERT = {"mode": "Upsert", "keys": ["id"], "latestBy": "at"}


def test_a_plan_says_what_a_new_format_means_for_all_objects_and_for_the_old_tables(
    described: Described,
) -> None:
    described.describe()
    described.reconcile()
    described.convert(a=None, b=None)

    described.describe(target=LAKE, **ICEBERG)
    assert described.effects() == [
        "changes how rows are written: 2 objects will be converted again",
        "the format changes to Iceberg: the rows go to tables ending in _iceberg, in lake/",
        "a table ending in _parquet leaves the catalog when its last row has moved",
    ]
    assert described.requested_runs(described.reconcile()) == 1
    described.describe(target={"prefix": "again/"})
    _, moved, kept = described.effects()
    assert moved.endswith("the rows go to tables ending in _parquet, in again/")
    assert "the tables ending in _iceberg stay" in kept


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        ({}, [({"format": "Iceberg"}, "spec.target.format")]),
        (
            LAKE,
            [
                ({"prefix": "lake/"}, "spec.target.format"),
                ({**LAKE, "prefix": "other/"}, "spec.target.prefix"),
                ({**LAKE, "write": UPSERT}, "spec.target.write"),
            ],
        ),
    ],
    ids=["from Parquet", "from Iceberg"],
)
def test_a_manifest_is_refused_too_if_its_tables_cannot_follow_it(
    described: Described, before: dict[str, Any], changes: list[tuple[dict[str, Any], str]]
) -> None:
    described.describe(target=before, **ICEBERG)
    described.reconcile()
    for after, field in changes:
        described.describe(target=after, **ICEBERG)
        with pytest.raises(InvalidSpec, match=f"{field}: "):
            described.effects()
        manifest = described.manifest
        result = Reconciler(manifest, tenant_policy=OPEN).reconcile(*manifest.key)
        assert result
        ready = result.status["Ready"]
        assert ready
        assert (ready.status, ready.reason) == ("False", "InvalidSpec")
        assert field in ready.message


def test_a_format_that_somebody_changed_in_the_job_is_drift_and_is_corrected(
    described: Described,
) -> None:
    described.describe()
    result = described.reconcile()
    (name,) = (line.name for line in result.status.resources if line.kind == "Job")
    glue = described.aws.client("glue")
    have = glue.get_job(JobName=name)["Job"]
    kept = ("Role", "Command", "DefaultArguments", "GlueVersion", "WorkerType", "NumberOfWorkers")
    update = {key: have[key] for key in kept}
    update["DefaultArguments"] |= {"--table_format": "Iceberg"}
    glue.update_job(JobName=name, JobUpdate=update)
    described.reconcile()
    assert "--table_format" not in glue.get_job(JobName=name)["Job"]["DefaultArguments"]


def test_the_status_has_iceberg_tables_while_the_format_is_iceberg(described: Described) -> None:
    described.describe(target=LAKE, **ICEBERG)
    described.reconcile()
    totals = {"files": 3, "bytes": 90, "rows": 40}
    staged = [{"table": "orders_iceberg", "totals": totals}]
    manifest = {"run": "jr_1", "waiting": [], "objects": [], "staged": staged}
    key = "dataflowxpress/manifests/0000000001.json"
    described.aws.client("s3").put_object(
        Bucket=described.name, Key=key, Body=json.dumps(manifest).encode()
    )
    data = described.reconcile().status.data
    assert data
    assert [(each.name, each.format, each.rows) for each in data.tables] == [
        ("orders", "Iceberg", 40),
    ]

    described.describe(target={"prefix": "again/"})
    data = described.reconcile().status.data
    assert data
    assert (data.tables, data.table_count) == ((), 0), "a user can delete them now"
