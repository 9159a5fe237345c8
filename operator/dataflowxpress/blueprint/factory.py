"""Parts: how each resource of a pipeline follows from its spec. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.spec import Function as FunctionSpec
from dataflowxpress.aws.resources import (
    Bucket,
    Classifier,
    Crawler,
    Database,
    EventSource,
    Function,
    Job,
    LogGroup,
    Notification,
    Queue,
    Role,
    Rule,
    Topic,
)
from dataflowxpress.aws.resources.log_group import OF_FUNCTIONS, OF_JOBS
from dataflowxpress.aws.resources.policy import Statement
from dataflowxpress.planning.resource import Scope

from . import artifacts, permissions
from .code import Code
from .naming import Names
from .redrive_policy import FUNCTION_TIMEOUT, RedrivePolicy

S3, EVENTS, LAMBDA, GLUE = (f"{who}.amazonaws.com" for who in ("s3", "events", "lambda", "glue"))

LARGE_BATCH = 1000  # messages; more than ten need a window
COMBINE = {"TableGroupingPolicy": "CombineCompatibleSchemas"}
CRAWL = {
    "Version": 1.0,
    "CrawlerOutput": {
        "Partitions": {"AddOrUpdateBehavior": "InheritFromTable"},
        "Tables": {"AddOrUpdateBehavior": "MergeNewColumns"},
    },
}


@dataclass(frozen=True)
class ResourceFactory:
    """Makes the resources of one pipeline."""

    spec: DataPipelineSpec
    scope: Scope

    @property
    def names(self) -> Names:
        """What resources are called where the spec does not say it."""
        return Names(self.scope.owner.replace("/", "-"), self.scope.account)

    @property
    def prefixes(self) -> tuple[str, str]:
        """Where files arrive, and where Parquet goes."""
        return self.spec.source.prefix, self.spec.target.prefix

    @property
    def redrive_policy(self) -> RedrivePolicy:
        """How long messages wait and return."""
        return RedrivePolicy(
            60 * self.spec.job.timeout_minutes, self.spec.trigger.batch_window_seconds
        )

    def bucket(self) -> Bucket:
        """Return the bucket of source files, Parquet and books."""
        asked = self.spec.bucket
        return Bucket(
            self.scope,
            asked.name or self.names.bucket(),
            adopt=asked.adopt or self.scope.adopt,
            versioning=asked.versioning,
            kms_key_arn=asked.kms_key_arn or "",
        )

    def database(self) -> Database:
        """Return the database of the catalog."""
        asked = self.spec.catalog
        return Database(
            self.scope,
            asked.database or self.names.database(),
            adopt=asked.adopt,
            description=f"Tables of the DataPipeline {self.scope.owner}",
        )

    def topic(self) -> Topic:
        """Return the topic on which the pipeline says what happened."""
        name = self.spec.topic.name or self.names.of(limit=256)
        return Topic(self.scope, name, display_name=f"DataPipeline {self.scope.owner}")

    def role(self, of: str, trusted: str, *statements: Statement) -> Role:
        """Return a role that the service *trusted* may take on."""
        return Role(
            self.scope,
            self.names.of(of),
            trusted=trusted,
            statements=statements,
            permissions_boundary=self.scope.boundary,
        )

    def dead_letters(self, of: str, *rules: str) -> Queue:
        """Return the queue for what could not be delivered from *of*, or by the rules' ARNs."""
        return Queue(
            self.scope,
            self.names.of(f"{of}-dead" if of != "unsent" else of, limit=80),
            senders=tuple((EVENTS, rule) for rule in rules),
        )

    def queue(self, of: str, dead_letters: Queue, *senders: tuple[str, str]) -> Queue:
        """Return a queue for one function; its messages come back in its own time."""
        return Queue(
            self.scope,
            self.names.of(of, limit=80),
            visibility_seconds=self.redrive_policy.visibility_seconds,
            dead_letters=dead_letters,
            attempts=self.redrive_policy.attempts,
            senders=senders,
        )

    def rule_arn(self, of: str) -> str:
        """Return the ARN of the rule for *of*, which may not be described yet."""
        return Rule.arn_of(self.scope, (self.names.of(of),))

    def notification(self, bucket: Bucket, queue: Queue) -> Notification:
        """Return what tells *queue* of uploads."""
        source = self.spec.source
        return Notification(
            self.scope,
            self.names.of(limit=255),
            bucket=bucket,
            queue=queue,
            prefix=source.prefix,
            suffix=source.suffix,
            instead_of=self._adopted_starter(),
        )

    def _adopted_starter(self) -> str:
        """Return the function that a pipeline built by hand has S3 call itself, where adopted."""
        name = self._function_name("start-crawler", self.spec.functions.start_crawler)
        return Function.arn_of(self.scope, (name,)) if self.scope.adopt else ""

    def _function_name(self, of: str, asked: FunctionSpec) -> str:
        return asked.name or self.names.of(of)

    def classifier(self) -> Classifier | None:
        """Return how CSV files are to be read; other formats need no help."""
        source = self.spec.source
        if source.format != "csv":
            return None
        return Classifier(
            self.scope,
            self.names.of(limit=255),
            delimiter=source.csv.delimiter.replace("\\t", "\t"),
            quote=source.csv.quote,
            header="PRESENT" if source.csv.header else "ABSENT",
        )

    def crawler(
        self, role: Role, database: Database, classifier: Classifier | None, bucket: Bucket
    ) -> Crawler:
        """Return what finds out the columns of all that lies under the source prefix."""
        return Crawler(
            self.scope,
            self.spec.crawler.name or self.names.of(limit=255),
            role=role,
            database=database,
            classifier=classifier,
            path=f"s3://{bucket.name}/{self.spec.source.prefix}",
            table_prefix=self.spec.catalog.table_prefix,
            configuration={**CRAWL, "Grouping": self._grouping()},
        )

    def _grouping(self) -> dict[str, Any]:
        """Return what the crawler takes for one table; AWS counts levels, the bucket is the first.

        See https://docs.aws.amazon.com/glue/latest/dg/crawler-table-level.html
        """
        if self.spec.catalog.tables == "PerPrefix":
            return COMBINE
        folders = self.spec.source.prefix.count("/")
        return {**COMBINE, "TableLevelConfiguration": 1 + folders + 1}

    def function(
        self,
        of: str,
        asked: FunctionSpec,
        *,
        takes_from: Queue,
        may: Sequence[Statement],
        environment: Mapping[str, str],
    ) -> Function:
        """Return a function with its log group and role."""
        name = self._function_name(of, asked)
        logs = self.logs(f"{OF_FUNCTIONS}{name}")
        return Function(
            self.scope,
            name,
            role=self.role(of, LAMBDA, *permissions.of_function(takes_from, logs), *may),
            log_group=logs,
            handler="handler.handler",
            code=artifacts.function_code(of.replace("-", "_")),
            environment={**environment, "RETRY_SECONDS": str(self.redrive_policy.retry_seconds)},
            timeout=FUNCTION_TIMEOUT,
        )

    def job_logs(self) -> LogGroup:
        """Return where runs of the job write to."""
        return self.logs(f"{OF_JOBS}{self.names.of()}")

    def logs(self, name: str) -> LogGroup:
        """Return a log group; one that a late run made again when it was gone is taken over."""
        return LogGroup(self.scope, name, adopt=True)

    def event_source(
        self, function: Function, queue: Queue, window: int = 0, *, held: bool = False
    ) -> EventSource:
        """Return what hands the messages of *queue* to *function*, gathered for *window* s."""
        return EventSource(
            self.scope,
            function.name,
            function=function,
            queue=queue,
            batch_size=LARGE_BATCH if window else 10,
            window_seconds=window,
            maximum_concurrency=2,  # the least that Lambda takes; one batch is one start
            enabled=not held,
        )

    def job(self, role: Role, code: Code, arguments: Mapping[str, str]) -> Job:
        """Return the job that turns what arrived into Parquet, one run at a time."""
        asked = self.spec.job
        return Job(
            self.scope,
            asked.name or self.names.of(limit=255),
            role=role,
            script=code.script,
            modules=code.modules,
            arguments={**arguments, **asked.arguments},
            glue_version=asked.glue_version,
            worker_type=asked.worker_type,
            workers=asked.workers,
            timeout_minutes=asked.timeout_minutes,
            max_retries=asked.max_retries,
            execution_class=asked.execution_class,
        )

    def alarm_text(self, queue: Queue) -> str:
        """Return what the alarm on *queue* says."""
        return (
            f"DataPipeline {self.scope.owner}: messages lie in the dead-letter queue {queue.name}."
            " Something failed again and again; the function's log says what."
        )
