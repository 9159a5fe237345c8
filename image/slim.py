"""Slim: removes files that the operator does not use from the Python installation."""

from __future__ import annotations

import shutil
from pathlib import Path

import botocore
import kubernetes

import dataflowxpress.aws.resources  # noqa: F401 - the import registers the kinds
from dataflowxpress.aws.snapshot import TAGGING
from dataflowxpress.planning.resource import Resource

_IDENTITY = {"sts", "sso", "sso-oidc", "signin"}  # services that provide credentials
_ASYNC = Path(kubernetes.__file__).parent / "aio"  # an unused asynchronous client of the same size


def main() -> None:
    """Remove the models of unused AWS services and the asynchronous Kubernetes client."""
    services = {kind.service for kind in Resource.kinds.values()} | {TAGGING} | _IDENTITY
    data = Path(botocore.__file__).parent / "data"
    for service in (each for each in data.iterdir() if each.is_dir()):
        if service.name not in services:
            shutil.rmtree(service)
    shutil.rmtree(_ASYNC)
    print(f"kept the services {', '.join(sorted(services))}")


if __name__ == "__main__":
    main()
