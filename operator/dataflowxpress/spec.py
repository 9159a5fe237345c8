"""Spec: the DataPipeline API, the only truth about what users may write.

Docstrings below fields become the descriptions in the CRD, constraints its schema, and the rules in
`RULES` its CEL validations, so that the API server refuses what it can.
"""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

GROUP, VERSION, KIND, PLURAL = "dataflowxpress.io", "v1alpha1", "DataPipeline", "datapipelines"
RESERVED_PREFIX = "dataflowxpress/"

# In an IAM policy `*`, `?` and `$` would stand for other keys than these.
Prefix = Annotated[str, Field(pattern=r"^[^/*?$][^*?$]*/$", max_length=512)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", min_length=1, max_length=64)]
KmsKeyArn = Annotated[
    str,
    Field(pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", max_length=512),
]
RoleArn = Annotated[
    str, Field(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$", max_length=512)
]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=320)]
Column = Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=255)]


class Rule(NamedTuple):
    """A check across fields, for the API server."""

    cel: str
    message: str
    field: str = ""  # where the error points to, as a JSON path


BUCKET_IS_IMMUTABLE = Rule(
    "has(self.name) == has(oldSelf.name) && (!has(self.name) || self.name == oldSelf.name)",
    "the bucket's name cannot change: create a new DataPipeline with the other bucket",
    ".name",
)
ONE_SCRIPT = Rule(
    "[has(self.inline), has(self.configMapKeyRef), has(self.s3Uri)]"
    ".filter(given, given).size() <= 1",
    "give at most one of inline, configMapKeyRef and s3Uri",
)
FLEX_FITS = Rule(
    "!has(self.executionClass) || self.executionClass != 'FLEX'"
    " || self.workerType in ['G.1X', 'G.2X']",
    "FLEX runs on G.1X and G.2X only: choose one of these, or STANDARD",
    ".executionClass",
)
ARGUMENTS_HAVE_DASHES = Rule(
    "!has(self.arguments) || self.arguments.all(name, name.matches('^--[A-Za-z0-9_-]+$'))",
    "an argument's name starts with two dashes, for example --threshold",
    ".arguments",
)
REGION_IS_IMMUTABLE = Rule(
    "has(self.region) == has(oldSelf.region)"
    " && (!has(self.region) || self.region == oldSelf.region)",
    "the region cannot change: create a new DataPipeline in the other region",
    ".region",
)
PREFIXES_STAY_APART = Rule(
    "!self.source.prefix.startsWith(self.target.prefix)"
    " && !self.target.prefix.startsWith(self.source.prefix)",
    "source.prefix and target.prefix may be neither equal nor one inside the other:"
    " the pipeline would feed on its own Parquet",
    ".target.prefix",
)
PREFIXES_ARE_NOT_OURS = Rule(
    f"!self.source.prefix.startsWith('{RESERVED_PREFIX}')"
    f" && !self.target.prefix.startsWith('{RESERVED_PREFIX}')",
    f"{RESERVED_PREFIX} is where the pipeline keeps its own books: choose another prefix",
    ".source.prefix",
)
ROLE_IS_IN_THE_ACCOUNT = Rule(
    "!has(self.roleArn) || !has(self.accountId)"
    " || self.roleArn.contains(':' + self.accountId + ':')",
    "roleArn is in another account than accountId: correct one of them",
    ".roleArn",
)
TAGS_ARE_FREE = Rule(
    "!has(self.tags) || self.tags.all(key, key.size() <= 128"
    " && !key.startsWith('aws:') && !key.startsWith('dataflowxpress.io/'))",
    "tags whose keys start with aws: or dataflowxpress.io/ are not yours to set",
    ".tags",
)


FUNCTIONS_DIFFER = Rule(
    " && ".join(
        f"(!has(self.{one}) || !has(self.{one}.name) || !has(self.{two})"
        f" || !has(self.{two}.name) || self.{one}.name != self.{two}.name)"
        for one, two in [
            ("startCrawler", "startJob"),
            ("startCrawler", "tell"),
            ("startJob", "tell"),
        ]
    ),
    "the functions do different things: give them different names",
)


