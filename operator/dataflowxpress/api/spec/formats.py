"""Formats: strings of a fixed format, each with a pattern for machines and a fix for people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, cast

from pydantic import Field, GetCoreSchemaHandler, ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

CONTROL = r"\x00-\x1f\x7f"  # XML cannot express these, and the APIs of S3 and SNS use XML
MOST_NAMED = 4  # wrong characters that a message names


@dataclass(frozen=True)
class Format:
    """A pattern for a string; *fix* completes the sentence "use ...".

    *allowed* is the inside of a character class: a message names the characters outside of it.
    """

    pattern: str
    fix: str
    allowed: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the schema of the string with this pattern, whose errors are in words."""
        text = {**handler(source), "pattern": self.pattern}
        return core_schema.no_info_wrap_validator_function(self._validate, cast("CoreSchema", text))

    def _validate(self, value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        try:
            return validate(value)
        except ValidationError as error:
            if error.errors()[0]["type"] != "string_pattern_mismatch":
                raise
            words = {"fault": self._fault(value), "fix": f"use {self.fix}"}
            raise PydanticCustomError("format", "{fault}; {fix}", words) from None

    def _fault(self, value: str) -> str:
        wrong = re.sub(f"[{self.allowed}]", "", value)
        return (
            f"has {_characters(wrong)}" if wrong else "has the wrong form" if value else "is empty"
        )


def _characters(wrong: str) -> str:
    """Return the distinct characters of *wrong* in words."""
    named = list(dict.fromkeys(map(_character, wrong)))
    if more := named[MOST_NAMED:]:
        named = [*named[:MOST_NAMED], f"{len(more)} more"]
    *first, last = named
    return f"{', '.join(first)} and {last}" if first else last


def _character(character: str) -> str:
    if character.isupper():
        return "capitals"
    if character.isspace() and character.isprintable():
        return "spaces"
    return f'"{character}"' if character.isprintable() else "control characters"


def unique(name: str) -> Callable[[Any], Any]:
    """Return a validator of a list whose entries have different values of the field *name*."""

    def validate(entries: Any) -> Any:
        counts = Counter(getattr(each, name) for each in entries)
        if twice := [value for value, count in counts.items() if count > 1]:
            words = {
                "fault": f'has more than one entry with the {name} "{twice[0]}"',
                "fix": "remove or rename all but one",
            }
            raise PydanticCustomError("format", "{fault}; {fix}", words)
        return entries

    return validate


_NAME = Format(r"^[A-Za-z0-9_-]+$", 'a-z, A-Z, 0-9, "_" and "-"', "A-Za-z0-9_-")
_LOWER = Format(r"^[a-z0-9_]+$", 'a-z, 0-9 and "_"', "a-z0-9_")

# In an IAM policy, `*`, `?` and `$` would stand for other keys than these.
Prefix = Annotated[
    str,
    Field(max_length=512),
    Format(
        rf"^[^/*?${CONTROL}][^*?${CONTROL}]*/$",
        'a folder that ends with "/" and does not begin with "/", without "*", "?" and "$"',
        rf"^*?${CONTROL}",
    ),
]
Suffix = Annotated[
    str,
    Field(max_length=64),
    Format(rf"^[^{CONTROL}]*$", "an ending like .csv, without control characters", rf"^{CONTROL}"),
]
Name = Annotated[str, Field(min_length=1, max_length=64), _NAME]
TopicName = Annotated[str, Field(max_length=256), _NAME]
BucketName = Annotated[
    str,
    Field(min_length=3, max_length=63),
    Format(
        r"^[a-z0-9][a-z0-9.-]*[a-z0-9]$",
        'a-z, 0-9, "." and "-", with a letter or digit at both ends',
        "a-z0-9.-",
    ),
]
Database = Annotated[str, Field(max_length=255), _LOWER]
TablePrefix = Annotated[
    str, Field(max_length=64), Format(r"^[a-z0-9_]*$", 'a-z, 0-9 and "_"', "a-z0-9_")
]
Column = Annotated[str, Field(max_length=255), _LOWER]
# ASCII and Latin-1 without NUL, line breaks, quotes and the backslash: one character for Glue's
# classifier and for the job.
_SEPARATORS = r"\x01-\x09\x0b\x0c\x0e-!#-&(-\[\]-\x7f\xa0-\xff"
Delimiter = Annotated[
    str,
    Field(max_length=8),
    Format(
        rf"^(\\t|[{_SEPARATORS}]+)$",
        r"one to eight characters of ASCII or Latin-1, or \t for a tab; no quote, backslash or line"
        r' break; YAML spells a control character like "\x01", in double quotes',
        _SEPARATORS,
    ),
]
Escape = Annotated[
    str,
    Field(max_length=8),  # the message of the pattern helps more
    Format(r"^[!-/:-@\[-`{-~]?$", "one punctuation character, like \\", r"!-/:-@\[-`{-~"),
]
Comment = Annotated[
    str,
    Field(max_length=8),
    Format(r"^([!-~][ -~]*)?$", "one to eight visible characters of ASCII, like # or //", " -~"),
]
Region = Annotated[
    str,
    Field(max_length=32),
    # Areas have two letters, and four in the European Sovereign Cloud: `eusc-de-east-1`.
    Format(r"^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$", "a region like eu-west-1", "a-z0-9-"),
]
AccountId = Annotated[
    str,
    Field(max_length=12),
    Format(r"^[0-9]{12}$", "the 12 digits of the account, in quotes", "0-9"),
]
RoleArn = Annotated[
    str,
    Field(max_length=512),
    Format(
        r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$",
        "the ARN of a role, like arn:aws:iam::123456789012:role/orders",
        r"\w+=,.@/:-",
    ),
]
KmsKeyArn = Annotated[
    str,
    Field(max_length=512),
    Format(
        r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$",
        "the ARN of a key, like arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab",
        "A-Za-z0-9/:-",
    ),
]
SubnetId = Annotated[
    str,
    Field(max_length=32),
    Format(r"^subnet-[0-9a-f]+$", "the ID of a subnet, like subnet-0a1b2c3d", "a-z0-9-"),
]
SecurityGroupId = Annotated[
    str,
    Field(max_length=32),
    Format(r"^sg-[0-9a-f]+$", "the ID of a security group, like sg-0a1b2c3d", "a-z0-9-"),
]
S3Uri = Annotated[
    str,
    Field(max_length=1088),
    Format(
        r"^s3://[a-z0-9.-]+/[^*?$]+\.py$",
        'an object like s3://bucket/folder/job.py, which ends in .py, without "*", "?" and "$"',
        "^*?$",
    ),
]
_PART = "[!-?A-~]+"  # visible ASCII without @: one class that all regular expressions read alike
Email = Annotated[
    str,
    Field(max_length=320),
    Format(
        rf"^{_PART}@{_PART}\.{_PART}$",
        "an address like team@example.com, in ASCII and without spaces",
        "!-~",
    ),
]
Interval = Annotated[
    str,
    Field(min_length=2, max_length=16),
    Format(
        r"^([0-9]+h)?([0-9]+m)?([0-9]+s)?$",
        "hours, minutes and seconds, like 1h30m, 10m or 90s",
        "0-9hms",
    ),
]
TagKey = Annotated[
    str,
    Field(max_length=128),
    Format(r"^[\w .:/=+@-]+$", "letters, digits, spaces and _.:/=+@-", r"\w .:/=+@-"),
]
TagValue = Annotated[
    str,
    Field(max_length=256),
    Format(r"^[\w .:/=+@-]*$", "letters, digits, spaces and _.:/=+@-", r"\w .:/=+@-"),
]
ArgumentName = Annotated[
    str,
    Field(max_length=128),
    Format(
        r"^--[A-Za-z0-9_-]+$",
        'a name like --threshold: "--", then a-z, A-Z, 0-9, "_" and "-"',
        "A-Za-z0-9_-",
    ),
]
SecretArn = Annotated[
    str,
    Field(max_length=2048),
    Format(
        r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+$",
        "the complete ARN of a secret, like"
        " arn:aws:secretsmanager:eu-west-1:123456789012:secret:name-AbCdEf",
        "A-Za-z0-9/_+=.@:-",
    ),
]
