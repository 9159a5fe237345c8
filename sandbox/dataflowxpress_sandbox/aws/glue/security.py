"""Security: security configurations, which Glue applies to a run or crawl with its role's rights.

Glue reads the configuration as the role, derives the names of log groups from it, associates its
key with them, and encrypts bookmarks. CreateCrawler and UpdateCrawler reject a configuration that
does not exist; a job fails when it starts. A configuration in use can be deleted. Objects that
Spark writes have the default encryption of their bucket here: the client of S3 sends keys over
HTTPS only. See
https://docs.aws.amazon.com/glue/latest/dg/encryption-security-configuration.html
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ministack.services import glue

from dataflowxpress_sandbox.aws.iam.roles import role_name

from .errors import GlueError, invalid, not_found

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dataflowxpress_sandbox.aws.credentials import Credentials

_KMS = ("SSE-KMS", "CSE-KMS")
_MODES = ("S3EncryptionMode", "CloudWatchEncryptionMode", "JobBookmarksEncryptionMode")


class Security(NamedTuple):
    """What a configuration encrypts for one role, each with the ARN of a key or an empty text."""

    configuration: str
    role: str
    logs: str = ""
    bookmarks: str = ""

    @classmethod
    def of(cls, credentials: Credentials, configuration: str, role: str) -> Security:
        """Read a configuration as the role; without one, nothing is encrypted.

        Raises ClientError if it does not exist, or the role may not read it.
        """
        if not configuration:
            return cls("", role_name(role))
        client = credentials.client("glue")
        found = client.get_security_configuration(Name=configuration)["SecurityConfiguration"]
        return cls._of(configuration, role, found["EncryptionConfiguration"])

    @classmethod
    def _of(cls, configuration: str, role: str, given: Mapping[str, Any]) -> Security:
        logs, bookmarks = given.get("CloudWatchEncryption"), given.get("JobBookmarksEncryption")
        keys = (_key(each or {}) for each in (logs, bookmarks))
        return cls(configuration, role_name(role), *keys)

    def job_log_folder(self, folder: str) -> str:
        """Return the folder of the log groups of a job, of which *folder* is the usual one."""
        return f"{folder}/{self.configuration}-role/{self.role}" if self.logs else folder

    def crawler_log_group(self, group: str) -> str:
        """Return the log group of a crawler, of which *group* is the usual one."""
        return f"{group}-role/{self.role}-{self.configuration}" if self.logs else group

    def encrypt_logs(self, credentials: Credentials, groups: Iterable[str]) -> None:
        """Create the groups and associate the key; raises ClientError if the role may not."""
        logs = credentials.client("logs")
        for group in groups if self.logs else ():
            with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                logs.create_log_group(logGroupName=group)
            logs.associate_kms_key(logGroupName=group, kmsKeyId=self.logs)

    def encrypt_bookmarks(self, credentials: Credentials, arguments: Mapping[str, str]) -> None:
        """Use the key of a job with bookmarks; raises ClientError if the role may not."""
        if self.bookmarks and arguments.get("--job-bookmark-option") == "job-bookmark-enable":
            kms = credentials.client("kms")
            key = kms.generate_data_key(KeyId=self.bookmarks, KeySpec="AES_256")
            kms.decrypt(CiphertextBlob=key["CiphertextBlob"], KeyId=self.bookmarks)


def create(request: dict[str, Any]) -> dict[str, Any]:
    """CreateSecurityConfiguration."""
    name, given = request["Name"], request["EncryptionConfiguration"]
    if name in glue._security_configs:
        text = f"Security configuration {name} already exists"
        raise GlueError("AlreadyExistsException", text)
    parts = (*given.get("S3Encryption", ()), *(v for v in given.values() if isinstance(v, dict)))
    if any(_mode(each) in _KMS and not each.get("KmsKeyArn") for each in parts):
        raise invalid("A KMS encryption mode needs a KmsKeyArn")
    now = time.time()
    glue._security_configs[name] = {
        "Name": name,
        "CreatedTimeStamp": now,
        "EncryptionConfiguration": given,
    }
    return {"Name": name, "CreatedTimestamp": now}


def check(name: str) -> None:
    """Raise the error of CreateCrawler for a configuration that does not exist."""
    if name and name not in glue._security_configs:
        missing = not_found("Security configuration", name)
        text = f"Error trying to retrieve security config, error message: {missing.message}"
        raise invalid(text)


def crawler_security(crawler: Mapping[str, Any]) -> Security:
    """Return the security of a crawler by its definition, for the location of its log."""
    name, role = crawler.get("CrawlerSecurityConfiguration", ""), crawler["Role"]
    found = glue._security_configs.get(name) or {}
    return Security._of(name, role, found.get("EncryptionConfiguration", {}))


def _mode(part: Mapping[str, Any]) -> str:
    return next((str(part[mode]) for mode in _MODES if mode in part), "")


def _key(part: Mapping[str, Any]) -> str:
    return str(part.get("KmsKeyArn", "")) if _mode(part) in _KMS else ""
