"""Security configurations: Glue applies them with the rights of the role, or fails the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.conftest import allow, unique
from tests.sandbox.aws.test_encryption import make_key
from tests.sandbox.aws.test_jobs import SAYS, Job

if TYPE_CHECKING:
    from tests.sandbox.aws.conftest import Place
    from tests.sandbox.aws.test_jobs import Eventually

LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")

pytestmark = pytest.mark.long


def configure(place: Place) -> tuple[str, str]:
    """Create a key that admits CloudWatch Logs, and a configuration with it; return both."""
    key, name = make_key(place, "logs.eu-west-1.amazonaws.com"), unique("configuration")
    place.aws.client("glue").create_security_configuration(
        Name=name,
        EncryptionConfiguration={
            "S3Encryption": [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": key}],
            "CloudWatchEncryption": {"CloudWatchEncryptionMode": "SSE-KMS", "KmsKeyArn": key},
            "JobBookmarksEncryption": {"JobBookmarksEncryptionMode": "CSE-KMS", "KmsKeyArn": key},
        },
    )
    return key, name


def role_with(place: Place, *actions: str) -> str:
    """Create a role with what each run needs, and *actions*; return its name."""
    needed = ("s3:*", "glue:GetTable*", "glue:GetDatabase*", "glue:CreateTable", *LOGS)
    return place.role(allow(*needed, *actions)).rpartition("/")[2]


def key_of(place: Place, group: str) -> str:
    """Return the key of a log group that exists."""
    logs = place.aws.client("logs")
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    return str(found["kmsKeyId"])


def crawl(place: Place, eventually: Eventually, role: str, configuration: str) -> dict[str, Any]:
    """Crawl the bucket; return how the crawl ended."""
    glue, name = place.aws.client("glue"), unique("crawler")
    glue.create_crawler(
        Name=name,
        Role=role,
        DatabaseName=place.name,
        Targets={"S3Targets": [{"Path": f"s3://{place.name}/data/"}]},
        CrawlerSecurityConfiguration=configuration,
    )
    glue.start_crawler(Name=name)
    found: dict[str, Any] = eventually(
        lambda: glue.get_crawler(Name=name)["Crawler"].get("LastCrawl")
    )
    return found


def test_a_mode_with_a_key_needs_the_key(place: Place) -> None:
    with pytest.raises(ClientError, match="InvalidInputException"):
        place.aws.client("glue").create_security_configuration(
            Name=unique("configuration"),
            EncryptionConfiguration={"S3Encryption": [{"S3EncryptionMode": "SSE-KMS"}]},
        )


def test_a_crawler_with_an_absent_configuration_is_rejected(
    place: Place, eventually: Eventually
) -> None:
    with pytest.raises(ClientError, match="Error trying to retrieve security config"):
        crawl(place, eventually, role_with(place), "absent")


def test_a_crawl_writes_to_an_encrypted_log_group_of_role_and_configuration(
    place: Place, eventually: Eventually
) -> None:
    place.put("data/a.csv", "a,b\n1,2\n")
    key, configuration = configure(place)
    role = role_with(place, "glue:GetSecurityConfiguration", "logs:AssociateKmsKey")
    last = crawl(place, eventually, role, configuration)
    group = f"/aws-glue/crawlers-role/{role}-{configuration}"
    assert (last["Status"], last["LogGroup"]) == ("SUCCEEDED", group)
    assert key_of(place, group) == key


@pytest.mark.parametrize("missing", ["glue:GetSecurityConfiguration", "logs:AssociateKmsKey"])
def test_a_crawl_and_a_run_fail_without_a_permission_of_the_role(
    place: Place, eventually: Eventually, missing: str
) -> None:
    _, configuration = configure(place)
    both = {"glue:GetSecurityConfiguration", "logs:AssociateKmsKey"}
    role = role_with(place, *(both - {missing}))
    last = crawl(place, eventually, role, configuration)
    assert last["Status"] == "FAILED"
    assert missing in last["ErrorMessage"]
    run = Job(place, eventually, "", Role=role, SecurityConfiguration=configuration).run()
    assert run["ErrorMessage"].startswith("LAUNCH ERROR")
    assert missing in run["ErrorMessage"]


def test_a_run_with_bookmarks_fails_without_the_key_of_its_configuration(
    place: Place, eventually: Eventually
) -> None:
    _, configuration = configure(place)
    role = role_with(place, "glue:GetSecurityConfiguration", "logs:AssociateKmsKey")
    bookmarks = {"--job-bookmark-option": "job-bookmark-enable"}
    settings = {"SecurityConfiguration": configuration, "DefaultArguments": bookmarks}
    run = Job(place, eventually, "", Role=role, **settings).run()
    assert run["JobRunState"] == "FAILED"
    assert "kms:GenerateDataKey" in run["ErrorMessage"]


@pytest.mark.parametrize("version", ["4.0", "5.0"])
def test_a_run_writes_to_encrypted_log_groups_of_role_and_configuration(
    place: Place, eventually: Eventually, version: str
) -> None:
    key, configuration = configure(place)
    role = role_with(place, "glue:GetSecurityConfiguration", "logs:AssociateKmsKey")
    settings = {"SecurityConfiguration": configuration, "GlueVersion": version}
    run = Job(place, eventually, SAYS, Role=role, **settings).run()
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    folder = f"/aws-glue/jobs/{configuration}-role/{role}"
    assert [key_of(place, f"{folder}/{of}") for of in ("output", "error")] == [key, key]
    logs = place.aws.client("logs")
    events = logs.get_log_events(logGroupName=f"{folder}/output", logStreamName=run["Id"])["events"]
    assert [each["message"] for each in events] == ["said"]


def test_a_configuration_in_use_can_be_deleted_and_fails_the_next_run(
    place: Place, eventually: Eventually
) -> None:
    _, configuration = configure(place)
    role = role_with(place, "glue:GetSecurityConfiguration", "logs:AssociateKmsKey")
    job = Job(place, eventually, "", Role=role, SecurityConfiguration=configuration)
    place.aws.client("glue").delete_security_configuration(Name=configuration)
    run = job.run()
    assert run["ErrorMessage"].startswith("LAUNCH ERROR")
    assert "EntityNotFoundException" in run["ErrorMessage"]
