"""Crawl log: what a crawl has to say, in CloudWatch Logs where and as Glue writes it."""

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

_GROUP = "/aws-glue/crawlers"

logger = logging.getLogger("dataflowxpress.glue.crawlers")


@dataclass
class CrawlLog:
    """The lines of one crawl; the stream is its crawler's, so each line names the crawl."""

    crawler: str
    prefix: str = field(default_factory=lambda: str(uuid.uuid4()))
    lines: list[cloudwatch.Line] = field(default_factory=list)

    def place(self) -> dict[str, str]:
        """Return where it is found, in the words of LastCrawl."""
        return {"LogGroup": _GROUP, "LogStream": self.crawler, "MessagePrefix": self.prefix}

    def say(self, text: str, level: str = "INFO") -> None:
        """Add a line."""
        self.lines.append(cloudwatch.Line(time.time(), f"[{self.prefix}] {level} : {text}"))

    def ship(self, credentials: Credentials) -> None:
        """Put it into CloudWatch, if the crawler's role may; a crawl does not fail for its log."""
        try:
            cloudwatch.put(credentials.client("logs"), _GROUP, self.crawler, self.lines)
        except (BotoCoreError, ClientError) as error:
            logger.warning("log of %s: %s", self.crawler, error)