class Model(BaseModel):
    """What all parts of the spec share."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )
    RULES: ClassVar[tuple[Rule, ...]] = ()


class Bucket(Model):
    """The bucket that holds source files, Parquet and the pipeline's own bookkeeping."""

    RULES = (BUCKET_IS_IMMUTABLE,)

    name: Annotated[
        str | None,
        Field(pattern=r"^[a-z0-9][a-z0-9.-]*[a-z0-9]$", min_length=3, max_length=63),
    ] = None
    """The bucket's name, unique in all of AWS. Immutable.
    Left out: `<namespace>-<name>-<account>`."""

    adopt: bool = False
    """Take over a bucket that exists already and belongs to no pipeline. Its objects, tags, policy
    statements and notifications stay as they are; ours are added."""

    versioning: bool = False
    """Keep old versions of objects."""

    kms_key_arn: KmsKeyArn | None = None
    """Encrypt with this KMS key. Left out: with keys that S3 manages."""


class Csv(Model):
    """How CSV files are written."""

    delimiter: Annotated[str, Field(pattern=r"^(\\t|[^\\\r\n\"'])$", max_length=2)] = ","
    """One character between fields, or `\\t` for a tab."""

    quote: Literal['"', "'"] = '"'
    """The character around fields that hold the delimiter or a newline; doubled within a field."""

    header: bool = True
    """The first line of each file names its columns. Without it, columns go by position."""


class Source(Model):
    """What arrives."""

    prefix: Prefix = "csv_data/"
    """Where in the bucket uploads arrive; ends with a slash."""

    suffix: Annotated[str, Field(max_length=64)] = ""
    """Only keys that end with it count, for example `.csv`. Empty: all."""

    format: Literal["csv", "json", "parquet"] = "csv"
    """What the files are: `csv`, `json` (one object a line) or `parquet`."""

    csv: Csv = Csv()
    """How the CSV files are written; of no meaning for other formats."""


class Target(Model):
    """What comes out."""

    prefix: Prefix = "parquet_data/"
    """Where in the bucket the Parquet goes, a folder per table; ends with a slash."""

    compression: Literal["snappy", "gzip", "zstd", "none"] = "snappy"
    """How the Parquet is compressed."""

    partition_by: Annotated[tuple[Column, ...], Field(max_length=4)] = ()
    """Columns whose values become folders (`year=2026/`), so that queries read less."""


class Catalog(Model):
    """The Glue Data Catalog's side: where the tables are."""

    database: Annotated[str | None, Field(pattern=r"^[a-z0-9_]+$", max_length=255)] = None
    """The database. Left out: derived from namespace and name."""

    adopt: bool = False
    """Take over a database that exists already and belongs to no pipeline."""

    table_prefix: Annotated[str, Field(pattern=r"^[a-z0-9_]*$", max_length=64)] = ""
    """Put before the name of every table that the crawler makes."""

    tables: Literal["PerPrefix", "PerFolder"] = "PerPrefix"
    """What becomes one table: all that lies under the source prefix, or each folder directly in it.
    With `PerFolder`, objects that lie in no folder wait until they are moved into one."""


class Crawler(Model):
    """The Glue crawler that finds out what columns the files have."""

    name: Name | None = None
    """The crawler's name. Left out: derived from namespace and name."""


class ConfigMapKeyRef(Model):
    """A key of a ConfigMap in the pipeline's namespace."""

    name: Annotated[str, Field(min_length=1, max_length=253)]
    """The ConfigMap."""

    key: Annotated[str, Field(min_length=1, max_length=253)]
    """The key in it."""


class Script(Model):
    """Where the job's script comes from: at most one of the three. None: the packaged one."""

    RULES = (ONE_SCRIPT,)

    inline: Annotated[str | None, Field(min_length=1, max_length=262_144)] = None
    """The script itself."""

    config_map_key_ref: ConfigMapKeyRef | None = None
    """A key of a ConfigMap in the pipeline's namespace."""

    s3_uri: Annotated[str | None, Field(pattern=r"^s3://[a-z0-9.-]+/[^*?$]+$", max_length=1088)] = (
        None
    )
    """An object in S3. The job's role is allowed to read it."""

    @property
    def packaged(self) -> bool:
        """Whether the script is ours."""
        return not (self.inline or self.config_map_key_ref or self.s3_uri)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = (self.inline, self.config_map_key_ref, self.s3_uri)
        if sum(source is not None for source in given) > 1:
            raise ValueError(ONE_SCRIPT.message)
        return self


