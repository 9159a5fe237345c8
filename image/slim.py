"""Slim: takes out of the installation that runs it what the operator never opens."""

from __future__ import annotations

import shutil
from pathlib import Path

import botocore
import kubernetes

import dataflowxpress.aws.resources  # noqa: F401 - its import makes the kinds known
from dataflowxpress.aws.observer import TAGGING
from dataflowxpress.planning.resource import Resource

_IDENTITY = {"sts", "sso", "sso-oidc", "signin"}  # what credentials are had from
_ASYNC = Path(kubernetes.__file__).parent / "aio"  # a second client, of the same size


def main() -> None:
    """Remove the descriptions of services that are never called, and clients that are not used."""
    services = {kind.service for kind in Resource.kinds.values()} | {TAGGING} | _IDENTITY
    data = Path(botocore.__file__).parent / "data"
    for service in (each for each in data.iterdir() if each.is_dir()):
        if service.name not in services:
            shutil.rmtree(service)
    shutil.rmtree(_ASYNC)
    print(f"kept the services {', '.join(sorted(services))}")


if __name__ == "__main__":
    main()
