"""Field walk: every field of the spec can change on a live pipeline, or says why it cannot."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from kubernetes.client import ApiException

from dataflowxpress.api import crd
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws import key_policy
from dataflowxpress.planning.naming import Names
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.sample import sampled
from tests.walks.conftest import Life, World

Schema = Mapping[str, Any]
SCHEMA = crd.structural(DataPipelineSpec)
SCRIPTS = "field-walk-scripts"

pytestmark = pytest.mark.long

# What no schema can know: a value that means something, for each field that takes any text.
TEXTS: dict[str, Any] = {
    "accountId": sandbox_aws.ACCOUNT,
    "bucket.accessLogs.bucket": "{logs}",
    "bucket.accessLogs.prefix": "requests/",
    "bucket.kmsKeyArn": f"arn:aws:kms:eu-west-1:{sandbox_aws.ACCOUNT}:key/11111111-2222",
    "bucket.name": "another-bucket",
    "catalog.database": "field_walk_{id}",
    "catalog.tablePrefix": "raw_",
    "crawler.name": "field-walk-crawler-{id}",
    "encryption.kmsKeyArn": "{key}",
    "functions.startCrawler.name": "field-walk-start-crawler-{id}",
    "functions.startJob.name": "field-walk-start-job-{id}",
    "functions.notify.name": "field-walk-notify-{id}",
    "job.arguments": {"--threshold": "3"},
    "job.name": "field-walk-job-{id}",
    "job.script.configMapKeyRef.key": "job.py",
    "job.script.configMapKeyRef.name": SCRIPTS,
    "job.script.inline": "print('mine')",
    "job.script.s3Uri": "s3://field-walk-scripts/job.py",
    "job.secretArguments": {
        "--token": f"arn:aws:secretsmanager:eu-west-1:{sandbox_aws.ACCOUNT}:secret:token-AbCdEf"
    },
    "network.connection": "vpc",
    "network.securityGroupIds": ["{group}"],
    "network.subnetIds": ["{subnet}"],
    "notifications.emails": ["ann@example.com"],
    "region": "us-east-1",
    "resyncInterval": "1h",
    "roleArn": f"arn:aws:iam::{sandbox_aws.ACCOUNT}:role/dataflowxpress-elsewhere-{{id}}",
    "source.columns": [{"name": "day", "from": "Tag", "type": "date", "format": "dd.MM.yyyy"}],
    "source.csv.comment": "#",
    "source.csv.delimiter": "\\t",
    "source.csv.escape": "\\",
    "source.csv.nullValues": ["NULL"],
    "source.fixedWidth.fields": [{"name": "id", "width": 8}],
    "source.json.recordPath": "data.items",
    "source.prefix": "incoming/orders/",
    "source.suffix": ".csv",
    "source.xml.rowTag": "order",
    "tags": {"cost-center": "4711"},
    "target.partitionBy": ["year"],
    "target.prefix": "lake/",
    "target.write.keys": ["id"],
    "target.write.latestBy": "changed",
    "topic.name": "field-walk-topic-{id}",
    "trigger.schedule": "rate(12 hours)",
    "trigger.timeZone": "Europe/Berlin",
}
BESIDE = {  # options that only one format has
    "source.fixedWidth": {"format": "fixedWidth"},
    "source.json": {"format": "json"},
    "source.xml": {"format": "xml"},
}
IMMUTABLE = {
    "bucket.name": "the name of the bucket cannot change; create a new DataPipeline",
    "region": "the region cannot change; create a new DataPipeline",
}
NOTHING_IN_AWS = {  # fields that say how the operator works, not what there is
    "adopt",
    "accountId",
    "bucket.adopt",
    "catalog.adopt",
    "deleteAdopted",
    "deletionPolicy",
    "driftPolicy",
    "resyncInterval",
    "roleArn",
}
MADE: dict[str, dict[str, str]] = {}  # by pipeline: what an administrator made for it
FORGOTTEN = "notifications.emails"  # who has not confirmed cannot be removed: SNS forgets them
RENAMED = {  # how the new one comes, and how the old one goes
    "crawler.name": ("CreateCrawler", "DeleteCrawler"),
    "functions.startCrawler.name": ("CreateFunction", "DeleteFunction"),
    "functions.startJob.name": ("CreateFunction", "DeleteFunction"),
    "functions.notify.name": ("CreateFunction", "DeleteFunction"),
    "job.name": ("CreateJob", "DeleteJob"),
    "topic.name": ("CreateTopic", "DeleteTopic"),
}


def flatten_changes(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield every field that holds a value, with its schema."""
    for name, inner in schema["properties"].items():
        where = f"{path}.{name}" if path else name
        if "properties" in inner:
            yield from flatten_changes(inner, where)
        else:
            yield where, inner


FIELDS = dict(flatten_changes(SCHEMA))


def another(path: str) -> Any:
    """Return a value other than the default."""
    schema = FIELDS[path]
    options = schema.get("enum") or schema.get("items", {}).get("enum")
    if options:
        other = next(option for option in options if option != schema.get("default"))
        return [other] if schema["type"] == "array" else other
    if schema["type"] == "boolean":
        return not schema["default"]
    if schema["type"] == "integer":
        return schema["default"] + (1 if schema["default"] < schema["maximum"] else -1)
    return TEXTS[path]


