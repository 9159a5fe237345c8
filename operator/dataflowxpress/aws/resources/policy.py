"""Policy: JSON policy documents, spelled in one way so that they compare by what they mean."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from dataflowxpress.planning.diff import Exclusive

Statement = Mapping[str, Any]
VERSION = "2012-10-17"
UNVERSIONED = "2008-10-17"  # what a document is that does not say it: without policy variables
SID = "DataFlowXpress"  # statements of ours begin with it, the others are somebody else's


def policy(statements: Iterable[Statement], version: str = VERSION) -> Exclusive:
    """Return the document that consists of *statements*, ours to its last word."""
    spelled = [_spell(statement) for statement in statements]
    return Exclusive(Version=version, Statement=sorted(spelled, key=_order))


def as_read(document: str | Mapping[str, Any]) -> Exclusive:
    """Return a document that AWS gave, spelled as `policy` spells it."""
    return policy(parse(document), _version(document))


def parse(document: str | Mapping[str, Any]) -> list[Statement]:
    """Return the statements of a document as AWS gives it: text or mapping, one or many."""
    statements = _loaded(document).get("Statement", [])
    return [statements] if isinstance(statements, Mapping) else list(statements)


def sid(purpose: str, *of: str) -> str:
    """Return the name of a statement of ours; names are letters and digits, so *of* is hashed."""
    digest = hashlib.sha256("\n".join(of).encode()).hexdigest()[:8] if of else ""
    return f"{SID}{purpose}{digest}"


def ours(document: str | Mapping[str, Any]) -> Exclusive:
    """Return of a document that many write what is ours."""
    return policy(filter(_is_ours, parse(document)), _version(document))


def merged(want: Mapping[str, Any], document: str | Mapping[str, Any]) -> dict[str, Any]:
    """Return *document* with the statements of *want* in the place of those that were ours."""
    theirs = [statement for statement in parse(document) if not _is_ours(statement)]
    return {**want, "Statement": [*theirs, *want["Statement"]]}


def _loaded(document: str | Mapping[str, Any]) -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = json.loads(document) if isinstance(document, str) else document
    return loaded


def _version(document: str | Mapping[str, Any]) -> str:
    return str(_loaded(document).get("Version", UNVERSIONED))


def _is_ours(statement: Statement) -> bool:
    return str(statement.get("Sid", "")).startswith(SID)


def tls_only(action: str, *resources: str) -> Statement:
    """Return the statement that denies *action* to everybody who does not encrypt the way."""
    return {
        "Sid": sid("TlsOnly"),
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
