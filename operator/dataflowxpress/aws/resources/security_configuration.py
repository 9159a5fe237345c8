"""Glue security configuration: the keys with which Glue encrypts data, logs and bookmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dataflowxpress.api.resource_id import Key
from dataflowxpress.planning.diff import Exclusive
from dataflowxpress.planning.naming import Names
from dataflowxpress.planning.resource import Resource, Scope, State, Tags

PARTS = ("S3Encryption", "CloudWatchEncryption", "JobBookmarksEncryption")


@dataclass(frozen=True, kw_only=True)
class SecurityConfiguration(Resource):
    """A security configuration for crawler and job.

    Glue has no call to change one, and no tags for it. It reads the configuration at the start of
    a run or crawl, so that active ones keep their keys.
    """

    service = "glue"
    immutable = frozenset(PARTS)
    replacement = "a run or crawl that starts between the two calls fails, and is started again"

    kms_key_arn: str  # of logs and bookmarks
    bucket_key_arn: str  # of the objects that Spark writes

    def desired(self) -> State:
        return {
            "S3Encryption": [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": self.bucket_key_arn}],
            "CloudWatchEncryption": Exclusive(
                CloudWatchEncryptionMode="SSE-KMS", KmsKeyArn=self.kms_key_arn
            ),
            "JobBookmarksEncryption": Exclusive(
                JobBookmarksEncryptionMode="CSE-KMS", KmsKeyArn=self.kms_key_arn
            ),
        }

    @classmethod
    def name_of(cls, scope: Scope) -> str:
        """Return the name of the pipeline's security configuration."""
        return Names(scope.owner, scope.account).of()

    @classmethod
    def is_derived(cls, scope: Scope, key: Key) -> bool:
        return key == (cls.name_of(scope),)

    @staticmethod
    def read(glue: Any, name: str) -> State:
        found = glue.get_security_configuration(Name=name)["SecurityConfiguration"]
        return {part: found["EncryptionConfiguration"].get(part, {}) for part in PARTS}

    def create(self, glue: Any, want: State, tags: Tags) -> None:
        glue.create_security_configuration(Name=self.name, EncryptionConfiguration=dict(want))

    @staticmethod
    def delete(glue: Any, name: str) -> None:
        glue.delete_security_configuration(Name=name)
