"""Command line of Spark's one-time preparation: `python -m dataflowxpress_sandbox.aws.spark`."""

from .archive import prepare

if __name__ == "__main__":
    prepare()
