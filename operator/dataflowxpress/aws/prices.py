"""Prices: AWS' public list prices, each with its unit and its source; free tiers are left out."""

from __future__ import annotations

from typing import NamedTuple

from dataflowxpress.api.status import Usage

from .dpus import CRAWL_DPUS

HOUR = 3600  # seconds
REGION = "us-east-1"
READ = "2026-11-26"  # when the prices below were last compared with their sources


class Price(NamedTuple):
    """A price in US dollars for *quantity* of a unit."""

    usd: float
    quantity: int
    unit: str
    source: str

    def of(self, amount: float) -> float:
        """Return the price of *amount* units."""
        return amount * self.usd / self.quantity

    def __str__(self) -> str:
        amount = f"{self.quantity:,} {self.unit}s" if self.quantity > 1 else self.unit
        return f"${self.usd:g} per {amount}"


GLUE, S3 = "https://aws.amazon.com/glue/pricing/", "https://aws.amazon.com/s3/pricing/"
LAMBDA, SQS = "https://aws.amazon.com/lambda/pricing/", "https://aws.amazon.com/sqs/pricing/"
CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
SNS, KMS = "https://aws.amazon.com/sns/pricing/", "https://aws.amazon.com/kms/pricing/"

CRAWL = Price(0.44, 1, "DPU-hour of a crawl", GLUE)
RUN = Price(0.44, 1, "DPU-hour of a run", GLUE)
FLEX_RUN = Price(0.29, 1, "DPU-hour of a run with FLEX", GLUE)
WRITE = Price(0.005, 1_000, "PUT or LIST request", S3)
READ_OBJECT = Price(0.0004, 1_000, "GET request", S3)
QUEUE = Price(0.40, 1_000_000, "request", SQS)
INVOCATION = Price(0.20, 1_000_000, "invocation", LAMBDA)
COMPUTE = Price(0.0000166667, 1, "GB-second", LAMBDA)
ALARM = Price(0.10, 1, "alarm and month", CLOUDWATCH)
EMAIL = Price(2.00, 100_000, "email", SNS)
KEY_REQUEST = Price(0.03, 10_000, "request with a key", KMS)

SHORTEST_CRAWL = 600  # billed seconds: a crawl is billed for ten minutes at least
SHORTEST_RUN = 60  # billed seconds, from Glue 2.0 on


class PriceList(NamedTuple):
    """The prices of a region at a date; *source* is for people."""

    region: str = REGION
    date: str = READ
    source: str = "AWS' list prices, without free tiers"
    crawl: Price = CRAWL
    run: Price = RUN
    flex_run: Price = FLEX_RUN
    write: Price = WRITE
    read: Price = READ_OBJECT
    queue: Price = QUEUE
    invocation: Price = INVOCATION
    compute: Price = COMPUTE
    alarm: Price = ALARM
    email: Price = EMAIL

    def of_usage(self, usage: Usage) -> float:
        """Return the price of runs and crawls, each crawl with the shortest billed duration."""
        hours = CRAWL_DPUS * SHORTEST_CRAWL * usage.crawls / HOUR
        runs = self.run.of(usage.dpu_seconds / HOUR)
        return runs + self.flex_run.of(usage.flex_dpu_seconds / HOUR) + self.crawl.of(hours)


LISTED = PriceList()

ALL = (
    *(CRAWL, RUN, FLEX_RUN, WRITE, READ_OBJECT, QUEUE),
    *(INVOCATION, COMPUTE, ALARM, EMAIL, KEY_REQUEST),
)
