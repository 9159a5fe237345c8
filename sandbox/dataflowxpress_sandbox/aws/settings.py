"""Settings: the environment that ministack reads while it is imported."""

from __future__ import annotations

import os
from pathlib import Path

from . import ACCOUNT, HOST, REGION, Aws, environment_of_root

_FOREIGN = ("AWS_", "LOCALSTACK_", "MINISTACK_", "LAMBDA_", "SFN_", "GLUE_", "DOCKER_", "EDGE_")


def apply(port: int, scratch: Path) -> None:
    """Make this process' environment that of an emulator on `port`, whatever the shell had.

    What the emulator and its functions unpack goes to `scratch`.
    """
    for name in [name for name in os.environ if name.startswith(_FOREIGN)]:
        if name != "AWS_CA_BUNDLE":
            del os.environ[name]
    os.environ.update(
        environment_of_root(Aws(port)),
        AUTH="true",
        BIND_HOST=HOST,
        GATEWAY_PORT=str(port),
        MINISTACK_HOST=HOST,
        MINISTACK_ACCOUNT_ID=ACCOUNT,
        MINISTACK_REGION=REGION,
        LAMBDA_EXECUTOR="local",
        PERSIST_STATE="0",
        S3_PERSIST="0",
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        USE_SSL="0",
        LOG_LEVEL="INFO",
        TMPDIR=str(scratch),
        # A socket that does not exist: an emulator without containers never asks for Docker's.
        DOCKER_HOST=f"unix://{scratch}/no-docker.sock",
    )
