"""Policy: JSON policy documents in a normal form, so that equal policies compare equal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from dataflowxpress.planning.diff import Exclusive
from dataflowxpress.planning.short_names import digest

Statement = Mapping[str, Any]
VERSION = "2012-10-17"
UNVERSIONED = "2008-10-17"  # the default of IAM; has no policy variables
SID = "DataFlowXpress"  # prefix of the ids of statements that the operator owns


def policy(statements: Iterable[Statement], version: str = VERSION) -> Exclusive:
    """Return the document with exactly *statements*."""
    normalized = [_normalized(statement) for statement in statements]
    return Exclusive(Version=version, Statement=sorted(normalized, key=_order))


def as_read(document: str | Mapping[str, Any]) -> Exclusive:
    """Return a document from AWS in the normal form of `policy`."""
    return policy(parse(document), _version(document))


def parse(document: str | Mapping[str, Any]) -> list[Statement]:
    """Return the statements of a document, which is text or a mapping with one or more of them."""
    statements = _loaded(document).get("Statement", [])
    return [statements] if isinstance(statements, Mapping) else list(statements)


def sid(purpose: str, *of: str) -> str:
    """Return the id of a statement that the operator owns.

    Statement ids consist of letters and digits, so *of* is hashed.
    """
    suffix = digest("\n".join(of)) if of else ""
    return f"{SID}{purpose}{suffix}"


def owned(document: str | Mapping[str, Any]) -> Exclusive:
    """Return the part of a shared document that the operator owns."""
    return policy(filter(_is_owned, parse(document)), _version(document))


def merge(want: Mapping[str, Any], document: str | Mapping[str, Any]) -> dict[str, Any]:
    """Return *document* with the operator's statements replaced by those of *want*."""
    others = [statement for statement in parse(document) if not _is_owned(statement)]
    return {**want, "Statement": [*others, *want["Statement"]]}


def admits(statement: Statement, service: str, action: str, resource: str = "") -> bool:
    """Return whether a statement allows an action to a service, on *resource* if it is given.

    Conditions are not evaluated. A principal of `*` names no service.
    """
    principal = statement.get("Principal")
    services = _values(principal.get("Service")) if isinstance(principal, Mapping) else []
    actions, resources = (_values(statement.get(key)) for key in ("Action", "Resource"))
    return (
        statement.get("Effect") == "Allow"
        and service in services
        and any(fnmatchcase(action.lower(), each.lower()) for each in actions)
        and (not resource or any(fnmatchcase(resource, each) for each in resources))
    )


def _values(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value] if value else []


def _loaded(document: str | Mapping[str, Any]) -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = json.loads(document) if isinstance(document, str) else document
    return loaded


def _version(document: str | Mapping[str, Any]) -> str:
    return str(_loaded(document).get("Version", UNVERSIONED))


def _is_owned(statement: Statement) -> bool:
    return str(statement.get("Sid", "")).startswith(SID)


def tls_only(action: str, *resources: str) -> Statement:
    """Return the statement that denies *action* over connections without TLS."""
    return {
        "Sid": sid("TlsOnly"),
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _normalized(statement: Statement) -> dict[str, Any]:
    plain = {key: statement[key] for key in ("Sid", "Effect") if statement.get(key)}
    lists = {
        key: _listed(value) for key, value in statement.items() if key not in {"Sid", "Effect"}
    }
    if lists.get("Principal") == ["*"]:
        lists["Principal"] = {"AWS": ["*"]}
    return plain | lists


def _listed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _listed(inner) for key, inner in value.items()}
    values = value if isinstance(value, list | tuple) else [value]
    return sorted(str(one).lower() if isinstance(one, bool) else str(one) for one in values)


def _order(statement: Statement) -> str:
    return json.dumps(statement, sort_keys=True)
