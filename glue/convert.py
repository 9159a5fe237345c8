"""Convert: converts each uploaded object to Parquet once and publishes its rows in the catalog.

This is the script of the job. Its modules are in the package `dataflow`, which the job gets with
`--extra-py-files`.
"""

import sys

from awsglue.utils import getResolvedOptions

from dataflow.options import Options
from dataflow.run import Run


def main(argv: list[str]) -> None:
    """Convert all pending objects."""
    names = Options.names_in(argv)
    arguments = getResolvedOptions(argv, ["JOB_NAME", *names])
    options = Options(**{name: arguments[name] for name in names})
    Run(options, arguments["JOB_RUN_ID"]).convert_everything()


if __name__ == "__main__":
    main(sys.argv)
