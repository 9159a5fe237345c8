"""Pipeline: the spec as a whole."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from .model import SpecModel, ValidationRule
from .notifications import Notifications, Topic
from .storage import RESERVED_PREFIX, Bucket, Catalog, Source, Target
from .work import Crawler, Functions, Job, Trigger

RoleArn = Annotated[
    str, Field(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$", max_length=512)
]
OTHERS_TAGS = ("aws:", "dataflowxpress.io/")


class DataPipelineSpec(SpecModel):
    """A pipeline from uploaded files to queryable Parquet."""

    VALIDATION_RULES = (
        ValidationRule(
            "the region cannot change: create a new DataPipeline in the other region",
            cel="has(self.region) == has(oldSelf.region)"
            " && (!has(self.region) || self.region == oldSelf.region)",
            field=".region",
        ),
        ValidationRule(
            "source.prefix and target.prefix may be neither equal nor one inside the other:"
            " the pipeline would feed on its own Parquet",
            cel="!self.source.prefix.startsWith(self.target.prefix)"
            " && !self.target.prefix.startsWith(self.source.prefix)",
            holds=lambda spec: (
                not spec.source.prefix.startswith(spec.target.prefix)
                and not spec.target.prefix.startswith(spec.source.prefix)
            ),
            field=".target.prefix",
        ),
        ValidationRule(
            f"{RESERVED_PREFIX} is where the pipeline keeps its own books: choose another prefix",
            cel=f"!self.source.prefix.startsWith('{RESERVED_PREFIX}')"
            f" && !self.target.prefix.startsWith('{RESERVED_PREFIX}')",
            holds=lambda spec: (
                not spec.source.prefix.startswith(RESERVED_PREFIX)
                and not spec.target.prefix.startswith(RESERVED_PREFIX)
            ),
            field=".source.prefix",
        ),
        ValidationRule(
            "roleArn is in another account than accountId: correct one of them",
            cel="!has(self.roleArn) || !has(self.accountId)"
            " || self.roleArn.contains(':' + self.accountId + ':')",
            holds=lambda spec: (
                not spec.role_arn or not spec.account_id or f":{spec.account_id}:" in spec.role_arn
            ),
            field=".roleArn",
        ),
        ValidationRule(
            "tags whose keys start with aws: or dataflowxpress.io/ are not yours to set",
            cel="!has(self.tags) || self.tags.all(key, key.size() <= 128"
            " && !key.startsWith('aws:') && !key.startsWith('dataflowxpress.io/'))",
            holds=lambda spec: not any(key.startswith(OTHERS_TAGS) for key in spec.tags),
            field=".tags",
        ),
    )

    region: Annotated[str | None, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$", max_length=32)] = (
        None
    )
    """The AWS region. Immutable. Left out: the operator's own."""

    role_arn: RoleArn | None = None
    """An IAM role that the operator assumes for this pipeline. Left out: its own identity."""

    account_id: Annotated[str | None, Field(pattern=r"^[0-9]{12}$", max_length=12)] = None
    """Refuse to act in any other account than this one."""

    adopt: bool = False
    """Take over everything that exists already under this pipeline's names, unless it belongs to
    another pipeline: one that was built by hand, or that the same namespace and name in another
    cluster has made. Set it for the move, and take it out again."""

    bucket: Bucket = Bucket()
    """The bucket that holds source files, Parquet and the pipeline's own bookkeeping."""

    source: Source = Source()
    """What arrives."""

    target: Target = Target()
    """What comes out."""

    catalog: Catalog = Catalog()
    """The Glue Data Catalog's side: where the tables are."""

    crawler: Crawler = Crawler()
    """The Glue crawler that finds out what columns the files have."""

    job: Job = Job()
    """The Glue job that turns what arrived into Parquet."""

    functions: Functions = Functions()
    """The Lambda functions between the hops."""

    topic: Topic = Topic()
    """The SNS topic on which the pipeline says what happened."""

    trigger: Trigger = Trigger()
    """When uploads lead to a run."""

    notifications: Notifications = Notifications()
    """Who hears of what."""

    suspend: bool = False
    """Hold everything: uploads wait in their queue, and nothing is lost."""

    drift_policy: Literal["Correct", "Report"] = "Correct"
    """What to do when somebody changed a resource behind our back: put it right, or only say so
    in `status.drift`."""

    deletion_policy: Literal["RetainData", "Delete", "Retain"] = "RetainData"
    """What happens in AWS when the DataPipeline is deleted. `RetainData`: all goes but the bucket,
    the database and its tables; an empty database goes too, unless `adopt` is set. `Delete`: all
    goes, data included. `Retain`: all stays."""

    resync_interval: Annotated[
        str, Field(pattern=r"^([0-9]+h)?([0-9]+m)?([0-9]+s)?$", min_length=2, max_length=16)
    ] = "10m"
    """How often everything in AWS is compared with this spec, for example `90s`, `10m` or `1h`."""

    tags: Annotated[
        dict[
            Annotated[str, Field(pattern=r"^[\w .:/=+@-]+$", max_length=128)],
            Annotated[str, Field(pattern=r"^[\w .:/=+@-]*$", max_length=256)],
        ],
        Field(max_length=40),
    ] = {}  # noqa: RUF012 - pydantic copies defaults
    """Tags for all that can be tagged, beside the one that names the owner."""

    @property
    def resync_seconds(self) -> int:
        """The resync interval in seconds."""
        units = {"h": 3600, "m": 60, "s": 1}
        parts = re.findall(r"([0-9]+)([hms])", self.resync_interval)
        return sum(int(number) * units[unit] for number, unit in parts)
