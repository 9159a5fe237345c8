"""Factory: derives each resource of a pipeline from the spec. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.spec import Function as FunctionSpec
from dataflowxpress.aws.resources import (
    AccessLogs,
    Bucket,
    Classifier,
    Crawler,
    Database,
    Function,
    Job,
    LogGroup,
    Notification,
    PrincipalPermissions,
    Queue,
    Role,
    Rule,
    Schedule,
    SecurityConfiguration,
    Topic,
)
from dataflowxpress.aws.resources.grant import Grant
from dataflowxpress.aws.resources.log_group import OF_ENCRYPTED_CRAWLERS, OF_FUNCTIONS
from dataflowxpress.planning.naming import Names
from dataflowxpress.planning.resource import Scope
from dataflowxpress.planning.short_names import digest, fit

from . import artifacts, network_permissions, permissions, trigger_permissions
from .classification import classification
from .code import Code
from .crawl_configuration import crawl_configuration, exclusions
from .job_logs import JobLogs
from .queue_factory import QueueFactory
from .redrive_policy import FUNCTION_TIMEOUT

S3, LAMBDA, GLUE, SCHEDULER = (
    f"{name}.amazonaws.com" for name in ("s3", "lambda", "glue", "scheduler")
)
SOURCE = "dataflowxpress"  # identifies messages that S3 and EventBridge did not send

LONGEST_SENDER = 100  # characters, the limit of SNS


@dataclass(frozen=True)
class ResourceFactory:
    """Creates the desired resources of one pipeline."""

    spec: DataPipelineSpec
    scope: Scope

    @property
    def names(self) -> Names:
        """The default names of the resources."""
        return Names(self.scope.owner, self.scope.account)

    @property
    def queues(self) -> QueueFactory:
        """The factory of the queues between the hops."""
        return QueueFactory(self.spec, self.scope, self.names, self.key)

    @property
    def prefixes(self) -> tuple[str, str]:
        """The prefixes of the uploads and of the Parquet files."""
        return self.spec.source.prefix, self.spec.target.prefix

    @property
    def key(self) -> str:
        """The ARN of the key of queues, topic and log groups; empty for keys that AWS manages."""
        return self.spec.encryption.kms_key_arn or ""

    def bucket(self) -> Bucket:
        """Return the bucket of source files, Parquet files and manifests."""
        spec = self.spec.bucket
        return Bucket(
            self.scope,
            spec.name or self.names.bucket(),
            adopt=spec.adopt or self.scope.adopt,
            versioning=spec.versioning,
            kms_key_arn=self.spec.bucket_key,
        )

    def access_logs(self, bucket: Bucket) -> AccessLogs | None:
        """Return the access logs of *bucket*, if the spec asks for them."""
        logs = self.spec.bucket.access_logs
        if logs is None:
            return None
        prefix = logs.prefix or f"{bucket.name}/"
        return AccessLogs(self.scope, bucket.name, bucket=bucket, target=logs.bucket, prefix=prefix)

    def database(self) -> Database:
        """Return the database of the catalog."""
        spec = self.spec.catalog
        return Database(
            self.scope,
            spec.database or self.names.database(),
            adopt=spec.adopt,
            description=f"Tables of the DataPipeline {self.scope.owner}",
        )

    def topic(self) -> Topic:
        """Return the topic of the pipeline's notifications."""
        name = self.spec.topic.name or self.names.of(limit=256)
        sender = fit(f"DataPipeline {self.scope.owner}", LONGEST_SENDER)
        return Topic(self.scope, name, display_name=sender, kms_key_arn=self.key)

    def role(self, of: str, trusted: str, *grants: Grant) -> Role:
        """Return a role that the service *trusted* can assume."""
        return Role(
            self.scope.of_roles,
            self.names.of(of),
            trusted=trusted,
            grants=(*grants, *permissions.through("sqs", self.scope, self.key)),
            permissions_boundary=self.scope.boundary,
        )

    def rule_arn(self, of: str) -> str:
        """Return the ARN of the rule for *of*, before the rule itself is created."""
        return Rule.arn_of(self.scope, (self.names.of(of),))

    def notification(self, bucket: Bucket, queue: Queue) -> Notification:
        """Return the notification that sends upload events to *queue*."""
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
        """Return the ARN of the function that S3 invokes directly in an adopted pipeline."""
        name = self._function_name("start-crawler", self.spec.functions.start_crawler)
        return Function.arn_of(self.scope, (name,)) if self.scope.adopt else ""

    def _function_name(self, of: str, spec: FunctionSpec) -> str:
        return spec.name or self.names.of(of)

    def classifier(self) -> Classifier | None:
        """Return the classifier of the files, if Glue's built-in ones do not fit.

        Its name contains a digest of the format, so that another format gets another crawler.
        """
        if not (found := classification(self.spec.source)):
            return None
        form, settings = found
        name = Classifier.name_of(self.scope, digest(json.dumps([form, settings])))
        return Classifier(self.scope, name, form=form, settings=settings)

    def principal_permissions(self, role: Role, database: Database) -> PrincipalPermissions | None:
        """Return the permissions in Lake Formation, if it governs the catalog."""
        if not self.spec.catalog.lake_formation:
            return None
        return PrincipalPermissions(self.scope, database.name, role=role, database=database)

    def security_configuration(self) -> SecurityConfiguration | None:
        """Return the security configuration of crawler and job, if the spec asks for one."""
        if self.spec.encryption.glue_security_configuration == "None":
            return None
        return SecurityConfiguration(
            self.scope,
            SecurityConfiguration.name_of(self.scope),
            kms_key_arn=self.key,
            bucket_key_arn=self.spec.bucket_key,
        )

    def crawler_logs(self) -> LogGroup | None:
        """Return the log group of the crawler, which Glue names after role and configuration."""
        secured = self.security_configuration()
        if secured is None or self.spec.crawls == "Never":
            return None
        name = f"{OF_ENCRYPTED_CRAWLERS}{self.names.of('glue')}-{secured.name}"
        return LogGroup(self.scope, name, adopt=True, kms_key_arn=self.key)

    def crawler(
        self,
        role: Role,
        database: Database,
        bucket: Bucket,
        grants: PrincipalPermissions | None,
    ) -> Crawler:
        """Return the crawler of the source prefix."""
        return Crawler(
            self.scope,
            self.spec.crawler.name or self.names.of(limit=255),
            role=role,
            database=database,
            classifier=self.classifier(),
            updates_tables=self.spec.catalog.table_schema.new_columns == "Add",
            path=f"s3://{bucket.name}/{self.spec.source.prefix}",
            permissions=grants,
            table_prefix=self.spec.catalog.table_prefix,
            configuration=crawl_configuration(self.spec),
            exclusions=exclusions(self.spec.source.suffix),
            connection=self.spec.network.connection or "",
            security_configuration=self.security_configuration(),
            log_group=self.crawler_logs(),
        )

    def function(
        self,
        of: str,
        spec: FunctionSpec,
        *,
        sources: Sequence[Queue],
        grants: Sequence[Grant],
        settings: Mapping[str, str],
    ) -> Function:
        """Return a function with its role, and with a log group that only the pipeline names.

        The group of a chosen function name could already hold the logs of another function.
        """
        name = self._function_name(of, spec)
        retry = {"RETRY_SECONDS": str(self.queues.retry_seconds(of))}
        logs = LogGroup(self.scope, f"{OF_FUNCTIONS}{self.names.of(of)}", kms_key_arn=self.key)
        return Function(
            self.scope,
            name,
            role=self.role(
                of,
                LAMBDA,
                *permissions.of_function(sources, logs),
                *network_permissions.of_function(self.spec, self.scope),
                *grants,
            ),
            log_group=logs,
            handler="handler.handler",
            code=artifacts.function_code(of.replace("-", "_"), {**settings, **retry}),
            timeout=FUNCTION_TIMEOUT,
            subnet_ids=self.spec.network.subnet_ids,
            security_group_ids=self.spec.network.security_group_ids,
        )

    def job_logs(self) -> JobLogs:
        """Return the log groups of the job's runs."""
        name, version = self.names.of(), self.spec.job.glue_version
        configuration = self.security_configuration()
        secured = f"{configuration.name}-role/{self.names.of('glue')}" if configuration else ""
        return JobLogs.of(self.scope, name, version, self.key, secured)

    def schedule(self, queue: Queue, dead_letters: Queue) -> Schedule:
        """Return the schedule that asks for a run, or a crawl, through *queue*."""
        trigger = self.spec.trigger
        return Schedule(
            self.scope,
            self.names.of(),
            description=f"Starts the DataPipeline {self.scope.owner}",
            expression=trigger.schedule or "",
            time_zone=trigger.time_zone or "UTC",
            role=self.role("schedule", SCHEDULER, trigger_permissions.to_send(queue, dead_letters)),
            queue=queue,
            message=json.dumps({"source": SOURCE, "reason": "schedule"}),
            dead_letters=dead_letters,
            enabled=not self.spec.suspend,
        )

    def job(self, role: Role, code: Code, logs: JobLogs, arguments: Mapping[str, str]) -> Job:
        """Return the job that converts uploads to Parquet, one run at a time."""
        spec = self.spec.job
        return Job(
            self.scope,
            spec.name or self.names.of(limit=255),
            role=role,
            script=code.script,
            modules=code.modules,
            arguments={**arguments, **logs.arguments, **spec.arguments, **spec.secret_arguments},
            log_groups=logs.groups,
            glue_version=spec.glue_version,
            worker_type=spec.worker_type,
            workers=spec.workers,
            timeout_minutes=spec.timeout_minutes,
            max_retries=spec.max_retries,
            execution_class=spec.execution_class,
            connection=self.spec.network.connection or "",
            security_configuration=self.security_configuration(),
        )
