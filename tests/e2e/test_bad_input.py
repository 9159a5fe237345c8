"""What cannot work is refused at once, with the field and the fix."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes.client import ApiException

from tests.e2e.conftest import User

REFUSED = {
    "no number": ({"job": {"workers": "many"}}, "spec.job.workers"),
    "too few workers": ({"job": {"workers": 1}}, "greater than or equal to 2"),
    "a bucket name with capitals": ({"bucket": {"name": "Orders"}}, "spec.bucket.name"),
    "an unknown format": ({"source": {"format": "xlsx"}}, '"csv", "json", "parquet"'),
    "an unknown field": ({"job": {"wrkers": 3}}, "wrkers"),
    "equal prefixes": (
        {"source": {"prefix": "x/"}, "target": {"prefix": "x/"}},
        "neither equal nor one inside the other",
    ),
    "a source in the reserved folder": (
        {"source": {"prefix": "dataflowxpress/a/"}},
        "spec.source.prefix",
    ),
    "a target in the reserved folder": (
        {"target": {"prefix": "dataflowxpress/a/"}},
        "spec.target.prefix",
    ),
    "a long key of a tag": ({"tags": {"x" * 129: "y"}}, "use at most 128"),
    "two scripts": ({"job": {"script": {"inline": "x", "s3Uri": "s3://b/k.py"}}}, "at most one of"),
    "FLEX on large workers": (
        {"job": {"executionClass": "FLEX", "workerType": "G.8X"}},
        "FLEX runs on G.1X and G.2X only",
    ),
    "the packaged script on an old Glue version": (
        {"job": {"glueVersion": "4.0"}},
        "use 5.0 or 5.1, or set job.script",
    ),
    "a delimiter of nine characters": (
        {"source": {"csv": {"delimiter": "|" * 9}}},
        "spec.source.csv.delimiter",
    ),
    "options of another format": (
        {"source": {"format": "json", "csv": {"delimiter": ";"}}},
        "for files of format csv only",
    ),
    "null values of another format": (
        {"source": {"format": "json", "csv": {"nullValues": ["x"]}}},
        "for files of format csv only",
    ),
    "XML without a row": ({"source": {"format": "xml"}}, "set source.xml.rowTag"),
    "fixed width without fields": (
        {"source": {"format": "fixedWidth"}},
        "set source.fixedWidth.fields",
    ),
    "fields that no classifier can hold": (
        {
            "source": {
                "format": "fixedWidth",
                "fixedWidth": {
                    "fields": [{"name": f"{'x' * 200}{n}", "width": 1} for n in range(10)]
                },
            }
        },
        "the limit of Glue's classifiers",
    ),
    "an encoding for Parquet": (
        {"source": {"format": "parquet", "encoding": "utf-16"}},
        "remove source.encoding",
    ),
    "a doubled quote as escape": (
        {"source": {"csv": {"escape": '"'}}},
        "a doubled quote needs no escape",
    ),
    "a comment like a delimiter": (
        {"source": {"csv": {"delimiter": "#", "comment": "#"}}},
        "choose a comment",
    ),
    "a column twice": (
        {"source": {"columns": [{"name": "a"}, {"name": "a"}]}},
        'duplicate entries for key [name="a"]',
    ),
    "an unknown type": (
        {"source": {"columns": [{"name": "a", "type": "number"}]}},
        "spec.source.columns[0].type",
    ),
    "a format for a number": (
        {"source": {"columns": [{"name": "a", "type": "int", "format": "dd"}]}},
        "a format is for dates and times only",
    ),
    "a decimal sign for text": (
        {"source": {"columns": [{"name": "a", "type": "string", "decimal": ","}]}},
        "a decimal sign is for",
    ),
    "a column of the job": (
        {"source": {"columns": [{"name": "_file"}]}},
        "the job adds a column of this name",
    ),
    "a declaration that no argument can hold": (
        {"source": {"columns": [{"name": f"c{n}", "description": "x" * 255} for n in range(260)]}},
        "use shorter types and descriptions",
    ),
    "no crawler and no columns": (
        {"crawler": {"when": "Never"}},
        "list all columns in source.columns, each with its type",
    ),
    "no crawler and a column without a type": (
        {"crawler": {"when": "Never"}, "source": {"columns": [{"name": "a"}]}},
        "list all columns in source.columns, each with its type",
    ),
    "a folder twice": ({"target": {"partitionBy": ["a", "a"]}}, "named twice"),
    "a control character by its name": (
        {"source": {"csv": {"delimiter": r"\x01"}}},
        "spec.source.csv.delimiter",
    ),
    "an argument of the operator": (
        {"job": {"arguments": {"--TempDir": "s3://mine/"}}},
        "the operator itself sets an argument of this name",
    ),
    "an argument that loads code": (
        {"job": {"arguments": {"--extra-jars": "s3://mine/evil.jar"}}},
        "an argument loads code",
    ),
    "an argument without dashes": ({"job": {"arguments": {"x": "1"}}}, "two dashes"),
    "a tag of AWS's": ({"tags": {"aws:x": "y"}}, "are reserved"),
    "a role in another account": (
        {"roleArn": "arn:aws:iam::111111111111:role/x", "accountId": "222222222222"},
        "correct one of them",
    ),
}


@pytest.mark.parametrize(("spec", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_the_api_server_refuses_it(user: User, spec: dict[str, Any], words: str) -> None:
    with pytest.raises(ApiException) as refusal:
        user.pipeline("refused", **spec)
    assert words in str(refusal.value.body).replace('\\"', '"')


@pytest.mark.parametrize(
    "spec",
    [
        {"job": {"glueVersion": "4.0", "script": {"inline": "print()"}}},
        *(
            {"source": {"csv": {"delimiter": each}}}
            for each in (r"\t", "\t", "\x01", " ", "þ", "|~|")
        ),
        {"source": {"csv": {"delimiter": r"\t", "escape": "\\", "nullValues": ["NULL", "-"]}}},
        {"source": {"format": "json", "csv": {"delimiter": ",", "nullValues": []}}},
        {"source": {"csv": {"quote": "", "comment": "#"}}},
        {"source": {"format": "xml", "xml": {"rowTag": "order"}}},
        {
            "crawler": {"when": "Never"},
            "source": {"columns": [{"name": "a", "type": "string"}]},
        },
        {
            "source": {
                "format": "fixedWidth",
                "encoding": "cp850",
                "fixedWidth": {"fields": [{"name": "a", "width": 3}, {"name": "b", "width": 9}]},
            }
        },
        {
            "source": {
                "columns": [
                    {"name": f"c{n}", "from": f"Column {n}", "type": "decimal(10,2)"}
                    for n in range(500)
                ]
            },
            "target": {"metadataColumns": ["file", "recordNumber"], "partitionBy": ["c1", "c2"]},
            "catalog": {"schema": {"newColumns": "Rescue", "typeChanges": "Reject"}},
        },
        {
            "target": {
                "format": "Iceberg",
                "iceberg": {"mode": "MergeOnRead"},
                "write": {"mode": "Upsert", "keys": ["id"], "latestBy": "changed"},
            },
            "job": {"glueVersion": "5.1"},
        },
    ],
    ids=lambda spec: repr(spec)[:80],
)
def test_the_api_server_accepts_it(user: User, spec: dict[str, Any]) -> None:
    user.pipeline("accepted", suspend=True, **spec)
    user.gone("accepted")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bucket": {"name": "another-bucket"}}, "name of the bucket cannot change"),
        ({"region": "us-east-1"}, "region cannot change"),
        (
            {"target": {"format": "Iceberg"}, "job": {"glueVersion": "5.1"}},
            "a table cannot change its format in its folder",
        ),
    ],
    ids=["bucket name", "region", "format"],
)
def test_what_is_immutable_stays(user: User, change: dict[str, Any], words: str) -> None:
    user.pipeline("settled", bucket={"name": "e2e-settled"}, region="eu-west-1")
    settled = {"bucket": {"name": "e2e-settled"}, "region": "eu-west-1"}
    with pytest.raises(ApiException) as refusal:
        user.pipeline("settled", **(settled | change))
    assert words in str(refusal.value.body)
    user.gone("settled")


def test_a_missing_config_map_is_named_before_any_call_to_aws(user: User) -> None:
    script = {"configMapKeyRef": {"name": "not-there", "key": "job.py"}}
    user.pipeline("scriptless", job={"script": script}, bucket={"name": "e2e-scriptless"})
    status = user.wait("scriptless", lambda s: s["Ready"] is not None, 5, "with a condition")
    ready = status["Ready"]
    assert ready
    assert (ready.status, ready.reason) == ("False", "InvalidSpec")
    assert "spec.job.script.configMapKeyRef" in ready.message
    assert "not-there" in ready.message
    assert status.resources == ()
    user.gone("scriptless")


def test_a_strangers_bucket_is_refused_and_nothing_else_is_created(user: User) -> None:
    s3 = user.aws("s3")
    s3.create_bucket(
        Bucket="e2e-strangers", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    user.pipeline("guest", bucket={"name": "e2e-strangers"})
    status = user.wait("guest", lambda s: bool(s["Stalled"]), 20, "stalled")
    status = user.wait(
        "guest", lambda s: (r := s["Ready"]) is not None and r.reason == "Refused", 20, "refused"
    )
    ready = status["Ready"]
    assert ready
    assert "Bucket/e2e-strangers: exists and belongs to no pipeline" in ready.message
    states = {(line.kind, line.name): line.state for line in status.resources}
    assert states.pop(("Bucket", "e2e-strangers")) == "Refused"
    assert {(kind, state) for (kind, _), state in states.items()} == {
        ("Object", "Refused"),
        ("Notification", "Refused"),
    }
    user.gone("guest")
    assert "e2e-strangers" in {b["Name"] for b in s3.list_buckets()["Buckets"]}
    s3.delete_bucket(Bucket="e2e-strangers")


def test_another_account_than_the_one_named_is_not_touched(user: User) -> None:
    user.pipeline("elsewhere", accountId="123456789012")
    status = user.wait("elsewhere", lambda s: s["Ready"] is not None, 10, "with a condition")
    ready = status["Ready"]
    assert ready
    assert ready.reason == "Refused"
    assert "spec.accountId" in ready.message
    assert status.resources == ()
    user.gone("elsewhere")
