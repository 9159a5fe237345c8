"""Command line of Spark's one-time preparation: `python -m dataflowxpress_sandbox.aws.spark`."""

import sys

from .archive import prepare

if __name__ == "__main__":
    try:
        prepare()
    except RuntimeError as error:
        sys.exit(str(error))
