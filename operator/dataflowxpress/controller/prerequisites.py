"""Prerequisites: what a spec names in AWS must admit the services of the pipeline.

Services drop what they cannot encrypt or write, and report no error. So the operator checks this
before it writes anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws import key_policy, log_target
from dataflowxpress.aws.resources import AccessLogs
from dataflowxpress.planning.resource import Resource

from .connector import Connection


def check(connection: Connection, spec: DataPipelineSpec, wanted: Sequence[Resource]) -> None:
    """Raise Refused for a key or a bucket for logs that a service cannot use."""
    scope = connection.scope
    if key := spec.bucket.kms_key_arn:
        key_policy.check_location("spec.bucket.kmsKeyArn", key, scope, same_account=False)
    if key := spec.encryption.kms_key_arn:
        key_policy.check_location(key_policy.FIELD, key, scope, same_account=True)
        uploads = spec.trigger.on_upload
        key_policy.check(connection.client("kms"), key, scope.region, uploads=uploads)
    for each in wanted:
        if isinstance(each, AccessLogs):
            log_target.check(connection.client("s3"), each)
