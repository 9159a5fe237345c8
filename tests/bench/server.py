"""Server: the sandbox's AWS, which writes a line for each request to `requests.log`."""

from __future__ import annotations

import sys
from pathlib import Path

from hypercorn.config import Config

from dataflowxpress_sandbox.aws.__main__ import main

LOG = "requests.log"

if __name__ == "__main__":
    directory = Path(sys.argv[sys.argv.index("--dir") + 1])
    Config.accesslog = str(directory / LOG)
    # The server asks for warnings alone, and requests are told as information.
    Config.loglevel = property(lambda _: "INFO", lambda *_: None)  # type: ignore[assignment]
    Config.access_log_format = "%(m)s %(U)s %(q)s %({x-amz-target}i)s"
    main()
