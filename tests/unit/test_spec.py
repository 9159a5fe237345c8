"""Spec: the fields that users may write, and the words for each mistake in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
import pytest
from pydantic import ValidationError

from dataflowxpress.api.errors import LONGEST, InvalidSpec
from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.spec import DataPipelineSpec, SpecModel, mistakes
from dataflowxpress.api.spec.arguments import LOADS_CODE
from dataflowxpress.api.spec.mistakes import WORDS
from tests.hostile import SCHEMA

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:token-AbCdEf"
ENDS = "with a letter or digit at both ends"


def found(spec: Any) -> list[str]:
    return mistakes(DataPipelineSpec, spec)


def test_an_empty_spec_is_a_whole_pipeline() -> None:
    spec = DataPipelineSpec.model_validate({})
    assert (spec.source.prefix, spec.target.prefix) == ("csv_data/", "parquet_data/")
    assert spec.job.timeout_minutes == 60
    assert spec.deletion_policy == "RetainData"
    assert not found({})


@pytest.mark.parametrize(
    ("interval", "seconds"), [("10m", 600), ("90s", 90), ("1h", 3600), ("1h30m", 5400)]
)
def test_intervals_are_read_as_people_write_them(interval: str, seconds: int) -> None:
    assert DataPipelineSpec.model_validate({"resyncInterval": interval}).resync_seconds == seconds


MISTAKES = {
    "an unknown field": ({"sauce": {}}, "spec.sauce: unknown field; use source"),
    "an unknown nested field": (
        {"job": {"wrkers": 3}},
        "spec.job.wrkers: unknown field; use workers",
    ),
    "a field by its name in Python": (
        {"role_arn": "arn:aws:iam::123456789012:role/x"},
        "spec.role_arn: unknown field; use roleArn",
    ),
    "an unknown field that resembles none": (
        {"trigger": {"zzz": 1}},
        (
            "spec.trigger.zzz: unknown field; remove it, or use one of batchWindowSeconds,"
            " onUpload, schedule, timeZone, minIntervalSeconds"
        ),
    ),
    "neither uploads nor a schedule": (
        {"trigger": {"onUpload": False}},
        (
            "spec.trigger.onUpload: false is invalid: without uploads and without a schedule,"
            " nothing starts a run; set trigger.schedule, or remove onUpload"
        ),
    ),
    "a time zone in other case": (
        {"trigger": {"schedule": "rate(1 hour)", "timeZone": "Europe/berlin"}},
        (
            'spec.trigger.timeZone: "Europe/berlin" is not in the IANA time zone database; use a'
            " name of it, like Europe/Berlin or Europe/Dublin or Europe/Helsinki"
        ),
    ),
    "a minute that no hour has": (
        {"trigger": {"schedule": "cron(60 6 * * ? *)"}},
        (
            'spec.trigger.schedule: "cron(60 6 * * ? *)" has the wrong form; use rate(1 hour) or'
            " cron(minutes hours day-of-month month day-of-week year) with ? for one of the two"
            " days, like cron(0 6 * * ? *)"
        ),
    ),
    "a time zone without a schedule": (
        {"trigger": {"timeZone": "Europe/Berlin"}},
        (
            'spec.trigger.timeZone: "Europe/Berlin" is invalid: a time zone needs a schedule; set'
            " trigger.schedule, or remove timeZone"
        ),
    ),
    "a schedule in the syntax of crontab": (
        {"trigger": {"schedule": "0 6 * * *"}},
        (
            'spec.trigger.schedule: "0 6 * * *" has the wrong form; use rate(1 hour) or'
            " cron(minutes hours day-of-month month day-of-week year) with ? for one of the two"
            " days, like cron(0 6 * * ? *)"
        ),
    ),
    "a missing field": (
        {"job": {"script": {"configMapKeyRef": {"name": "scripts"}}}},
        "spec.job.script.configMapKeyRef.key: missing; add it",
    ),
    "Iceberg tables on a Glue without this Iceberg": (
        {"target": {"format": "Iceberg"}},
        (
            "spec.job.glueVersion: Iceberg tables need Iceberg 1.10, which only Glue 5.1 has;"
            " set job.glueVersion to 5.1"
        ),
    ),
    "an upsert of Parquet": (
        {"target": {"write": {"mode": "Upsert", "keys": ["id"], "latestBy": "changed"}}},
        (
            'spec.target.write.mode: "Upsert" is invalid: only Iceberg tables can replace single'
            " rows; set target.format to Iceberg"
        ),
    ),
    "an upsert without a key": (
        {
            "target": {"format": "Iceberg", "write": {"mode": "Upsert", "latestBy": "changed"}},
            "job": {"glueVersion": "5.1"},
        },
        (
            'spec.target.write.mode: "Upsert" is invalid: Upsert needs the columns that identify a'
            " row and the column that says which row is newer; set keys and latestBy"
        ),
    ),
    "too few workers": (
        {"job": {"workers": 1}},
        "spec.job.workers: 1 is too small; use 2 or more",
    ),
    "too many workers": (
        {"job": {"workers": 300}},
        "spec.job.workers: 300 is too large; use 299 or less",
    ),
    "a truth in quotes": (
        {"suspend": "yes"},
        'spec.suspend: "yes" is neither true nor false; use one of them',
    ),
    "a number in quotes": (
        {"job": {"workers": "3"}},
        'spec.job.workers: "3" is not a whole number; use one without quotes and fraction, like 3',
    ),
    "a word for a number": (
        {"job": {"workers": "many"}},
        (
            'spec.job.workers: "many" is not a whole number;'
            " use one without quotes and fraction, like 3"
        ),
    ),
    "a fraction": (
        {"job": {"timeoutMinutes": 1.5}},
        (
            "spec.job.timeoutMinutes: 1.5 is not a whole number;"
            " use one without quotes and fraction, like 3"
        ),
    ),
    "a number for text": (
        {"accountId": 123456789012},
        "spec.accountId: 123456789012 is not text; put it in quotes",
    ),
    "a word for a switch": (
        {"suspend": "perhaps"},
        'spec.suspend: "perhaps" is neither true nor false; use one of them',
    ),
    "text for a part": (
        {"bucket": "orders"},
        'spec.bucket: "orders" is not a mapping; use one `field: value` a line',
    ),
    "text for a list": (
        {"target": {"partitionBy": "year"}},
        'spec.target.partitionBy: "year" is not a list; begin each entry with a dash',
    ),
    "text for a mapping": (
        {"tags": "team"},
        'spec.tags: "team" is not a mapping; use one `key: value` a line',
    ),
    "a list for the spec": (["a"], 'spec: ["a"] is not a mapping; use one `field: value` a line'),
    "too many columns": (
        {"target": {"partitionBy": list("abcde")}},
        'spec.target.partitionBy: ["a", "b", "c", "d", "e"] has 5 entries; use at most 4',
    ),
    "a bucket name with capitals": (
        {"bucket": {"name": "Bad_Bucket"}},
        f'spec.bucket.name: "Bad_Bucket" has capitals and "_"; use a-z, 0-9, "." and "-", {ENDS}',
    ),
    "a bucket name with a dot at its end": (
        {"bucket": {"name": "orders."}},
        f'spec.bucket.name: "orders." has the wrong form; use a-z, 0-9, "." and "-", {ENDS}',
    ),
    "a short bucket name": (
        {"bucket": {"name": "ab"}},
        'spec.bucket.name: "ab" has 2 characters; use at least 3',
    ),
    "a long name": (
        {"job": {"name": "x" * 70}},
        f'spec.job.name: "{"x" * 58}… has 70 characters; use at most 64',
    ),
    "an unknown format": (
        {"source": {"format": "xlsx"}},
        (
            'spec.source.format: "xlsx" is not one of the choices;'
            ' use "csv", "json", "parquet", "avro", "orc", "xml" or "fixedWidth"'
        ),
    ),
    "an unknown quote": (
        {"source": {"csv": {"quote": "`"}}},
        (
            'spec.source.csv.quote: "`" is not one of the choices;'
            ' use a double quote, a single quote or ""'
        ),
    ),
    **{
        name: (
            {"source": {"csv": {"delimiter": delimiter}}},
            (
                f"spec.source.csv.delimiter: {json.dumps(delimiter, ensure_ascii=False)} {fault};"
                r" use one to eight characters of ASCII or Latin-1, or \t for a tab; no quote,"
                r' backslash or line break; YAML spells a control character like "\x01", in double'
                " quotes"
            ),
        )
        for name, delimiter, fault in (
            ("no delimiter", "", "is empty"),
            ("a control character by its name", r"\x01", r'has "\"'),
            ("a line break as delimiter", "\n", "has control characters"),
            ("a zero as delimiter", "\0", "has control characters"),
            ("a quote as delimiter", "'", 'has "\'"'),
            ("a delimiter outside of Latin-1", "€", 'has "€"'),
        )
    },
    "the packaged script on an old Glue version": (
        {"job": {"glueVersion": "4.0"}},
        (
            'spec.job.glueVersion: "4.0" is invalid: the packaged script needs Python 3.11 and'
            " Spark 3.5, and Glue 4.0 has older ones; use 5.0 or 5.1, or set job.script"
        ),
    ),
    "a prefix without a slash": (
        {"source": {"prefix": "in"}},
        (
            'spec.source.prefix: "in" has the wrong form; use a folder that ends with "/" and does'
            ' not begin with "/", without "*", "?" and "$"'
        ),
    ),
    "an empty prefix": (
        {"source": {"prefix": ""}},
        (
            'spec.source.prefix: "" is empty; use a folder that ends with "/" and does'
            ' not begin with "/", without "*", "?" and "$"'
        ),
    ),
    "a control character": (
        {"source": {"suffix": ".c\x07sv"}},
        (
            r'spec.source.suffix: ".c\u0007sv" has control characters;'
            " use an ending like .csv, without control characters"
        ),
    ),
    "more wrong characters than a message names": (
        {"catalog": {"tablePrefix": "A !?.:;"}},
        (
            'spec.catalog.tablePrefix: "A !?.:;" has capitals, spaces, "!", "?" and 3 more;'
            ' use a-z, 0-9 and "_"'
        ),
    ),
    "no mail address": (
        {"notifications": {"emails": ["a@example.com", "team"]}},
        (
            'spec.notifications.emails[1]: "team" has the wrong form;'
            " use an address like team@example.com, in ASCII and without spaces"
        ),
    ),
    "a wrong key": (
        {"tags": {"a!b": "c"}},
        'spec.tags: the key "a!b" has "!"; use letters, digits, spaces and _.:/=+@-',
    ),
    "an argument without dashes": (
        {"job": {"arguments": {"x": "1"}}},
        (
            'spec.job.arguments: the key "x" has the wrong form;'
            ' use a name like --threshold: "--", then a-z, A-Z, 0-9, "_" and "-"'
        ),
    ),
    "an argument that moves the logs": (
        {"job": {"arguments": {"--custom-logGroup-prefix": "/mine"}}},
        (
            "spec.job.arguments: the operator itself sets an argument of this name, for example"
            " --bucket, --TempDir or --custom-logGroup-prefix; remove it, and use the fields of the"
            " spec"
        ),
    ),
    "an argument that loads code without a custom script": (
        {"job": {"arguments": {"--extra-jars": "s3://mine/evil.jar"}}},
        (
            "spec.job.arguments: an argument loads code or configures its runtime, for example"
            " --extra-jars or --conf; remove it, or set job.script"
        ),
    ),
    "a secret without a script that reads it": (
        {"job": {"secretArguments": {"--token": SECRET}}},
        (
            "spec.job.secretArguments: the packaged script reads no secret; set job.script, or"
            " remove secretArguments"
        ),
    ),
    "a secret in place of its ARN": (
        {"job": {"script": {"inline": "x"}, "secretArguments": {"--token": "hunter2"}}},
        (
            'spec.job.secretArguments.--token: "hunter2" has the wrong form; use the complete ARN'
            " of a secret, like arn:aws:secretsmanager:eu-west-1:123456789012:secret:name-AbCdEf"
        ),
    ),
    "a secret in place of the operator's argument": (
        {"job": {"script": {"inline": "x"}, "secretArguments": {"--bucket": SECRET}}},
        (
            "spec.job.secretArguments: the operator itself sets an argument of this name, for"
            " example --bucket, --TempDir or --custom-logGroup-prefix; remove it, and use the"
            " fields of the spec"
        ),
    ),
    "an argument that is a secret too": (
        {
            "job": {
                "script": {"inline": "x"},
                "arguments": {"--token": "plain"},
                "secretArguments": {"--token": SECRET},
            }
        },
        ("spec.job.secretArguments: an argument is in arguments too; remove it from one of them"),
    ),
    "a secret of the wrong type": (
        {"job": {"arguments": {"--password": 12345}}},
        "spec.job.arguments.--password: the value is not text; put it in quotes",
    ),
    "a security configuration without a key": (
        {"encryption": {"glueSecurityConfiguration": "Managed"}},
        (
            "spec.encryption.kmsKeyArn: a security configuration needs a key; set kmsKeyArn, or"
            " glueSecurityConfiguration to None"
        ),
    ),
    "equal prefixes": (
        {"source": {"prefix": "data/"}, "target": {"prefix": "data/"}},
        (
            'spec.target.prefix: "data/" is invalid: source.prefix and target.prefix must be'
            " neither equal nor one inside the other: the pipeline would convert its own Parquet;"
            " choose two separate folders"
        ),
    ),
    "a source in the reserved folder": (
        {"source": {"prefix": "dataflowxpress/x/"}},
        (
            'spec.source.prefix: "dataflowxpress/x/" is invalid: dataflowxpress/ is reserved for'
            " the pipeline's own records; choose another prefix"
        ),
    ),
    "two scripts": (
        {"job": {"script": {"inline": "x", "s3Uri": "s3://bucket/key.py"}}},
        "spec.job.script: give at most one of inline, configMapKeyRef and s3Uri; remove the others",
    ),
    "FLEX on large workers": (
        {"job": {"executionClass": "FLEX", "workerType": "G.8X"}},
        (
            'spec.job.executionClass: "FLEX" is invalid: FLEX runs on G.1X and G.2X only;'
            " choose one of these worker types, or STANDARD"
        ),
    ),
    "a role elsewhere": (
        {"roleArn": "arn:aws:iam::111111111111:role/x", "accountId": "222222222222"},
        (
            'spec.roleArn: "arn:aws:iam::111111111111:role/x" is invalid: roleArn is in another'
            " account than accountId; correct one of them"
        ),
    ),
    "one name for two functions": (
        {"functions": {"startJob": {"name": "x"}, "notify": {"name": "x"}}},
        "spec.functions: two functions have the same name; give each function its own name",
    ),
    "a tag of AWS's": (
        {"tags": {"aws:x": "y"}},
        (
            "spec.tags: keys that begin with aws: or dataflowxpress.io/ are reserved;"
            " choose another key"
        ),
    ),
}


@pytest.mark.parametrize(("spec", "text"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_with_field_value_and_cure(spec: Any, text: str) -> None:
    assert found(spec) == [text]
    with pytest.raises(ValidationError):
        DataPipelineSpec.model_validate(spec, by_name=False, by_alias=True)


SEVEN = {
    "bucket": {"name": "Bad_Bucket"},
    "source": {"format": "xlsx", "prefix": "in/"},
    "target": {"prefix": "in/parquet/"},
    "job": {"wrkers": 3, "timeoutMinutes": 0, "executionClass": "FLEX", "workerType": "G.8X"},
    "notifications": {"emails": ["team", "te am@example.com"]},
}
FIELDS = [
    "spec.bucket.name",
    "spec.source.format",
    "spec.job.timeoutMinutes",
    "spec.job.wrkers",
    "spec.notifications.emails[0]",
    "spec.notifications.emails[1]",
    "spec.target.prefix",
    "spec.job.executionClass",
]


def test_all_mistakes_are_named_rules_across_fields_included() -> None:
    assert [each.partition(": ")[0] for each in found(SEVEN)] == FIELDS


def test_a_rule_is_not_judged_by_the_default_in_place_of_a_wrong_value() -> None:
    assert len(found({"source": {"prefix": "in"}, "target": {"prefix": "csv_data/x/"}})) == 1
    assert len(found({"source": {}, "target": {"prefix": "csv_data/x/"}})) == 1


def test_mistakes_leave_the_spec_as_it_is() -> None:
    before = json.dumps(SEVEN)
    found(SEVEN)
    assert json.dumps(SEVEN) == before


def test_the_operator_reports_the_same_mistakes() -> None:
    with pytest.raises(InvalidSpec) as refusal:
        _ = Pipeline({"metadata": {}, "spec": SEVEN}).spec
    assert list(refusal.value.mistakes) == found(SEVEN)
    assert str(refusal.value).startswith("; ".join(found(SEVEN)[:3]))


def test_a_message_of_many_mistakes_ends_with_the_number_of_the_others() -> None:
    many = found({f"field{number}": 1 for number in range(50)})
    text = str(InvalidSpec(*many))
    named = text.count("unknown field")
    assert LONGEST / 2 < len(text) < LONGEST + 20
    assert text.endswith(f"; and {50 - named} more")


def leaves(schema: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path and the schema of each field, list entry (`-`) and mapping value (`*`)."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from leaves(inner, (*path, name))
    for step, key in (("-", "items"), ("*", "additionalProperties")):
        if inner := schema.get(key):
            yield from leaves(inner, (*path, step))


def at(path: tuple[str, ...], value: Any) -> Any:
    """Return a spec with *value* at *path*."""
    if not path:
        return value
    first, *rest = path
    inner = at(tuple(rest), value)
    return [inner] if first == "-" else {"--key" if first == "*" else first: inner}


LEAVES = list(leaves(SCHEMA))
WRONG: list[Any] = [
    *(None, 1, 1.5, -(10**30), 10**30, float("inf"), True),
    *("", "x", "\x00", "\\", "x" * 300_000, "9" * 5000),
    *([], [1], ["x"] * 100),
    *({}, {"x": 1}, {"\x00": "x"}, {f"--{n}": "x" for n in range(100)}),
]


@pytest.mark.parametrize(("path", "schema"), LEAVES, ids=[".".join(path) for path, _ in LEAVES])
def test_no_wrong_value_is_answered_in_the_words_of_a_library(
    path: tuple[str, ...], schema: Mapping[str, Any]
) -> None:
    for value in WRONG:
        for text in found(at(path, value)):
            assert re.match(r"spec[^ ]*: .*[;:] .", text), text
            assert "kubectl explain" not in text, text
            assert "pattern" not in text, text
            assert len(text) < 400, text
            if pattern := schema.get("pattern"):
                assert pattern not in text, text


def test_each_pattern_is_broken_by_a_wrong_value() -> None:
    for path, schema in LEAVES:
        if "pattern" in schema:
            texts = [text for value in WRONG for text in found(at(path, value))]
            assert any("; use " in text and "has " in text for text in texts), path


def parts(model: type[SpecModel]) -> Iterator[type[SpecModel]]:
    yield model
    for field in model.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, SpecModel):
            yield from parts(field.annotation)


def test_each_rule_points_to_a_field_of_its_part() -> None:
    for part in parts(DataPipelineSpec):
        schema = part.model_json_schema(by_alias=True)
        for rule in part.VALIDATION_RULES:
            first = rule.field.split(".")[1:2]
            assert set(first) <= schema["properties"].keys(), rule


@pytest.mark.timeout(20)
def test_a_mistake_in_a_required_field_of_a_part_is_named() -> None:
    reference = {"configMapKeyRef": {"name": "", "key": "job.py"}}
    assert found({"job": {"script": reference}}) == [
        'spec.job.script.configMapKeyRef.name: "" has 0 characters; use at least 1'
    ]


def test_all_words_are_in_use() -> None:
    unused = dict.fromkeys(WORDS)
    for spec in (at(path, value) for path, _ in LEAVES for value in WRONG):
        try:
            DataPipelineSpec.model_validate(spec)
        except ValidationError as error:
            for each in error.errors():
                unused.pop(each["type"], None)
    assert not unused


def test_every_region_of_every_partition_is_allowed() -> None:
    loader = botocore.session.get_session().get_component("data_loader")
    partitions = loader.load_data("partitions")["partitions"]
    regions = {region for one in partitions for region in one["regions"] if "global" not in region}
    assert {"eusc-de-east-1", "us-isob-west-1", "us-gov-east-1", "cn-north-1"} <= regions
    for region in sorted(regions):
        assert DataPipelineSpec.model_validate({"region": region}).region == region


def test_a_custom_script_can_load_more_code() -> None:
    job = {"script": {"inline": "x"}, "arguments": {"--additional-python-modules": "pyarrow"}}
    assert mistakes(DataPipelineSpec, {"job": job}) == []


@pytest.mark.parametrize("name", [*LOADS_CODE, "--TempDir", "--scriptLocation"])
def test_an_argument_that_loads_code_is_refused_without_a_custom_script(name: str) -> None:
    (mistake,) = found({"job": {"arguments": {name: "s3://mine/evil"}}})
    assert mistake.startswith("spec.job.arguments: ")


def test_each_argument_of_glue_that_loads_code_or_configures_its_runtime_is_known() -> None:
    assert {
        *("--additional-python-modules", "--class", "--conf", "--extra-files", "--extra-jars"),
        *("--extra-py-files", "--python-modules-installer-option", "--user-jars-first"),
    } <= set(LOADS_CODE)
