"""Crawlers: the Glue operations for crawlers and crawls."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import glue

from dataflowxpress_sandbox.aws import events, service_role
from dataflowxpress_sandbox.aws.iam.roles import role_name
from dataflowxpress_sandbox.aws.service_role import CannotAssumeError

from . import network, security
from .catalog import UnstorableError
from .crawl import Crawl, Report, Stopped
from .crawl_history import CrawlHistory
from .crawl_log import GROUP, CrawlLog
from .errors import GlueError, invalid, not_found
from .network import CannotConnectError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dataflowxpress_sandbox.aws import Aws
    from dataflowxpress_sandbox.aws.credentials import Credentials

    from .schema.objects import S3Object
    from .schema.schema import Schema

logger = logging.getLogger("dataflowxpress.glue.crawlers")

_DEFINITION = (
    *("Role", "DatabaseName", "Description", "Targets", "Classifiers", "TablePrefix"),
    *("SchemaChangePolicy", "RecrawlPolicy", "LineageConfiguration", "Configuration"),
    *("CrawlerSecurityConfiguration", "LakeFormationConfiguration"),
)
_DEFAULTS: dict[str, Any] = {
    "Classifiers": [],
    "SchemaChangePolicy": {
        "UpdateBehavior": "UPDATE_IN_DATABASE",
        "DeleteBehavior": "DEPRECATE_IN_DATABASE",
    },
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
}


class Crawlers:
    """All crawlers of the server and their active crawls."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._lock = threading.RLock()
        self.history = CrawlHistory()
        self._crawls: dict[str, Crawl] = {}
        self._known: dict[str, dict[S3Object, Schema]] = {}  # what each crawler has classified

    def operations(self) -> dict[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """Return the operations by name."""
        return {
            "CreateCrawler": self.create,
            "UpdateCrawler": self.update,
            "DeleteCrawler": self.delete,
            "StartCrawler": self.start,
            "StopCrawler": self.stop,
            "ListCrawls": self.history.listed,
            "ListCrawlers": lambda _: {"CrawlerNames": list(glue._crawlers)},
        }

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        """CreateCrawler."""
        name = request["Name"]
        with self._lock:
            if name in glue._crawlers:
                raise GlueError("AlreadyExistsException", f"Crawler {name} already exists")
            now = time.time()
            glue._crawlers[name] = {
                **_DEFAULTS,
                **_definition(request),
                "Name": name,
                "State": "READY",
                "CrawlElapsedTime": 0,
                "CreationTime": now,
                "LastUpdated": now,
                "Version": 1,
            }
        if request.get("Tags"):
            glue._tags[glue._arn("crawler", name)] = dict(request["Tags"])
        return {}

    def update(self, request: dict[str, Any]) -> dict[str, Any]:
        """UpdateCrawler: properties that the request lacks do not change."""
        with self._lock:
            crawler = self._idle(request)
            crawler.update(_definition(request))
            if request.get("Schedule") == "":
                crawler.pop("Schedule", None)
            crawler.update(LastUpdated=time.time(), Version=crawler["Version"] + 1)
        return {}

    def delete(self, request: dict[str, Any]) -> dict[str, Any]:
        """DeleteCrawler."""
        with self._lock:
            name = self._idle(request)["Name"]
            del glue._crawlers[name]
            self._known.pop(glue._arn("crawler", name), None)
            self.history.forget(name)
            glue._tags.pop(glue._arn("crawler", name), None)
        return {}

    def start(self, request: dict[str, Any]) -> dict[str, Any]:
        """StartCrawler."""
        with self._lock:
            crawler = self._idle(request)
            crawler.update(State="RUNNING", CrawlElapsedTime=0)
        # Context variables hold the account and region of the caller.
        run = contextvars.copy_context().run
        threading.Thread(
            target=run, args=(self._crawl, crawler), name=crawler["Name"], daemon=True
        ).start()
        return {}

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        """StopCrawler."""
        with self._lock:
            crawler = self._crawler(request)
            if crawler["State"] == "STOPPING":
                raise GlueError("CrawlerStoppingException", f"{crawler['Name']} is stopping")
            if crawler["State"] != "RUNNING":
                raise GlueError("CrawlerNotRunningException", f"{crawler['Name']} is not running")
            crawler["State"] = "STOPPING"
            crawl = self._crawls.get(glue._arn("crawler", crawler["Name"]))
            if crawl:
                crawl.stopping.set()
        return {}

    def _crawl(self, crawler: dict[str, Any]) -> None:
        name, started = crawler["Name"], time.time()
        log = CrawlLog(name, security.crawler_security(crawler).crawler_log_group(GROUP))
        entry = self.history.begin(name, started, log.location())
        events.crawler_started(name)
        status, error, report = self._outcome(crawler, log)
        with self._lock:
            crawler["LastCrawl"] = {**log.location(), "StartTime": started, "Status": status}
            if error:
                crawler["LastCrawl"]["ErrorMessage"] = error
            crawler.update(State="READY", CrawlElapsedTime=round((time.time() - started) * 1000))
            self.history.end(entry, status, error)
        lines = "; ".join(line.text for line in log.lines)
        logger.info("crawl of %s: %s %s %s", name, status, error, lines)
        if status == "SUCCEEDED":
            events.crawler_succeeded(name, time.time() - started, report.created, report.updated)
        elif status == "FAILED":
            events.crawler_failed(name, error)

    def _outcome(self, crawler: dict[str, Any], log: CrawlLog) -> tuple[str, str, Report]:
        try:
            credentials = service_role.assume(self._aws, crawler["Role"], "AWS-Crawler")
        except CannotAssumeError as failed:  # without credentials, there is no log
            return "FAILED", str(failed), Report()
        log.write(f"Running Start Crawl for Crawler {crawler['Name']}", "BENCHMARK")
        status, error, report = self._crawled(crawler, credentials, log)
        if error:
            log.write(error, "ERROR")
        log.write("Crawler has finished running and is in state READY", "BENCHMARK")
        log.ship(credentials)
        return status, error, report

    def _crawled(
        self, crawler: dict[str, Any], credentials: Credentials, log: CrawlLog
    ) -> tuple[str, str, Report]:
        key = glue._arn("crawler", crawler["Name"])
        try:
            configuration = crawler.get("CrawlerSecurityConfiguration", "")
            secured = security.Security.of(credentials, configuration, crawler["Role"])
            secured.encrypt_logs(credentials, [log.group])
            known = self._known.setdefault(key, {})
            targets = crawler["Targets"].get("S3Targets", ())
            names = (each.get("ConnectionName") for each in targets)
            network.connect(credentials, filter(None, names))
            crawl = Crawl(crawler, _classifiers(crawler), credentials, log.write, known)
            with self._lock:
                self._crawls[key] = crawl
                if crawler["State"] == "STOPPING":
                    crawl.stopping.set()
            return "SUCCEEDED", "", crawl.run()
        except Stopped:
            return "CANCELLED", "", Report()
        except (BotoCoreError, CannotConnectError, ClientError, UnstorableError) as failed:
            return "FAILED", str(failed), Report()
        except Exception as bug:
            logger.exception("crawl of %s", crawler["Name"])
            return "FAILED", f"Internal Service Exception: {bug}", Report()
        finally:
            self._crawls.pop(key, None)

    def _crawler(self, request: dict[str, Any]) -> dict[str, Any]:
        crawler: dict[str, Any] | None = glue._crawlers.get(request.get("Name"))
        if crawler is None:
            raise not_found("Crawler", request.get("Name"))
        return crawler

    def _idle(self, request: dict[str, Any]) -> dict[str, Any]:
        crawler = self._crawler(request)
        if crawler["State"] != "READY":
            raise GlueError(
                "CrawlerRunningException", f"Crawler with name {crawler['Name']} is running"
            )
        return crawler


def _definition(request: dict[str, Any]) -> dict[str, Any]:
    definition = {key: request[key] for key in _DEFINITION if key in request}
    if "Role" in definition:
        definition["Role"] = _role(definition["Role"])
    security.check(definition.get("CrawlerSecurityConfiguration", ""))
    for name in definition.get("Classifiers", []):
        if name not in glue._classifiers:
            raise not_found("Classifier", name)
    if request.get("Schedule"):
        definition["Schedule"] = {
            "ScheduleExpression": request["Schedule"],
            "State": "SCHEDULED",
        }
    return definition


def _role(role: str) -> str:
    """Return the path and name of a role, like Glue; raise an error if Glue cannot assume it."""
    try:
        service_role.check_trust(role_name(role))
    except CannotAssumeError as error:
        raise invalid(str(error)) from None
    return role.partition(":role/")[2] or role


def _classifiers(crawler: dict[str, Any]) -> list[dict[str, Any]]:
    return [glue._classifiers[name] for name in crawler["Classifiers"] if name in glue._classifiers]
