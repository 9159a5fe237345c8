"""Server: the AWS emulator, with one line per request in `requests.log`."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from unittest import mock

from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws import exchanges
from dataflowxpress_sandbox.aws.__main__ import main
from dataflowxpress_sandbox.aws.serving import RunningAws, serving

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.exchanges import Asgi

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


def logging(log: TextIO) -> Callable[[Asgi], Asgi]:
    """Return what puts a log of requests in front of an AWS."""

    def before(aws: Asgi) -> Asgi:
        async def logged(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                query = scope["query_string"].decode()
                target = dict(scope["headers"]).get(b"x-amz-target", b"-").decode()
                print(scope["method"], scope["raw_path"].decode(), query, target, file=log)
            await aws(scope, receive, send)

        return logged

    return before


if __name__ == "__main__":
    directory = Path(sys.argv[sys.argv.index("--dir") + 1])
    with (
        (directory / LOG).open("w", buffering=1) as log,
        mock.patch.object(exchanges, "recording", logging(log)),
    ):
        main()
