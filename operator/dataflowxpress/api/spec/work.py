"""Work: the crawler, the job and the functions that convert the uploaded files."""

from __future__ import annotations

from itertools import combinations
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool

from .arguments import LOADS_CODE, SET_BY_OPERATOR
from .formats import ArgumentName, Name, S3Uri, SecretArn
from .model import SpecModel, ValidationRule
from .schedules import ScheduleExpression, TimeZone

HAS_SCRIPT = (  # in CEL: the job has a custom script
    "(has(self.script) && (has(self.script.inline) || has(self.script.configMapKeyRef)"
    " || has(self.script.s3Uri)))"
)

When = Literal["NewColumns", "Always", "Never"]


class Crawler(SpecModel):
    """The Glue crawler that finds the columns of the files."""

    when: When = "NewColumns"
    """When the crawler runs. `NewColumns`: an upload starts the job, which requests a crawl only
    for objects with columns that the catalog does not have; with a custom script, it is like
    `Always`. `Always`: uploads start a crawl, and its end starts the job. `Never`: there is no
    crawler, and the tables have the declared columns. Each entry of `source.columns` needs a type
    then."""

    name: Name | None = None
    """The crawler's name. Default: derived from namespace and name."""


class ConfigMapKeyRef(SpecModel):
    """A key of a ConfigMap in the pipeline's namespace."""

    name: Annotated[str, Field(min_length=1, max_length=253)]
    """The name of the ConfigMap."""

    key: Annotated[str, Field(min_length=1, max_length=253)]
    """The key in the ConfigMap."""


class Script(SpecModel):
    """The source of the job's script: at most one of the three. Default: the packaged script."""

    VALIDATION_RULES = (
        ValidationRule(
            "give at most one of inline, configMapKeyRef and s3Uri; remove the others",
            cel="[has(self.inline), has(self.configMapKeyRef), has(self.s3Uri)]"
            ".filter(given, given).size() <= 1",
            holds=lambda script: len(script.given) <= 1,
        ),
    )

    inline: Annotated[str | None, Field(min_length=1, max_length=65_536, repr=False)] = None
    """The text of the script, up to 65,536 characters: `kubectl apply` copies the spec into an
    annotation, and annotations are limited to 256 KiB. Put a longer script in a ConfigMap or in
    S3."""

    config_map_key_ref: ConfigMapKeyRef | None = None
    """A key of a ConfigMap in the pipeline's namespace."""

    s3_uri: S3Uri | None = None
    """An object in S3 that ends in `.py`. The operator allows the job's role to read it."""

    @property
    def packaged(self) -> bool:
        """Whether the job uses the packaged script."""
        return not self.given

    @property
    def given(self) -> list[object]:
        """The sources that the spec gives."""
        sources = (self.inline, self.config_map_key_ref, self.s3_uri)
        return [source for source in sources if source is not None]


def _argument_names(field: str) -> tuple[ValidationRule, ...]:
    """Return the rules for the names of a field of arguments: a CRD has no pattern for keys."""

    def names(job: Any) -> set[str]:
        return set(job.arguments if field == "arguments" else job.secret_arguments)

    return (
        ValidationRule(  # the pattern of ArgumentName
            "the name of an argument must begin with two dashes, for example --threshold",
            cel=f"!has(self.{field}) || self.{field}.all(name, name.matches('^--[A-Za-z0-9_-]+$'))",
            field=f".{field}",
        ),
        ValidationRule(
            "the operator itself sets an argument of this name, for example --bucket, --TempDir or"
            " --custom-logGroup-prefix; remove it, and use the fields of the spec",
            cel=f"!has(self.{field})"
            f" || !self.{field}.exists(name, name in {list(SET_BY_OPERATOR)})",
            holds=lambda job: not names(job) & set(SET_BY_OPERATOR),
            field=f".{field}",
        ),
    )


