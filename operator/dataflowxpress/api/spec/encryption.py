"""Encryption: the customer-managed key of everything that a pipeline stores."""

from __future__ import annotations

from typing import Literal

from .formats import KmsKeyArn
from .model import SpecModel, ValidationRule


class Encryption(SpecModel):
    """Encryption at rest with a customer-managed key."""

    VALIDATION_RULES = (
        ValidationRule(
            "a security configuration needs a key; set kmsKeyArn, or glueSecurityConfiguration to"
            " None",
            cel="!has(self.glueSecurityConfiguration)"
            " || self.glueSecurityConfiguration != 'Managed' || has(self.kmsKeyArn)",
            holds=lambda encryption: (
                encryption.glue_security_configuration != "Managed"
                or encryption.kms_key_arn is not None
            ),
            field=".kmsKeyArn",
        ),
    )

    kms_key_arn: KmsKeyArn | None = None
    """The KMS key that encrypts queues, topic, log groups and, without `bucket.kmsKeyArn`, the
    bucket. It must be a key of the pipeline's account and region, whose policy admits the services
    in the output of `dataflowxpress iam key`. Default: keys that AWS manages."""

    glue_security_configuration: Literal["None", "Managed"] = "None"
    """The Glue security configuration of crawler and job. `Managed`: one of the pipeline, with
    `kmsKeyArn`. The operator needs the policy that `dataflowxpress iam security-configuration`
    prints. `None`: none."""
