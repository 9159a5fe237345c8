"""Crawl log: the messages of a crawl in CloudWatch Logs, in the format of Glue."""

from __future__ import annotations

import logging
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from dataflowxpress_sandbox.aws import cloudwatch

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.credentials import Credentials

GROUP = "/aws-glue/crawlers"  # without a security configuration

logger = logging.getLogger("dataflowxpress.glue.crawlers")


@dataclass
class CrawlLog:
    """The lines of one crawl; all crawls of a crawler share a stream, so each line has a prefix."""

    crawler: str
    group: str = GROUP
    prefix: str = field(default_factory=lambda: str(uuid.uuid4()))
    lines: list[cloudwatch.Line] = field(default_factory=list)

    def location(self) -> dict[str, str]:
        """Return the location of the log, as fields of LastCrawl."""
        return {"LogGroup": self.group, "LogStream": self.crawler, "MessagePrefix": self.prefix}

    def write(self, text: str, level: str = "INFO") -> None:
        """Add a line."""
        self.lines.append(cloudwatch.Line(time.time(), f"[{self.prefix}] {level} : {text}"))

    def ship(self, credentials: Credentials) -> None:
        """Write the lines to CloudWatch Logs; without permission, only log a warning."""
        try:
            cloudwatch.put(credentials.client("logs"), self.group, self.crawler, self.lines)
        except (BotoCoreError, ClientError) as error:
            logger.warning("log of %s: %s", self.crawler, error)
