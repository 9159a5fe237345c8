"""Object lists: the fast parser returns what botocore returns, and leaves errors to it."""

from __future__ import annotations

import io
from typing import Any

import boto3
import botocore.parsers
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError

from dataflowxpress.aws.lean_clients import lean_session

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
OBJECT = (
    "<Contents><Key>{key}</Key><LastModified>2026-11-27T08:00:00.000Z</LastModified>"
    "<ETag>&quot;e&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><Size>10</Size>"
    "<StorageClass>STANDARD</StorageClass></Contents>"
)
KEYS = ("csv_data/a.csv", "csv_data/a+b%2Bc.csv", "csv_data/%C3%A9%0A%26amp%3B.csv")


def answer(*keys: str, encoding: str = "<EncodingType>url</EncodingType>") -> str:
    objects = "".join(OBJECT.format(key=key) for key in keys)
    return (
        f'<?xml version="1.0"?><ListBucketResult xmlns="{NAMESPACE}"><Name>lake</Name>{encoding}'
        f"<IsTruncated>false</IsTruncated><KeyCount>{len(keys)}</KeyCount>{objects}"
        "</ListBucketResult>"
    )


def client(body: str, status: int = 200, *, fast: bool = True) -> Any:
    """Return a client of S3 that gets *body* as the answer to each call."""
    made = lean_session() if fast else botocore.session.Session()
    made.set_credentials("key", "secret")
    session = boto3.Session(botocore_session=made, region_name="eu-west-1")
    s3 = session.client("s3", config=Config(retries={"total_max_attempts": 1}))

    def respond(request: Any, **_: Any) -> AWSResponse:
        raw = io.BytesIO(body.encode())
        raw.stream = lambda *_, **__: iter([raw.read()])  # type: ignore[attr-defined]
        return AWSResponse(request.url, status, HTTPHeaders(), raw)

    s3.meta.events.register("before-send.s3", respond)
    return s3


def listed(s3: Any) -> dict[str, Any]:
    response: dict[str, Any] = s3.list_objects_v2(Bucket="lake")
    del response["ResponseMetadata"]
    return response


@pytest.mark.parametrize("keys", [(), KEYS[:1], KEYS], ids=["none", "one", "encoded"])
@pytest.mark.parametrize("encoding", ["<EncodingType>url</EncodingType>", ""])
def test_a_list_is_the_one_that_botocore_returns(keys: tuple[str, ...], encoding: str) -> None:
    body = answer(*keys, encoding=encoding)
    fast, own = listed(client(body)), listed(client(body, fast=False))
    for each in own.get("Contents", []):
        del each["StorageClass"], each["ChecksumAlgorithm"]
    assert fast == own
    assert len(fast.get("Contents", [])) == len(keys)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<Error><Code>AccessDenied</Code></Error>", 403),
        ("<Error><Code>InternalError</Code></Error>", 200),
        ("<ListBucketResult><Cont", 200),
    ],
    ids=["an error", "an error with status 200", "a cut answer"],
)
def test_an_answer_without_a_list_fails_as_it_does_in_botocore(body: str, status: int) -> None:
    raised = []
    for fast in (False, True):
        with pytest.raises(ClientError) as failure:
            listed(client(body, status, fast=fast))
        raised.append(str(failure.value))
    assert raised[0] == raised[1]


def test_no_parser_of_botocore_gets_the_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []
    original = botocore.parsers.RestXMLParser.parse

    def parse(self: Any, response: Any, shape: Any) -> Any:
        parsed.append(len(response["body"]))
        return original(self, response, shape)

    def looks_like_an_error(_status: int, body: bytes) -> bool:
        parsed.append(len(body))
        return False

    monkeypatch.setattr(botocore.parsers.RestXMLParser, "parse", parse)
    monkeypatch.setattr("botocore.handlers._looks_like_special_case_error", looks_like_an_error)
    listed(client(answer(*KEYS[:1] * 1_000)))
    assert len(parsed) == 2
    assert max(parsed) < 1_000
