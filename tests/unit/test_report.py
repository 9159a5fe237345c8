"""The report: an archive without the secrets that were planted in everything it collects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dataflowxpress.cli.report.parts import Part, collected
from dataflowxpress.cli.report.redaction import (
    Redactor,
    plan_without_private,
    secrets_of,
    without_private,
)

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpA\nIBAAK\n-----END RSA PRIVATE KEY-----"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("login with password=hunter22 ok", "hunter22"),
        ("db_password: 'hunter 22'", "hunter 22"),
        ('{"clientSecret": "a\\"b"}', 'a\\"b'),
        ("API-KEY = abc123", "abc123"),
        ("Authorization: Bearer abcdefgh12345", "abcdefgh12345"),
        ("got ASIAQWERTYUIOPASDFGH back", "ASIAQWERTYUIOPASDFGH"),
        ("https://b.s3/k?X-Amz-Signature=0a1b2c&x=1", "0a1b2c"),
        ("jdbc:postgresql://app:s3cr3t@db/orders", "s3cr3t"),
        (f"key {KEY} end", "IBAAK"),
        ("-----BEGIN PRIVATE KEY-----\ncut off", "cut off"),
        (f"cookie {TOKEN}", "eyJzdWIiOiIxMjM0In0"),
        ("mail to ada.lovelace@example.com", "lovelace"),
        ("    DefaultArguments.--x: old0 -> new0", "new0"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, secret: str) -> None:
    redacted = Redactor().text(text)
    assert secret not in redacted
    assert redacted


def test_what_a_bug_report_needs_stays() -> None:
    text = (
        "AccessDenied: arn:aws:sts::123456789012:assumed-role/default-orders-glue is not authorized"
        " to perform: glue:GetTable; run jr_0a1b ended FAILED at 2026-01-01T12:00:00Z"
    )
    assert Redactor(["unrelated"]).text(text) == text


def test_a_known_secret_is_hidden_wherever_it_occurs() -> None:
    redact = Redactor(["wJalrXUtnFEMI/K7", "wJalrXUtnFEMI"])
    assert redact.value({"a": ["x wJalrXUtnFEMI/K7 y"], "b": 3}) == {"a": ["x (hidden) y"], "b": 3}


BODY: dict[str, Any] = {
    "metadata": {
        "name": "orders",
        "managedFields": [{"manager": "secret-manager"}],
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "planted-1",
            "dataflowxpress.io/paused": "true",
        },
    },
    "spec": {
        "job": {
            "script": {"inline": "password = 'planted-2'"},
            "arguments": {"--dsn": "planted-3"},
            "workers": 3,
        }
    },
    "status": {"drift": [{"resource": "Job/a", "changes": ["Role: a -> planted-3"]}]},
}


def test_the_resource_has_no_script_no_arguments_and_no_annotations_of_other_programs() -> None:
    redact = Redactor(secrets_of(BODY["spec"]))
    document = redact.value(without_private(BODY))
    assert "planted" not in json.dumps(document)
    assert document["metadata"]["annotations"]["dataflowxpress.io/paused"] == "true"
    assert document["spec"]["job"]["workers"] == 3
    assert document["spec"]["job"]["arguments"] == {"--dsn": "(hidden)"}
    assert BODY["spec"]["job"]["arguments"] == {"--dsn": "planted-3"}


def test_a_plan_shows_no_argument_of_a_job_and_no_variable_of_a_function() -> None:
    changes = [
        {"path": ["DefaultArguments", "--dsn"], "old": "planted", "new": None},
        {"path": ["Environment", "Variables"], "old": {"A": "planted"}, "new": None},
        {"path": ["NumberOfWorkers"], "old": 9, "new": 2},
    ]
    plan = plan_without_private({"pipeline": "a/b", "steps": [{"changes": changes}]})
    assert "planted" not in json.dumps(plan)
    assert plan["steps"][0]["changes"][2] == changes[2]


def test_a_part_that_fails_is_a_file_with_the_reason_and_stops_no_other() -> None:
    def fail() -> Any:
        raise RuntimeError("no route with token=planted")

    found = [Part("plan", fail), Part("logs", lambda: iter([("logs/0.txt", "a line")]))]
    (failed, reason, has_failed), (name, text, is_whole) = collected(found, Redactor())
    assert (failed, has_failed) == ("failed-plan.txt", True)
    assert "RuntimeError: no route" in reason
    assert "planted" not in reason
    assert (name, text, is_whole) == ("logs/0.txt", "a line", False)
