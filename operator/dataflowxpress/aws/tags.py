"""Tags: read and write the tags of a resource through its service's own API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from dataflowxpress.planning.resource import Tags

from .queue_urls import queue_url


class Tagger(NamedTuple):
    """The three tagging calls of a service; each takes its client and a resource's ARN."""

    read: Callable[[Any, str], Tags]
    write: Callable[[Any, str, Tags], Any]
    remove: Callable[[Any, str, list[str]], Any]


def pairs(tags: Tags) -> list[dict[str, str]]:
    """Return *tags* as the list of `Key` and `Value` that most services take."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def unpair(items: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the tags in a list of `Key` and `Value`."""
    return {item["Key"]: item["Value"] for item in items}


def _name(arn: str) -> str:
    return arn.rpartition(":")[2].rpartition("/")[2]


def _queue_url(sqs: Any, arn: str) -> str:
    return queue_url(sqs, _name(arn))


def _read_bucket(s3: Any, arn: str) -> Tags:
    try:
        return unpair(s3.get_bucket_tagging(Bucket=_name(arn))["TagSet"])
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchTagSet":
            return {}
        raise


def _write_bucket(s3: Any, arn: str, tags: Tags) -> None:
    """Merge *tags* into the existing ones, because PutBucketTagging replaces all of them."""
    merged = {**_read_bucket(s3, arn), **tags}
    s3.put_bucket_tagging(Bucket=_name(arn), Tagging={"TagSet": pairs(merged)})


def _remove_from_bucket(s3: Any, arn: str, keys: list[str]) -> None:
    kept = {key: value for key, value in _read_bucket(s3, arn).items() if key not in keys}
    s3.put_bucket_tagging(Bucket=_name(arn), Tagging={"TagSet": pairs(kept)})


TAGGERS = {
    "cloudwatch": Tagger(
        lambda c, arn: unpair(c.list_tags_for_resource(ResourceARN=arn)["Tags"]),
        lambda c, arn, tags: c.tag_resource(ResourceARN=arn, Tags=pairs(tags)),
        lambda c, arn, keys: c.untag_resource(ResourceARN=arn, TagKeys=keys),
    ),
    "events": Tagger(
        lambda c, arn: unpair(c.list_tags_for_resource(ResourceARN=arn)["Tags"]),
        lambda c, arn, tags: c.tag_resource(ResourceARN=arn, Tags=pairs(tags)),
        lambda c, arn, keys: c.untag_resource(ResourceARN=arn, TagKeys=keys),
    ),
    "glue": Tagger(
        lambda c, arn: c.get_tags(ResourceArn=arn)["Tags"],
        lambda c, arn, tags: c.tag_resource(ResourceArn=arn, TagsToAdd=dict(tags)),
        lambda c, arn, keys: c.untag_resource(ResourceArn=arn, TagsToRemove=keys),
    ),
    "iam": Tagger(
        lambda c, arn: unpair(c.list_role_tags(RoleName=_name(arn))["Tags"]),
        lambda c, arn, tags: c.tag_role(RoleName=_name(arn), Tags=pairs(tags)),
        lambda c, arn, keys: c.untag_role(RoleName=_name(arn), TagKeys=keys),
    ),
    "lambda": Tagger(
        lambda c, arn: c.list_tags(Resource=arn)["Tags"],
        lambda c, arn, tags: c.tag_resource(Resource=arn, Tags=dict(tags)),
        lambda c, arn, keys: c.untag_resource(Resource=arn, TagKeys=keys),
    ),
    "logs": Tagger(
        lambda c, arn: c.list_tags_for_resource(resourceArn=arn)["tags"],
        lambda c, arn, tags: c.tag_resource(resourceArn=arn, tags=dict(tags)),
        lambda c, arn, keys: c.untag_resource(resourceArn=arn, tagKeys=keys),
    ),
    "s3": Tagger(_read_bucket, _write_bucket, _remove_from_bucket),
    "sns": Tagger(
        lambda c, arn: unpair(c.list_tags_for_resource(ResourceArn=arn)["Tags"]),
        lambda c, arn, tags: c.tag_resource(ResourceArn=arn, Tags=pairs(tags)),
        lambda c, arn, keys: c.untag_resource(ResourceArn=arn, TagKeys=keys),
    ),
    "sqs": Tagger(
        lambda c, arn: c.list_queue_tags(QueueUrl=_queue_url(c, arn)).get("Tags", {}),
        lambda c, arn, tags: c.tag_queue(QueueUrl=_queue_url(c, arn), Tags=dict(tags)),
        lambda c, arn, keys: c.untag_queue(QueueUrl=_queue_url(c, arn), TagKeys=keys),
    ),
}