class Job(Model):
    """The Glue job that turns what arrived into Parquet."""

    RULES = (FLEX_FITS, ARGUMENTS_HAVE_DASHES)

    name: Name | None = None
    """The job's name. Left out: derived from namespace and name."""

    script: Script = Script()
    """Your own Glue script in place of the packaged one."""

    arguments: Annotated[
        dict[
            Annotated[str, Field(pattern=r"^--[A-Za-z0-9_-]+$", max_length=128)],
            Annotated[str, Field(max_length=2048)],
        ],
        Field(max_length=50),
    ] = {}
    """More arguments for the script, for example `--threshold: "3"`."""

    glue_version: Literal["4.0", "5.0", "5.1"] = "5.0"
    """The Glue version; the packaged script is made for 5.0."""

    worker_type: Literal["G.1X", "G.2X", "G.4X", "G.8X"] = "G.1X"
    """The size of a worker."""

    workers: Annotated[int, Field(ge=2, le=299)] = 2
    """How many workers."""

    timeout_minutes: Annotated[int, Field(ge=1, le=2880)] = 60
    """After how many minutes a run is stopped."""

    max_retries: Annotated[int, Field(ge=0, le=10)] = 0
    """How often Glue itself repeats a failed run."""

    execution_class: Literal["STANDARD", "FLEX"] = "STANDARD"
    """`FLEX` is cheaper and starts when there is room."""

    @model_validator(mode="after")
    def _flex_fits(self) -> Self:
        if self.execution_class == "FLEX" and self.worker_type not in {"G.1X", "G.2X"}:
            raise ValueError(FLEX_FITS.message)
        return self


class Function(Model):
    """A Lambda function."""

    name: Name | None = None
    """The function's name. Left out: derived from namespace and name."""


class Functions(Model):
    """The Lambda functions between the hops."""

    RULES = (FUNCTIONS_DIFFER,)

    start_crawler: Function = Function()
    """Starts the crawler when files have arrived."""

    start_job: Function = Function()
    """Starts the job when the crawler has succeeded."""

    tell: Function = Function()
    """Writes the mails about runs, and about crawls that failed."""

    @model_validator(mode="after")
    def _functions_differ(self) -> Self:
        given = [each.name for each in (self.start_crawler, self.start_job, self.tell) if each.name]
        if len(set(given)) < len(given):
            raise ValueError(FUNCTIONS_DIFFER.message)
        return self


class Topic(Model):
    """The SNS topic on which the pipeline says what happened."""

    name: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=256)] = None
    """The topic's name. Left out: derived from namespace and name."""


class Trigger(Model):
    """When uploads lead to a run."""

    batch_window_seconds: Annotated[int, Field(ge=0, le=300)] = 20
    """How long uploads gather before one crawl."""


Outcome = Literal["Succeeded", "Failed"]


class Notifications(Model):
    """Who hears of what."""

    emails: Annotated[tuple[Email, ...], Field(max_length=50)] = ()
    """Addresses that get a mail for each run. AWS asks each of them to confirm once."""

    outcomes: Annotated[tuple[Outcome, ...], Field(max_length=2)] = ("Succeeded", "Failed")
    """Which outcomes are told: `Succeeded`, `Failed`. Left out: both."""


class DataPipelineSpec(Model):
    """A pipeline from uploaded files to queryable Parquet."""

    RULES = (
        REGION_IS_IMMUTABLE,
        PREFIXES_STAY_APART,
        PREFIXES_ARE_NOT_OURS,
        ROLE_IS_IN_THE_ACCOUNT,
        TAGS_ARE_FREE,
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
    """The two Lambda functions between the hops."""

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
    the database and its tables. `Delete`: all goes, data included. `Retain`: all stays."""

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
    ] = {}
    """Tags for all that can be tagged, beside the one that names the owner."""

    @model_validator(mode="after")
    def _prefixes_stay_apart(self) -> Self:
        source, target = self.source.prefix, self.target.prefix
        if source.startswith(target) or target.startswith(source):
            raise ValueError(PREFIXES_STAY_APART.message)
        if source.startswith(RESERVED_PREFIX) or target.startswith(RESERVED_PREFIX):
            raise ValueError(PREFIXES_ARE_NOT_OURS.message)
        return self

    @model_validator(mode="after")
    def _role_is_in_the_account(self) -> Self:
        if self.role_arn and self.account_id and f":{self.account_id}:" not in self.role_arn:
            raise ValueError(ROLE_IS_IN_THE_ACCOUNT.message)
        return self

    @model_validator(mode="after")
    def _tags_are_free(self) -> Self:
        if any(key.startswith(("aws:", "dataflowxpress.io/")) for key in self.tags):
            raise ValueError(TAGS_ARE_FREE.message)
        return self

    @property
    def resync_seconds(self) -> int:
        """The resync interval in seconds."""
        units = {"h": 3600, "m": 60, "s": 1}
        parts = re.findall(r"([0-9]+)([hms])", self.resync_interval)
        return sum(int(number) * units[unit] for number, unit in parts)
