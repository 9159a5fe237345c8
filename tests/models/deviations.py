"""Deviations: differences from AWS' models that are known, each with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

MINISTACK, MODEL, TEST = "ministack", "model", "test"


@dataclass(frozen=True)
class Deviation:
    """A difference: patterns of operations, of members, and of the start of the message."""

    operations: str
    where: str
    what: str
    of: str  # what is wrong: ministack, AWS' model, or a test on purpose
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
        "logs:ListTagsForResource",
        "tags",
        "has 0",
        MODEL,
        "a log group without tags has an empty map; the shape is that of TagResource",
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
        "glue:*",
        "*StorageDescriptor.Columns.Name",
        "is 'two*lines'",
        TEST,
        "tests/glue/test_input.py has a column name that Glue refuses; it is unknown which name a"
        " crawler of AWS gives instead",
    ),
    Deviation(
        "s3:*BucketNotificationConfiguration",
        "*FilterRules.Name",
        "is '?*fix'",
        MODEL,
        "S3 returns Prefix and Suffix, and accepts them, as rules that others wrote",
    ),
    Deviation(
        "glue:StartJobRun",
        "Timeout",
        "has 0",
        TEST,
        "tests/sandbox/aws/test_jobs.py sets a timeout of a second; Glue counts whole minutes",
    ),
    Deviation(
        "glue:GetJobRun*",
        "JobRun*.Timeout",
        "is float",
        TEST,
        "the timeout of a second, as above",
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
    Deviation(
        "cloudformation:DescribeChangeSet",
        "ChangeSetType",
        "is unknown",
        MINISTACK,
        "it shows a member that only requests have",
    ),
    Deviation(
        "cloudformation:DescribeStacks",
        "Stacks.Description",
        "has 0",
        MINISTACK,
        "it writes an empty text where CloudFormation leaves the member out",
    ),
)
