"""Command line: `dataflowxpress`, and `kubectl dataflow`."""

from __future__ import annotations

import atexit
import gc


def main() -> None:
    """Run the command line."""
    gc.disable()  # a third of a command's CPU time; commands that run for long enable it
    atexit.register(gc.freeze)  # so that Python's last collection finds nothing to examine

    from dataflowxpress.cli.app import app

    app()


if __name__ == "__main__":
    main()
