"""Utils: reads the arguments of a job in its script."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

_RESERVED = {
    "job_bookmark_option": "--job-bookmark-option",
    "job_bookmark_from": "--job-bookmark-from",
    "job_bookmark_to": "--job-bookmark-to",
    "JOB_ID": "--JOB_ID",
    "JOB_RUN_ID": "--JOB_RUN_ID",
    "SECURITY_CONFIGURATION": "--SECURITY_CONFIGURATION",
    "encryption_type": "--encryption-type",
    "enable_data_lineage": "--enable-data-lineage",
}
_ALWAYS = ("RedshiftTempDir", "TempDir")


class GlueArgumentError(Exception):
    """A required argument is missing."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(args: list[str], options: list[str]) -> dict[str, Any]:
    """Return the named options of `sys.argv`, and those of every Glue job.

    All named options are required. Unknown arguments are ignored; reserved names raise an error.
    """
    reserved = set(options) & (_RESERVED.keys() - {"JOB_ID", "JOB_RUN_ID"})
    if reserved:
        raise RuntimeError(f"Using reserved arguments {', '.join(sorted(reserved))}")
    parser = _Parser(add_help=False)
    for name, argument in _RESERVED.items():
        parser.add_argument(argument, dest=name)
    for name in _ALWAYS:
        parser.add_argument(f"--{name}", required=name in options)
    for name in options:
        if name not in (*_RESERVED, *_ALWAYS):
            parser.add_argument(f"--{name}", required=True, dest=name)
    namespace, _ = parser.parse_known_args(args[1:])
    resolved: dict[str, Any] = vars(namespace)
    resolved["job_bookmark_option"] = resolved["job_bookmark_option"] or "job-bookmark-disable"
    resolved["TempDir"] = resolved["TempDir"] or resolved["RedshiftTempDir"]
    return resolved
