"""Command line of Spark's one-time preparation: `python -m dataflowxpress.sandbox.aws.spark`."""

from dataflowxpress.sandbox.aws.spark.archive import prepare

if __name__ == "__main__":
    prepare()
