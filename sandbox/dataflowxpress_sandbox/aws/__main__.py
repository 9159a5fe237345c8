"""Command line of the AWS server: `python -m dataflowxpress_sandbox.aws --port PORT --dir DIR`."""

from __future__ import annotations

import argparse
import gc
from pathlib import Path

from . import settings

_YOUNG = 10_000  # objects that a garbage collection waits for; a request makes thousands


def main() -> None:
    """Serve AWS on a loopback port until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="dataflowxpress_sandbox.aws", description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--dir", type=Path, required=True, help="directory for logs/, mail/ and tmp/"
    )
    parser.add_argument(
        "--tied", action="store_true", help="also stop at the end of standard input"
    )
    arguments = parser.parse_args()
    directory = arguments.dir.resolve()
    scratch = directory / "tmp"
    for folder in (directory / "logs", scratch):
        folder.mkdir(parents=True, exist_ok=True)
    settings.apply(arguments.port, scratch)
    gc.disable()  # until all is imported; nothing of that is garbage

    from .server import serve  # reads the settings while importing

    gc.freeze()
    gc.enable()
    gc.set_threshold(_YOUNG)
    serve(arguments.port, directory, tied=arguments.tied)


if __name__ == "__main__":
    main()
