"""Server: the AWS emulator, with one line per request in `requests.log`."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from hypercorn.config import Config

from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws.__main__ import main
from dataflowxpress_sandbox.aws.serving import RunningAws, serving

LOG = "requests.log"


@contextlib.contextmanager
def logging_aws() -> Iterator[tuple[RunningAws, Path]]:
    """Serve an AWS that logs its requests; yields it with its directory, which ends with it."""

    def command(port: int, directory: Path) -> list[str]:
        given = ["--port", str(port), "--dir", os.fspath(directory)]
        return [sys.executable, "-m", "tests.bench.server", *given]

    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(sandbox_aws, "command", command),
        serving(Path(folder)) as aws,
    ):
        yield aws, Path(folder)


if __name__ == "__main__":
    directory = Path(sys.argv[sys.argv.index("--dir") + 1])
    Config.accesslog = str(directory / LOG)
    # The server sets the level to warnings, but logs requests at level info.
    Config.loglevel = property(lambda _: "INFO", lambda *_: None)  # type: ignore[assignment]
    Config.access_log_format = "%(m)s %(U)s %(q)s %({x-amz-target}i)s"
    main()