def with_field(spec: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return *spec* with the field changed, and what must stand beside it."""
    changed = copy.deepcopy(dict(spec))
    *parents, last = path.split(".")
    place, schema = changed, SCHEMA
    for parent in parents:
        place, schema = place.setdefault(parent, {}), schema["properties"][parent]
    place[last] = another(path)
    if path == "job.secretArguments":
        changed["job"]["script"] = {"inline": "print('mine')"}
    if path in {"trigger.onUpload", "trigger.timeZone"}:
        place["schedule"] = another("trigger.schedule")
    if path == "encryption.glueSecurityConfiguration":
        place["kmsKeyArn"] = another("encryption.kmsKeyArn")
    if path in {"network.subnetIds", "network.securityGroupIds"}:
        ids = ("subnetIds", "securityGroupIds")
        place.update({each: another(f"network.{each}") for each in ids})
    if path.startswith("target.write"):
        write = {"mode": "Upsert", "keys": ["id"], "latestBy": "changed"}
        changed["target"]["write"] = write | changed["target"]["write"]
    if path.startswith(("target.format", "target.iceberg", "target.write")):
        changed.setdefault("target", {}).update({"format": "Iceberg", "prefix": "lake/"})
        changed.setdefault("job", {})["glueVersion"] = "5.1"
    changed.get("source", {}).update(BESIDE.get(".".join(parents), {}))
    for needed in schema.get("required", ()):
        place[needed] = another(".".join([*parents, needed]))
    return changed


def _for(life: Life, value: Any) -> Any:
    """Make names the test's own: some are shared by all pipelines of an account."""
    if isinstance(value, dict):
        return {key: _for(life, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_for(life, inner) for inner in value]
    if not isinstance(value, str):
        return value
    for name, made in {"{id}": life.name, **MADE.get(life.name, {})}.items():
        value = value.replace(name, made)
    return value


@pytest.fixture(scope="module")
def live(world: World) -> Iterator[Life]:
    """A pipeline with data: a file, and a table that somebody may be querying."""
    life = Life(world, f"fields-{uuid.uuid4().hex[:8]}".replace("-", "x"))
    world.config_map(SCRIPTS, **{"job.py": "print('mine')"})
    world.role_elsewhere(f"dataflowxpress-elsewhere-{life.name}")
    statements = key_policy.statements("aws", sandbox_aws.ACCOUNT, sandbox_aws.REGION)
    subnet, group = world.subnet()
    MADE[life.name] = {"{key}": world.key(*statements), "{subnet}": subnet, "{group}": group}
    MADE[life.name] |= {"{logs}": world.log_bucket()}
    life.create({"deletionPolicy": "Delete"})
    life.converge()
    table = {"Name": "csv_data"}
    world.admin("glue").create_table(DatabaseName=_names(life).database(), TableInput=table)
    world.admin("s3").put_object(Bucket=_names(life).bucket(), Key="csv_data/a.csv", Body=b"a\n1\n")
    yield life
    life.change({"deletionPolicy": "Delete"})
    life.delete()
    life.end()
    assert life.owned() == set()


def _names(life: Life) -> Names:
    return Names(life.owner, sandbox_aws.ACCOUNT)


def test_every_text_is_for_a_field() -> None:
    assert TEXTS.keys() <= FIELDS.keys()
    assert IMMUTABLE.keys() | NOTHING_IN_AWS | RENAMED.keys() <= FIELDS.keys()


@pytest.mark.parametrize("path", sampled(FIELDS, IMMUTABLE.__contains__))
def test_a_field_changes_and_changes_back(live: Life, path: str) -> None:
    wire = live.world.wire
    before = {"deletionPolicy": "Delete"}
    changed = _for(live, with_field(before, path))
    if path in IMMUTABLE:
        with pytest.raises(ApiException, match=IMMUTABLE[path]):
            live.change(changed)
        return
    if live.spec != before:  # the field before this one failed
        live.change(before)
        live.converge()
    for spec in (changed, before):
        wire.restart()
        live.change(spec)
        live.converge()
        if (path, spec) != (FORGOTTEN, before):
            assert bool(wire.writes) == (path not in NOTHING_IN_AWS), wire.writes
        if path in RENAMED:
            _made_before_the_old_one_went(wire.writes, *RENAMED[path])
        _nothing_is_lost_or_left(live)


def _made_before_the_old_one_went(writes: list[str], create: str, delete: str) -> None:
    operations = [call.split()[0] for call in writes]
    assert operations.count(create) == operations.count(delete) == 1
    assert operations.index(create) < operations.index(delete)


def _nothing_is_lost_or_left(live: Life) -> None:
    s3, glue = live.world.admin("s3"), live.world.admin("glue")
    assert s3.head_object(Bucket=_names(live).bucket(), Key="csv_data/a.csv")
    assert glue.get_table(DatabaseName=_names(live).database(), Name="csv_data")
    assert live.owned() <= {line.arn for line in live.status.resources}
