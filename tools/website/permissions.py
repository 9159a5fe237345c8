"""Permissions: a reference of the operator's IAM policy."""

from __future__ import annotations

import json
from typing import Any

from dataflowxpress.aws.operator_policy import PolicyScope, document
from tools.website.tables import code, table

INTRODUCTION = (
    "Generated from the policy that `dataflowxpress iam policy --prefix PREFIX --boundary BOUNDARY`"
    " prints. [Permissions](../iam/README.md) has the options, the boundary and the tenant policy."
)
_SCOPE = PolicyScope(prefixes=("PREFIX",), boundary="BOUNDARY")


def actions() -> str:
    """Return the table of the policy's statements."""
    rows = (
        [
            statement.get("Effect", ""),
            _codes(statement.get("Action", [])),
            _codes(statement.get("Resource", [])),
            code(json.dumps(statement["Condition"])) if "Condition" in statement else "",
        ]
        for statement in document(_SCOPE)["Statement"]
    )
    return table(["effect", "actions", "resources", "condition"], rows)


def _codes(values: Any) -> str:
    listed = [values] if isinstance(values, str) else values
    return "<br>".join(map(code, listed))
