"""CloudTrail: the calls of others, as EventBridge delivers them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from dataflowxpress.planning.resource import Resource

from . import resources
from .clients import principal

DETAIL_TYPE = "AWS API Call via CloudTrail"
USER_AGENT = "dataflowxpress"
GLOBAL_REGIONS = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}  # of IAM's events
GLOBAL = frozenset({"iam"})
SOURCES = {"cloudwatch": "monitoring"}  # where events do not use the name of boto3
# Calls that move data and change no property of a pipeline's resources.
DATA_CALLS = frozenset(
    {
        "BatchCreatePartition",
        "BatchDeletePartition",
        "BatchDeleteTable",
        "BatchStopJobRun",
        "BatchUpdatePartition",
        "CreateLogStream",
        "CreatePartition",
        "CreateTable",
        "DeleteLogStream",
        "DeletePartition",
        "DeleteTable",
        "GetDataAccess",
        "SetAlarmState",
        "StartCrawler",
        "StartJobRun",
        "StopCrawler",
        "UpdatePartition",
        "UpdateTable",
    }
)


class InvalidEvent(ValueError):
    """A message is not an event of CloudTrail."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class Issuer(_Model):
    """The role of a session."""

    arn: str = ""


class SessionContext(_Model):
    """The session of a role."""

    session_issuer: Issuer | None = None


class UserIdentity(_Model):
    """The caller."""

    arn: str | None = None
    session_context: SessionContext | None = None


class Detail(_Model):
    """The record of one call."""

    event_source: str
    event_name: str
    user_identity: UserIdentity = Field(default_factory=UserIdentity)
    user_agent: str | None = None
    read_only: bool = False
    error_code: str | None = None
    request_parameters: Any = None
    response_elements: Any = None
    resources: Any = None


class ApiCall(_Model):
    """A call to AWS by anybody, with the account and region of the resource."""

    account: str
    region: str
    detail: Detail

    @classmethod
    def parse(cls, message: str) -> ApiCall:
        """Return the call in a message of the queue; raises InvalidEvent."""
        try:
            return cls.model_validate_json(message)
        except ValidationError as error:
            raise InvalidEvent(str(error.errors()[0]["msg"])) from None

    @property
    def service(self) -> str:
        """The service, for example `glue`; CloudWatch is `monitoring`."""
        return self.detail.event_source.removesuffix(".amazonaws.com")

    @property
    def caller(self) -> str:
        """The ARN of the caller without the name of its session; empty for services of AWS."""
        return principal(self.detail.user_identity.arn or "")

    @property
    def is_by_operator(self) -> bool:
        """Whether this program made the call: others can use the same identity, too."""
        return USER_AGENT in (self.detail.user_agent or "")

    @property
    def changes_properties(self) -> bool:
        """Whether the call has changed anything that a pipeline manages, if it names it."""
        detail = self.detail
        return not (detail.read_only or detail.error_code or detail.event_name in DATA_CALLS)

    def names(self) -> Iterator[str]:
        """Yield the resources that the call names, each as `identifiers` spells it.

        Services spell the same name in many ways: as a name, an ARN with or without a suffix, or a
        URL. So each text of the request, the response and the resources can be one.
        """
        detail = self.detail
        for text in _texts([detail.request_parameters, detail.response_elements, detail.resources]):
            if text.startswith("arn:"):
                yield text
                yield text.rpartition(":")[0]  # of a subscription, a version or a log stream
            else:
                name = text.rpartition("/")[2] if "://" in text else text
                yield identifier(self.service, self.account, self.region, name)


def identifier(service: str, account: str, region: str, name: str) -> str:
    """Return the spelling of a resource without an ARN; *service* as in events."""
    return "|".join((service, account, "" if service in GLOBAL else region, name))


def identifiers(kind: type[Resource], name: str, arn: str, location: tuple[str, str]) -> list[str]:
    """Return how calls can name a resource in an account and region (*location*)."""
    service = SOURCES.get(kind.service, kind.service)
    return [*([arn] if arn else []), identifier(service, *location, name)]


def sources() -> list[str]:
    """Return the services whose events concern pipelines, as in events."""
    kinds: list[type[Resource]] = [vars(resources)[name] for name in resources.__all__]
    services = {SOURCES.get(kind.service, kind.service) for kind in kinds}
    return sorted({*services, "tagging"})


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts in a JSON document, but not the keys."""
    left = [value]
    while left:
        match left.pop():
            case str(text):
                yield text
            case dict(items):
                left.extend(items.values())
            case list(items):
                left.extend(items)
