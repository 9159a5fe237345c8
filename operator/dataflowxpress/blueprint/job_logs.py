"""Job logs: the log groups of a job's runs, and the arguments that select them. Pure."""

from __future__ import annotations

from typing import NamedTuple

from dataflowxpress.aws.resources import LogGroup
from dataflowxpress.aws.resources.log_group import OF_JOBS
from dataflowxpress.planning.resource import Scope

SHARED = (f"{OF_JOBS}output", f"{OF_JOBS}error")  # of all jobs of the account
REAL_TIME = 5  # the first major version of Glue that always logs in real time


class JobLogs(NamedTuple):
    """The log groups of a job's runs: those of the pipeline, and the names of shared ones."""

    groups: tuple[LogGroup | str, ...]
    arguments: dict[str, str]

    @classmethod
    def of(
        cls, scope: Scope, name: str, glue_version: str, key: str = "", secured: str = ""
    ) -> JobLogs:
        """Return the log groups of the job *name*, as its Glue version supports them.

        They are encrypted with *key*. With a security configuration, each version derives their
        names from it and from the role: *secured* is this part of the names.

        Glue 4.0 copies the driver's log to one group, and writes the output to shared groups.
        Glue 5.0 ignores its argument, and writes to two groups under a prefix. A change of the
        version keeps the group with the errors.
        """
        prefix = f"{OF_JOBS}{secured or name}"
        # A late run can recreate a deleted group, so that the operator adopts an existing one.
        output, error = (
            LogGroup(scope, f"{prefix}/{of}", adopt=True, kms_key_arn=key)
            for of in ("output", "error")
        )
        if secured:
            return cls((output, error), {})
        if int(glue_version.partition(".")[0]) >= REAL_TIME:
            return cls((output, error), {"--custom-logGroup-prefix": prefix})
        arguments = {
            "--enable-continuous-cloudwatch-log": "true",
            "--continuous-log-logGroup": error.name,
        }
        return cls((error, *SHARED), arguments)

    @property
    def owned(self) -> list[LogGroup]:
        """The log groups of the pipeline."""
        return [group for group in self.groups if isinstance(group, LogGroup)]
