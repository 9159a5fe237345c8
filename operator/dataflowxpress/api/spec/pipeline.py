"""Pipeline: the spec as a whole."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, StrictBool

from .encryption import Encryption
from .formats import AccountId, Interval, Region, RoleArn, TagKey, TagValue
from .model import SpecModel, ValidationRule
from .network import Network
from .notifications import Notifications, Topic
from .source import RESERVED_PREFIX, Source
from .storage import Bucket, Catalog, Target
from .work import Crawler, Functions, Job, Trigger, When

RESERVED_TAGS = ("aws:", "dataflowxpress.io/")
SHORTEST_RESYNC, LONGEST_RESYNC = 30, 7 * 24 * 3600  # seconds


class DataPipelineSpec(SpecModel):
    """A pipeline from uploaded files to queryable Parquet."""

    VALIDATION_RULES = (
        ValidationRule(
            "the region cannot change; create a new DataPipeline in the other region",
            cel="has(self.region) == has(oldSelf.region)"
            " && (!has(self.region) || self.region == oldSelf.region)",
            field=".region",
        ),
        ValidationRule(
            "source.prefix and target.prefix must be neither equal nor one inside the other:"
            " the pipeline would convert its own Parquet; choose two separate folders",
            cel="!self.source.prefix.startsWith(self.target.prefix)"
            " && !self.target.prefix.startsWith(self.source.prefix)",
            holds=lambda spec: (
                not spec.source.prefix.startswith(spec.target.prefix)
                and not spec.target.prefix.startswith(spec.source.prefix)
            ),
            field=".target.prefix",
        ),
        ValidationRule(
            f"{RESERVED_PREFIX} is reserved for the pipeline's own records; choose another prefix",
            cel=f"!self.source.prefix.startsWith('{RESERVED_PREFIX}')",
            holds=lambda spec: not spec.source.prefix.startswith(RESERVED_PREFIX),
            field=".source.prefix",
        ),
        ValidationRule(
            f"{RESERVED_PREFIX} is reserved for the pipeline's own records; choose another prefix",
            cel=f"!self.target.prefix.startsWith('{RESERVED_PREFIX}')",
            holds=lambda spec: not spec.target.prefix.startswith(RESERVED_PREFIX),
            field=".target.prefix",
        ),
        ValidationRule(
            "Iceberg tables need Iceberg 1.10, which only Glue 5.1 has; set job.glueVersion to 5.1",
            cel="!has(self.target.format) || self.target.format != 'Iceberg'"
            " || (has(self.job.glueVersion) && self.job.glueVersion == '5.1')",
            holds=lambda spec: spec.target.format != "Iceberg" or spec.job.glue_version == "5.1",
            field=".job.glueVersion",
        ),
        ValidationRule(
            "without a crawler, only declared columns can have types; list all columns in"
            " source.columns, each with its type",
            cel="self.crawler.when != 'Never' || (has(self.source.columns)"
            " && self.source.columns.size() > 0"
            " && self.source.columns.all(each, has(each.type)))",
            holds=lambda spec: (
                spec.crawler.when != "Never"
                or (bool(spec.source.columns) and all(each.type for each in spec.source.columns))
            ),
            field=".crawler.when",
        ),
        ValidationRule(
            "roleArn is in another account than accountId; correct one of them",
            cel="!has(self.roleArn) || !has(self.accountId)"
            " || self.roleArn.contains(':' + self.accountId + ':')",
            holds=lambda spec: (
                not spec.role_arn or not spec.account_id or f":{spec.account_id}:" in spec.role_arn
            ),
            field=".roleArn",
        ),
        ValidationRule(  # a comparison makes about 50 calls, and all pipelines share AWS' quotas
            "use an interval from 30s to 168h",
            cel="!has(self.resyncInterval)"
            f" || (duration(self.resyncInterval) >= duration('{SHORTEST_RESYNC}s')"
            f" && duration(self.resyncInterval) <= duration('{LONGEST_RESYNC}s'))",
            holds=lambda spec: SHORTEST_RESYNC <= spec.resync_seconds <= LONGEST_RESYNC,
            field=".resyncInterval",
        ),
        ValidationRule(
            "keys that begin with aws: or dataflowxpress.io/ are reserved; choose another key",
            cel="!has(self.tags) || self.tags.all(key,"
            " !key.startsWith('aws:') && !key.startsWith('dataflowxpress.io/'))",
            holds=lambda spec: not any(key.startswith(RESERVED_TAGS) for key in spec.tags),
            field=".tags",
        ),
        ValidationRule(  # the length of a key: a CRD has no such constraint
            "a key has more than 128 characters; use at most 128",
            cel="!has(self.tags) || self.tags.all(key, key.size() <= 128)",
            field=".tags",
        ),
    )

    region: Region | None = None
    """The AWS region. Immutable. Default: the operator's own region."""

    role_arn: RoleArn | None = None
    """The IAM role that the operator assumes for this pipeline. Default: its own identity."""

    account_id: AccountId | None = None
    """The only AWS account in which the operator may act for this pipeline."""

    adopt: StrictBool = False
    """Take over all existing resources with this pipeline's names, unless they belong to another
    pipeline: resources that were built by hand, or by the same namespace and name in another
    cluster. Set it for the move, and remove it afterwards."""

    bucket: Bucket = Bucket()
    """The bucket for source files, Parquet files and the pipeline's own records."""

    encryption: Encryption = Encryption()
    """Encryption at rest with a customer-managed key."""

    network: Network = Network()
    """The VPC of crawler, job and functions."""

    source: Source = Source()
    """The uploaded files."""

    target: Target = Target()
    """The tables with the converted rows."""

    catalog: Catalog = Catalog()
    """The database and the tables in the Glue Data Catalog."""

    crawler: Crawler = Crawler()
    """The Glue crawler that finds the columns of the files."""

    job: Job = Job()
    """The Glue job that converts the uploaded files to Parquet."""

    functions: Functions = Functions()
    """The Lambda functions that start the crawler and the job and send the mails."""

    topic: Topic = Topic()
    """The SNS topic for notifications."""

    trigger: Trigger = Trigger()
    """The start of runs, after uploads and on a schedule."""

    notifications: Notifications = Notifications()
    """Email notification settings."""

    suspend: StrictBool = False
    """Hold everything: uploads wait in their queue, and nothing is lost."""

    drift_policy: Literal["Correct", "Report"] = "Correct"
    """The reaction to a resource that was changed outside of this spec. `Correct`: restore it.
    `Report`: only list the difference in `status.drift`."""

    deletion_policy: Literal["RetainData", "Delete", "Retain"] = "RetainData"
    """The resources in AWS that a deletion of the DataPipeline deletes. `RetainData`: all but the
    bucket, the database and its tables; an empty database only if `adopt` is not set. `Delete`:
    all, with the data; an adopted bucket or database only with `deleteAdopted`. `Retain`: none."""

    delete_adopted: StrictBool = False
    """With `deletionPolicy: Delete`, also delete a bucket and a database that the pipeline has
    adopted, with all that they hold, from before the pipeline too."""

    resync_interval: Interval = "10m"
    """The time between two comparisons of AWS with this spec, for example `90s`, `10m` or `1h`;
    from 30 seconds to 7 days."""

    tags: Annotated[dict[TagKey, TagValue], Field(max_length=40)] = {}  # noqa: RUF012 - pydantic copies defaults
    """Tags for all resources that can have tags, in addition to the operator's own tags. Roles get
    only the tags that the tenant policy of the operator allows."""

    @property
    def crawls(self) -> When:
        """When the crawler runs; a custom script cannot request crawls."""
        custom = self.crawler.when == "NewColumns" and not self.job.script.packaged
        return "Always" if custom else self.crawler.when

    @property
    def bucket_key(self) -> str:
        """The ARN of the key that encrypts the bucket; empty for keys that S3 manages."""
        return self.bucket.kms_key_arn or self.encryption.kms_key_arn or ""

    @property
    def resync_seconds(self) -> int:
        """The resync interval in seconds."""
        units = {"h": 3600, "m": 60, "s": 1}
        parts = re.findall(r"([0-9]+)([hms])", self.resync_interval)
        return sum(int(number) * units[unit] for number, unit in parts)
