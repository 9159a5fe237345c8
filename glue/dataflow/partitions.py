"""Partitions: values of columns as names of folders, as Hive, Spark and Athena write them."""

from __future__ import annotations

import re
from urllib.parse import unquote

NULL = "__HIVE_DEFAULT_PARTITION__"  # stands for null in the name of a folder
MAX_BYTES = 255  # of a value in a key, which S3 limits to 1,024 bytes
_ESCAPED = re.compile("[\x01-\x1f\"#%'*/:=?\\\\\x7f{\\[\\]^]")


def folder(name: str, value: str | None) -> str:
    """Return the folder of a value, like `country=DE/`."""
    return f"{name}={_escaped(value)}/"


def value_of(folder_name: str) -> str | None:
    """Return the value in the name of a folder, `name=value` or `value`; null for Hive's mark."""
    value = unquote(folder_name.partition("=")[2] if "=" in folder_name else folder_name)
    return None if value == NULL else value


def problem(value: str) -> str | None:
    """Return why a text cannot be the value of a partition, or None if it can."""
    if value == NULL:
        return "is the mark of null in partitions"
    if "\0" in value:
        return "has a NUL, which no folder can have"
    if len(_escaped(value).encode()) > MAX_BYTES:
        return f"is longer than {MAX_BYTES} bytes, the limit of a partition"
    return None


def _escaped(value: str | None) -> str:
    if not value:  # Hive, Spark and Athena take an empty text for null
        return NULL
    return _ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", value)
