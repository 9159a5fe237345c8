"""Victim: a process with the operator's modules under one attack; prints its figures as JSON.

`python -m tests.bench.attacks.victim bomb BUCKET`, or `listing BUCKET`, `roles COUNT` or
`sessions COUNT`. The environment has the credentials and the endpoint of AWS.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import BotoCoreError, ClientError

from dataflowxpress.api.errors import Refused
from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.spec import GROUP, KIND, VERSION, Source
from dataflowxpress.aws.clients import clients
from dataflowxpress.aws.sessions import RoleSession
from dataflowxpress.controller.connector import Connector
from dataflowxpress.controller.reconciler import Reconciler  # noqa: F401 - operators load it
from dataflowxpress.controller.tenancy import OPEN
from dataflowxpress.dataplane.manifest_log import ManifestLog
from dataflowxpress.dataplane.uploads import pending_and_refused, uploads
from dataflowxpress.standalone.manifest import Manifest

REGIONS = ("eu-west-1", "eu-central-1", "us-east-1", "ap-south-1")
SERVICES = (
    *("s3", "sqs", "sns", "lambda", "glue", "iam", "events", "logs", "cloudwatch", "scheduler"),
    *("resourcegroupstaggingapi", "kms"),
)


def bomb(bucket: str) -> int:
    """Read the manifests of a bucket; return how many objects they name."""
    try:
        return len(ManifestLog.load(clients(None, None)("s3"), bucket).objects)
    except Refused:
        return 0


def listing(bucket: str) -> int:
    """List the uploads of a bucket; return how many are pending."""
    found = uploads(clients(None, None)("s3"), bucket, Source())
    return pending_and_refused(ManifestLog(), found)[0].count


def roles(count: str) -> int:
    """Connect pipelines whose roles do not exist; return how many AWS denies."""
    return sum(_is_denied(number) for number in range(int(count)))


def sessions(count: str) -> int:
    """Create all clients for sessions of one role, as for the pipelines of a large tenant."""
    for number in range(int(count)):
        session = RoleSession(f"team.p{number}", (("dataflowxpress.io/namespace", "team"),))
        found = clients(REGIONS[number % len(REGIONS)], _role("team"), session)
        for service in SERVICES:
            found(service)
    return int(count)


def _is_denied(number: int) -> bool:
    spec = {"region": REGIONS[number % len(REGIONS)], "roleArn": _role(f"bogus-{number}")}
    head = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND}
    body = {**head, "metadata": {"name": f"p{number}", "namespace": "team"}, "spec": spec}
    try:
        Connector(_store(body), OPEN).of(Pipeline(body))
    except (ClientError, BotoCoreError):
        return True
    return False


def _store(body: dict[str, Any]) -> Manifest:
    file = Path("pipeline.yaml")
    file.write_text(yaml.safe_dump(body))
    return Manifest.load(file, "", "", keeps=False)


def _role(name: str) -> str:
    return f"arn:aws:iam::000000000000:role/dataflowxpress-{name}"


@contextlib.contextmanager
def measuring(result: dict[str, int]) -> Iterator[None]:
    """Add the memory before a block, the peak of the process, in bytes, and seconds of CPU."""
    result["before"], started = _memory("VmRSS"), time.process_time()
    yield
    result["peak"], result["cpu"] = _memory("VmHWM"), round(time.process_time() - started)


def _memory(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


ATTACKS: dict[str, Callable[[str], int]] = {
    each.__name__: each for each in (bomb, listing, roles, sessions)
}

if __name__ == "__main__":
    for each in SERVICES:
        clients(None, None)(each)
    figures: dict[str, int] = {}
    with measuring(figures):
        figures["counted"] = ATTACKS[sys.argv[1]](sys.argv[2])
    print(json.dumps(figures))
