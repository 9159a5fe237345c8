"""Server: the AWS emulator, with one line per request in `requests.log`."""

from __future__ import annotations

import sys
from pathlib import Path

from hypercorn.config import Config

from dataflowxpress_sandbox.aws.__main__ import main

LOG = "requests.log"

if __name__ == "__main__":
    directory = Path(sys.argv[sys.argv.index("--dir") + 1])
    Config.accesslog = str(directory / LOG)
    # The server sets the level to warnings, but logs requests at level info.
    Config.loglevel = property(lambda _: "INFO", lambda *_: None)  # type: ignore[assignment]
    Config.access_log_format = "%(m)s %(U)s %(q)s %({x-amz-target}i)s"
    main()
