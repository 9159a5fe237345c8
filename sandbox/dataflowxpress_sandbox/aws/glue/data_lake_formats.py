"""Data lake formats: the jars that Glue adds to a job for `--datalake-formats`.

Without the argument, a job has none of them: its script cannot load the catalog of a format.
See https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-datalake-native-frameworks.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataflowxpress_sandbox.aws.spark.iceberg_jars import ICEBERG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dataflowxpress_sandbox.aws.spark.jars import Artifact

_JARS = {("iceberg", "5.1"): ICEBERG}  # by format and version of Glue


def jars(arguments: Mapping[str, str], glue_version: str) -> Sequence[Artifact]:
    """Return the jars of a run; raises RuntimeError if the sandbox does not have a format."""
    given = arguments.get("--datalake-formats", "").split(",")
    wanted = [each.strip() for each in given if each.strip()]
    for each in wanted:
        if (each, glue_version) not in _JARS:
            raise RuntimeError(
                f"The sandbox has no {each} for Glue {glue_version}; it has Iceberg for Glue 5.1"
            )
    return [jar for each in wanted for jar in _JARS[each, glue_version]]
