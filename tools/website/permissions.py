"""Permissions: a reference of the operator's IAM policies."""

from __future__ import annotations

import json
from typing import Any

from dataflowxpress.aws.operator_policy import document
from dataflowxpress.aws.optional_policies import (
    access_logs,
    encryption,
    lists,
    network,
    security_configuration,
)
from dataflowxpress.aws.policy_scope import PolicyScope
from tools.website.tables import code, table

INTRODUCTION = (
    "Generated from the policy that `dataflowxpress iam policy --prefix PREFIX --boundary BOUNDARY`"
    " prints, and from the optional policies: `iam lists`, `iam encryption`,"
    " `iam security-configuration`, `iam access-logs` and `iam network`."
    " [Permissions](../iam/README.md) has the options, the boundary and the tenant policy."
)
_SCOPE = PolicyScope(prefixes=("PREFIX",), boundary="BOUNDARY")


def actions() -> str:
    """Return the table of the statements of all policies."""
    policies = {
        "policy": document(_SCOPE),
        "lists": lists(),
        "encryption": encryption(_SCOPE),
        "security-configuration": security_configuration(_SCOPE),
        "access-logs": access_logs(_SCOPE),
        "network": network(),
    }
    rows = (
        [
            code(name),
            statement.get("Effect", ""),
            _codes(statement.get("Action", [])),
            _codes(statement.get("Resource", [])),
            code(json.dumps(statement["Condition"])) if "Condition" in statement else "",
        ]
        for name, policy in policies.items()
        for statement in policy["Statement"]
    )
    return table(["policy", "effect", "actions", "resources", "condition"], rows)


def _codes(values: Any) -> str:
    listed = [values] if isinstance(values, str) else values
    return "<br>".join(map(code, listed))
