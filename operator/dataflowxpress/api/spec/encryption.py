"""Encryption: the customer-managed key of everything that a pipeline stores."""

from __future__ import annotations

from .formats import KmsKeyArn
from .model import SpecModel


class Encryption(SpecModel):
    """Encryption at rest with a customer-managed key."""

    kms_key_arn: KmsKeyArn | None = None
    """The KMS key that encrypts queues, topic, log groups and, without `bucket.kmsKeyArn`, the
    bucket. It must be a key of the pipeline's account and region, whose policy admits the services
    in the output of `dataflowxpress iam key`. Default: keys that AWS manages."""
