"""Encryption permissions: what a security configuration requires from the role of Glue."""

from __future__ import annotations

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import LogGroup
from dataflowxpress.aws.resources.grant import Grant

from .job_logs import JobLogs
from .permissions import allow, log_group_arns


def of_glue(
    spec: DataPipelineSpec, job_logs: JobLogs, crawler_logs: LogGroup | None
) -> tuple[Grant, ...]:
    """Return the permissions of crawler and job; none without a security configuration.

    Glue associates the key with the log groups, and encrypts bookmarks, as the role. It makes both
    calls itself, so that no service is in `kms:ViaService`. The packaged job has no bookmarks.
    """
    if spec.encryption.glue_security_configuration == "None":
        return ()
    groups = (*job_logs.owned, *([crawler_logs] if crawler_logs else []))
    statements = [
        allow("glue:GetSecurityConfiguration", on=["*"]),  # it supports no resource
        allow(
            "logs:AssociateKmsKey",
            on=[arn for group in groups for arn in log_group_arns(group.scope, group)],
        ),
    ]
    if not spec.job.script.packaged:
        bookmarks = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
        statements.append(allow(*bookmarks, on=[spec.encryption.kms_key_arn or ""]))
    return tuple(statements)
