"""Convert: brings every uploaded object into Parquet, once, and its rows into the catalog.

The script of the job. What it does is in the package `dataflow`, which travels beside it as
`--extra-py-files`.
"""

import sys

from awsglue.utils import getResolvedOptions

from dataflow.options import Options
from dataflow.run import Run


def main(argv: list[str]) -> None:
    """Convert everything that is pending."""
    names = Options.names_in(argv)
    arguments = getResolvedOptions(argv, ["JOB_NAME", *names])
    options = Options(**{name: arguments[name] for name in names})
    Run(options, arguments["JOB_RUN_ID"]).convert_everything()


if __name__ == "__main__":
    main(sys.argv)