class Job(SpecModel):
    """The Glue job that converts the uploaded files to Parquet."""

    VALIDATION_RULES = (
        ValidationRule(
            "FLEX runs on G.1X and G.2X only; choose one of these worker types, or STANDARD",
            cel="!has(self.executionClass) || self.executionClass != 'FLEX'"
            " || self.workerType in ['G.1X', 'G.2X']",
            holds=lambda job: job.execution_class != "FLEX" or job.worker_type in {"G.1X", "G.2X"},
            field=".executionClass",
        ),
        ValidationRule(
            "the packaged script needs Python 3.11 and Spark 3.5, and Glue 4.0 has older ones; use"
            " 5.0 or 5.1, or set job.script",
            cel=f"!has(self.glueVersion) || self.glueVersion != '4.0' || {HAS_SCRIPT}",
            holds=lambda job: job.glue_version != "4.0" or not job.script.packaged,
            field=".glueVersion",
        ),
        *_argument_names("arguments"),
        *_argument_names("secretArguments"),
        ValidationRule(
            "an argument loads code or configures its runtime, for example --extra-jars or --conf;"
            " remove it, or set job.script",
            cel="!has(self.arguments)"
            f" || !self.arguments.exists(name, name in {list(LOADS_CODE)})"
            f" || {HAS_SCRIPT}",
            holds=lambda job: not job.script.packaged or not job.arguments.keys() & set(LOADS_CODE),
            field=".arguments",
        ),
        ValidationRule(
            "the packaged script reads no secret; set job.script, or remove secretArguments",
            cel=f"!has(self.secretArguments) || self.secretArguments.size() == 0 || {HAS_SCRIPT}",
            holds=lambda job: not job.script.packaged or not job.secret_arguments,
            field=".secretArguments",
        ),
        ValidationRule(
            "an argument is in arguments too; remove it from one of them",
            cel="!has(self.secretArguments) || !has(self.arguments)"
            " || !self.secretArguments.exists(name, name in self.arguments)",
            holds=lambda job: not job.arguments.keys() & job.secret_arguments.keys(),
            field=".secretArguments",
        ),
    )

    name: Name | None = None
    """The job's name. Default: derived from namespace and name."""

    script: Script = Script()
    """A custom Glue script in place of the packaged one."""

    arguments: Annotated[
        dict[ArgumentName, Annotated[str, Field(max_length=2048)]],
        Field(max_length=50, repr=False),  # may hold secrets
    ] = {}  # noqa: RUF012 - pydantic copies defaults
    """More arguments for the script, for example `--threshold: "3"`. Names that load code, for
    example `--extra-jars`, need a custom script."""

    secret_arguments: Annotated[dict[ArgumentName, SecretArn], Field(max_length=20)] = {}  # noqa: RUF012 - pydantic copies defaults
    """Secrets of AWS Secrets Manager for a custom script. Each argument has the ARN of a secret as
    its value, and the operator allows the job's role to read it. Its value is in no spec, plan,
    log or argument."""

    glue_version: Literal["5.0", "5.1", "4.0"] = "5.0"
    """The Glue version. The packaged script runs on 5.0 and 5.1; 4.0 needs a custom script."""

    worker_type: Literal["G.1X", "G.2X", "G.4X", "G.8X"] = "G.1X"
    """The size of a worker."""

    workers: Annotated[int, Field(strict=True, ge=2, le=299)] = 2
    """The number of workers."""

    timeout_minutes: Annotated[int, Field(strict=True, ge=1, le=2880)] = 60
    """Glue stops a run after this many minutes."""

    max_retries: Annotated[int, Field(strict=True, ge=0, le=10)] = 0
    """The number of times that Glue itself repeats a failed run."""

    execution_class: Literal["STANDARD", "FLEX"] = "STANDARD"
    """`FLEX` costs less and starts when Glue has spare capacity."""


class Function(SpecModel):
    """A Lambda function."""

    name: Name | None = None
    """The function's name. Default: derived from namespace and name."""


class Functions(SpecModel):
    """The Lambda functions that start the crawler and the job and send the mails."""

    VALIDATION_RULES = (
        ValidationRule(
            "two functions have the same name; give each function its own name",
            cel=" && ".join(
                f"(!has(self.{one}) || !has(self.{one}.name) || !has(self.{two})"
                f" || !has(self.{two}.name) || self.{one}.name != self.{two}.name)"
                for one, two in combinations(("startCrawler", "startJob", "notify"), 2)
            ),
            holds=lambda functions: len(set(functions.names)) == len(functions.names),
        ),
    )

    start_crawler: Function = Function()
    """Starts the crawler if the job requests it, or after uploads."""

    start_job: Function = Function()
    """Starts the job after uploads and crawls."""

    notify: Function = Function()
    """Sends the mails about runs and failed crawls."""

    @property
    def names(self) -> list[str]:
        """The names that the spec gives."""
        return [
            each.name for each in (self.start_crawler, self.start_job, self.notify) if each.name
        ]


class Trigger(SpecModel):
    """The start of runs, after uploads and on a schedule."""

    VALIDATION_RULES = (
        ValidationRule(
            "without uploads and without a schedule, nothing starts a run; set trigger.schedule,"
            " or remove onUpload",
            cel="!has(self.onUpload) || self.onUpload || has(self.schedule)",
            holds=lambda trigger: trigger.on_upload or trigger.schedule is not None,
            field=".onUpload",
        ),
        ValidationRule(
            "a time zone needs a schedule; set trigger.schedule, or remove timeZone",
            cel="!has(self.timeZone) || has(self.schedule)",
            holds=lambda trigger: trigger.time_zone is None or trigger.schedule is not None,
            field=".timeZone",
        ),
    )

    batch_window_seconds: Annotated[int, Field(strict=True, ge=0, le=300)] = 20
    """The seconds for which uploads gather before one run (or crawl, if `crawler.when` is
    `Always`)."""

    on_upload: StrictBool = True
    """If false, uploads start nothing: they wait for the schedule."""

    schedule: ScheduleExpression | None = None
    """Start a run at these times if objects wait: `rate(1 hour)`, or `cron(0 6 * * ? *)` for six
    o'clock each day. The syntax is that of EventBridge Scheduler."""

    time_zone: TimeZone | None = None
    """The time zone of the schedule, for example `Europe/Berlin`. Default: UTC."""

    min_interval_seconds: Annotated[int, Field(strict=True, ge=0, le=86_400)] = 0
    """The shortest time between the starts of two runs, and of two crawls; uploads wait for it.
    It limits the cost of a busy prefix."""
