"""Settings: the environment variables that ministack reads at import."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from . import ACCOUNT, HOST, REGION, Aws, environment_of_root

_FOREIGN = ("AWS_", "LOCALSTACK_", "MINISTACK_", "LAMBDA_", "SFN_", "GLUE_", "DOCKER_", "EDGE_")


def apply(port: int, scratch: Path) -> None:
    """Set the environment of this process for an emulator on `port`.

    The environment of the shell has no effect. The temporary files of the emulator and its
    functions are in `scratch`.
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
    )
    # Without containers, the emulator does not use Docker, whose client takes long to import.
    sys.modules["docker"] = None  # type: ignore[assignment]
