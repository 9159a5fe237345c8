"""Work: the crawler, the job and the functions that make Parquet of what arrives."""

from __future__ import annotations

from itertools import combinations
from typing import Annotated, Literal

from pydantic import Field

from .model import Name, SpecModel, ValidationRule


class Crawler(SpecModel):
    """The Glue crawler that finds out what columns the files have."""

    name: Name | None = None
    """The crawler's name. Left out: derived from namespace and name."""


class ConfigMapKeyRef(SpecModel):
    """A key of a ConfigMap in the pipeline's namespace."""

    name: Annotated[str, Field(min_length=1, max_length=253)]
    """The ConfigMap."""

    key: Annotated[str, Field(min_length=1, max_length=253)]
    """The key in it."""


class Script(SpecModel):
    """Where the job's script comes from: at most one of the three. None: the packaged one."""

    VALIDATION_RULES = (
        ValidationRule(
            "give at most one of inline, configMapKeyRef and s3Uri",
            cel="[has(self.inline), has(self.configMapKeyRef), has(self.s3Uri)]"
            ".filter(given, given).size() <= 1",
            holds=lambda script: len(script.given) <= 1,
        ),
    )

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
        return not self.given

    @property
    def given(self) -> list[object]:
        """The places that are given."""
        places = (self.inline, self.config_map_key_ref, self.s3_uri)
        return [place for place in places if place is not None]


class Job(SpecModel):
    """The Glue job that turns what arrived into Parquet."""

    VALIDATION_RULES = (
        ValidationRule(
            "FLEX runs on G.1X and G.2X only: choose one of these, or STANDARD",
            cel="!has(self.executionClass) || self.executionClass != 'FLEX'"
            " || self.workerType in ['G.1X', 'G.2X']",
            holds=lambda job: job.execution_class != "FLEX" or job.worker_type in {"G.1X", "G.2X"},
            field=".executionClass",
        ),
        ValidationRule(  # what the pattern of its names says: CRDs have none for keys
            "an argument's name starts with two dashes, for example --threshold",
            cel="!has(self.arguments)"
            " || self.arguments.all(name, name.matches('^--[A-Za-z0-9_-]+$'))",
            field=".arguments",
        ),
    )

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
    ] = {}  # noqa: RUF012 - pydantic copies defaults
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


class Function(SpecModel):
    """A Lambda function."""

    name: Name | None = None
    """The function's name. Left out: derived from namespace and name."""


class Functions(SpecModel):
    """The Lambda functions between the hops."""

    VALIDATION_RULES = (
        ValidationRule(
            "the functions do different things: give them different names",
            cel=" && ".join(
                f"(!has(self.{one}) || !has(self.{one}.name) || !has(self.{two})"
                f" || !has(self.{two}.name) || self.{one}.name != self.{two}.name)"
                for one, two in combinations(("startCrawler", "startJob", "notify"), 2)
            ),
            holds=lambda functions: len(set(functions.names)) == len(functions.names),
        ),
    )

    start_crawler: Function = Function()
    """Starts the crawler when files have arrived."""

    start_job: Function = Function()
    """Starts the job when the crawler has succeeded."""

    notify: Function = Function()
    """Writes the mails about runs, and about crawls that failed."""

    @property
    def names(self) -> list[str]:
        """The names that are given."""
        return [
            each.name for each in (self.start_crawler, self.start_job, self.notify) if each.name
        ]


class Trigger(SpecModel):
    """When uploads lead to a run."""

    batch_window_seconds: Annotated[int, Field(ge=0, le=300)] = 20
    """How long uploads gather before one crawl."""
