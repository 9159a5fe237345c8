"""Deviations: differences from AWS' models that are known, each with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

MINISTACK, MODEL = "ministack", "model"


@dataclass(frozen=True)
class Deviation:
    """A difference: patterns of operations, of members, and of the start of the message."""

    operations: str
    where: str
    what: str
    of: str  # who is wrong: ministack, or AWS' model
    reason: str

    def covers(self, operation: str, where: str, what: str) -> bool:
        """Return whether this is the difference."""
        return (
            fnmatchcase(operation, self.operations)
            and fnmatchcase(re.sub(r"[\[\]{}]", "", where), self.where)
            and fnmatchcase(what, f"{self.what}*")
        )


DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        "events:ListTargetsByRule",
        "Targets",
        "has 0",
        MODEL,
        "a rule without targets has an empty list; the shape is that of PutTargets",
    ),
    Deviation(
        "events:ListRules",
        "Rules.CreatedBy",
        "is unknown",
        MINISTACK,
        "it shows a member that only DescribeRule has",
    ),
    Deviation(
        "glue:GetTable*",
        "Table*.Owner",
        "has 0",
        MINISTACK,
        "it writes an empty text where Glue leaves the member out",
    ),
    Deviation(
        "lambda:*",
        "*ReasonCode",
        "is ''",
        MINISTACK,
        "it writes an empty text where Lambda leaves the member out",
    ),
    Deviation(
        "lambda:*",
        "*StateReasonCode",
        "is 'Updating'",
        MINISTACK,
        "it sets a function to Pending during an update; Lambda only sets LastUpdateStatus",
    ),
    Deviation(
        "lambda:*",
        "*RuntimeVersionConfig.RuntimeVersionArn",
        "*",
        MINISTACK,
        "it knows no versions of runtimes",
    ),
    Deviation(
        "lambda:*EventSourceMapping*",
        "*Qualifier",
        "is unknown",
        MINISTACK,
        "it shows a member of its own",
    ),
)
