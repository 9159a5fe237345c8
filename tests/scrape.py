"""Scrape: what an operator tells Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib import request

from prometheus_client.parser import text_string_to_metric_families

READS = ("Get", "List", "Describe", "Head", "Batch", "Search", "AssumeRole", "Receive")


@dataclass(frozen=True)
class Metrics:
    """The metrics of the operator that serves them at *address*, a host and port."""

    address: str

    def series(self, name: str) -> Iterator[tuple[dict[str, str], float]]:
        """Yield labels and value of each series of a metric."""
        with request.urlopen(f"http://{self.address}/metrics", timeout=60) as answer:
            families = text_string_to_metric_families(answer.read().decode())
        found = (sample for family in families for sample in family.samples)
        return ((sample.labels, sample.value) for sample in found if sample.name == name)

    def total(self, name: str) -> float:
        """Return the sum of all series of a metric."""
        return sum(value for _, value in self.series(name))

    def calls(self) -> Counter[str]:
        """Count the calls to AWS by operation; there have to be some."""
        counted = Counter[str]()
        for labels, value in self.series("dataflowxpress_aws_requests_total"):
            counted[labels["operation"]] += int(value)
        assert counted, "no call was made"
        return counted

    def writes(self) -> Counter[str]:
        """Count the calls that change anything in AWS."""
        return Counter({k: n for k, n in self.calls().items() if not k.startswith(READS)})
