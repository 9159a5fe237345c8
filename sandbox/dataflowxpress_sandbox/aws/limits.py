"""Limits: lengths that AWS documents, and that neither its models nor ministack enforce."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import iam, sns

_DISPLAY_NAME = 100  # characters
_ROLE_POLICIES = 10_240  # characters without white space, of all inline policies of a role

Handler = Callable[[Any], Any]


def install() -> None:
    """Refuse longer texts, in the words of AWS."""
    sns._create_topic = _limited(sns._create_topic)
    sns._set_topic_attributes = _limited(sns._set_topic_attributes)
    original = iam._IAM_HANDLERS["PutRolePolicy"]

    def put(parameters: Any) -> Any:
        role = iam._p(parameters, "RoleName")
        given = {iam._p(parameters, "PolicyName"): iam._p(parameters, "PolicyDocument")}
        documents = {**(iam._roles.get(role) or {}).get("InlinePolicies", {}), **given}
        if sum(len("".join(str(each).split())) for each in documents.values()) > _ROLE_POLICIES:
            text = f"Maximum policy size of {_ROLE_POLICIES} bytes exceeded for role {role}"
            return iam._error(409, "LimitExceeded", text, ns="iam")
        return original(parameters)

    iam._IAM_HANDLERS["PutRolePolicy"] = put


def _limited(original: Handler) -> Handler:
    def handle(parameters: Any) -> Any:
        if len(_attributes(parameters).get("DisplayName", "")) > _DISPLAY_NAME:
            text = f"Invalid parameter: DisplayName has more than {_DISPLAY_NAME} characters"
            return sns._error("InvalidParameter", text, 400)
        return original(parameters)

    return handle


def _attributes(parameters: Any) -> dict[str, str]:
    """Return the attributes of a topic, each of which a form has as a name and a value."""
    values = {
        field: field.replace(".key", ".value").replace("AttributeName", "AttributeValue")
        for field in parameters
        if field.endswith((".key", "AttributeName"))
    }
    return {sns._p(parameters, name): sns._p(parameters, value) for name, value in values.items()}
