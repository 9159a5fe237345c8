"""Scrape: what an operator tells Prometheus."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from urllib import request

from prometheus_client.parser import text_string_to_metric_families

READS = ("Get", "List", "Describe", "Head", "Batch", "Search", "AssumeRole", "Receive")


Series = list[tuple[dict[str, str], float]]  # labels and value


@dataclass(frozen=True)
class Metrics:
    """The metrics of the operator that serves them at *address*, a host and port."""

    address: str

    def scrape(self) -> dict[str, Series]:
        """Return the series of all metrics by name."""
        with request.urlopen(f"http://{self.address}/metrics", timeout=60) as answer:
            families = text_string_to_metric_families(answer.read().decode())
        found = defaultdict[str, Series](list)
        for family in families:
            for sample in family.samples:
                found[sample.name].append((sample.labels, sample.value))
        return found

    def series(self, name: str) -> Series:
        """Return labels and value of each series of a metric."""
        return self.scrape()[name]

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
