"""Command line: `dataflowxpress`, and `kubectl dataflow`."""

from __future__ import annotations

from dataflowxpress.cli.app import app


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
