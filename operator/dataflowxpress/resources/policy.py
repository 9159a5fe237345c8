"""Policy: JSON policy documents, spelled in one way so that they compare by what they mean."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from dataflowxpress.core.diff import Whole

Statement = Mapping[str, Any]
VERSION = "2012-10-17"


def policy(statements: Iterable[Statement]) -> Whole:
    """Return the document that consists of *statements*, ours to its last word."""
    spelled = [_spell(statement) for statement in statements]
    return Whole(Version=VERSION, Statement=sorted(spelled, key=_order))


def parse(document: str | Mapping[str, Any]) -> list[Statement]:
    """Return the statements of a document as AWS gives it: text or mapping, one or many."""
    parsed = json.loads(document) if isinstance(document, str) else document
    statements = parsed.get("Statement", [])
    return [statements] if isinstance(statements, Mapping) else list(statements)


def tls_only(sid: str, action: str, *resources: str) -> Statement:
    """Return the statement that denies *action* to everybody who does not encrypt the way."""
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _spell(statement: Statement) -> dict[str, Any]:
    plain = {key: statement[key] for key in ("Sid", "Effect") if statement.get(key)}
    rest = {key: _listed(value) for key, value in statement.items() if key not in {"Sid", "Effect"}}
    if rest.get("Principal") == ["*"]:
        rest["Principal"] = {"AWS": ["*"]}
    return plain | rest


def _listed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _listed(inner) for key, inner in value.items()}
    values = value if isinstance(value, list | tuple) else [value]
    return sorted(str(one).lower() if isinstance(one, bool) else str(one) for one in values)


def _order(statement: Statement) -> str:
    return json.dumps(statement, sort_keys=True)
