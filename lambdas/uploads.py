"""Uploads: when the messages of a pipeline's queues ask for a crawl or a run."""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any
from urllib.parse import unquote_plus

import boto3
import botocore.session

from batch import Json

PAGES = 100  # of 1,000 objects each, that a scheduled start lists to find out if there is work
SCHEDULE = "schedule"
CLOCKS_DIFFER = 0.2  # seconds, between those of S3 and of the job; both are synchronized
CUT = 1  # second: events of Glue, and listings of S3, have times without fractions


def asked(body: Json, sent: float, settings: Mapping[str, str]) -> float | None:
    """Return the time until which work must have seen all uploads; None for other messages.

    It is in seconds since 1970, and later than the upload by what clocks can differ. For a request
    without a time of its own, it is the time at which it was *sent*. Raises KeyError, TypeError or
    ValueError if the body is invalid. *settings* locate the uploads.
    """
    if body.get("source") == "dataflowxpress":
        return _requested(body, sent, settings)
    if body.get("Event") == "s3:TestEvent":
        return None
    times = [_seconds(each["eventTime"]) for each in _sources(body, settings)]
    return max(times) + CLOCKS_DIFFER if times else None


def is_upload(body: Json) -> bool:
    """Return whether S3 sent a message."""
    return "Records" in body or body.get("Event") == "s3:TestEvent"


def ended(body: Json) -> float | None:
    """Return the time of an event that ends a crawl; None for an event of another state.

    Glue fails a crawl as a whole for one object. The run converts the others. Raises KeyError or
    ValueError if it is no event of a crawler.
    """
    if body["detail-type"] != "Glue Crawler State Change":
        raise ValueError(f"not a crawler event: {body['detail-type']}")
    is_ended = body["detail"]["state"] in {"Succeeded", "Failed"}
    return _seconds(body["time"]) + CUT if is_ended else None


def _requested(body: Json, sent: float, settings: Mapping[str, str]) -> float | None:
    if body.get("reason") == SCHEDULE:
        return _newest(settings)
    return float(body.get("since", sent + CLOCKS_DIFFER))


def _newest(settings: Mapping[str, str]) -> float | None:
    """Return the time of the newest upload, or now if there are too many objects to list."""
    pages = (
        _s3()
        .get_paginator("list_objects_v2")
        .paginate(
            Bucket=settings["BUCKET"],
            ExpectedBucketOwner=settings["BUCKET_OWNER"],
            Prefix=settings["PREFIX"],
        )
    )
    newest = ""
    for page in islice(pages, PAGES):
        times = (
            each["LastModified"]
            for each in page.get("Contents", ())
            if _is_source(each["Key"], settings)
        )
        newest = max((newest, *times))
        if not page["IsTruncated"]:
            return _seconds(newest) + CUT if newest else None
    return time.time()


def _sources(body: Json, settings: Mapping[str, str]) -> Iterator[Json]:
    for record in body["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        if record["s3"]["bucket"]["name"] == settings["BUCKET"] and _is_source(key, settings):
            yield record


def _is_source(key: str, settings: Mapping[str, str]) -> bool:
    is_folder = key.endswith("/")
    suffix = settings.get("SUFFIX", "")
    return not is_folder and key.startswith(settings["PREFIX"]) and key.endswith(suffix)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


@cache
def _s3() -> Any:
    """Return a client that leaves times as S3 writes them, in order of their text.

    To parse those of 100,000 objects takes longer than to list them.
    """
    session = botocore.session.get_session()
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=str)
    return boto3.Session(botocore_session=session).client("s3")
