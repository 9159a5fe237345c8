"""Jars: what Spark needs to speak to S3, fetched once by their coordinates with Spark's own Ivy.

`hadoop-aws` asks for a bundle of all of AWS' SDK, 280 MB; the services that it really uses are 6.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from . import truststore


class Artifact(NamedTuple):
    """The coordinates of one jar."""

    group: str
    name: str
    version: str


_SDK = (
    "1.12.262"  # the one that hadoop-aws 3.3.4 was built with, as Spark 3.5 was with Hadoop 3.3.4
)
ARTIFACTS = (
    Artifact("org.apache.hadoop", "hadoop-aws", "3.3.4"),
    Artifact("com.amazonaws", "aws-java-sdk-core", _SDK),
    Artifact("com.amazonaws", "aws-java-sdk-s3", _SDK),
    Artifact("com.amazonaws", "aws-java-sdk-kms", _SDK),
    Artifact("com.amazonaws", "aws-java-sdk-sts", _SDK),
    Artifact("com.amazonaws", "aws-java-sdk-dynamodb", _SDK),
    Artifact("com.amazonaws", "jmespath-java", _SDK),
    Artifact("software.amazon.ion", "ion-java", "1.0.2"),
    Artifact("com.fasterxml.jackson.dataformat", "jackson-dataformat-cbor", "2.12.6"),
    # Lets Parquet be committed by S3's own means; the same in all of Spark 3.5.
    Artifact("org.apache.spark", "spark-hadoop-cloud_2.12", "3.5.7"),
)


def fetch(java: Path, ivy: Path, into: Path) -> None:
    """Fetch all jars into a folder, or raise `RuntimeError` with what Ivy says."""
    with tempfile.TemporaryDirectory() as scratch:
        module = Path(scratch, "ivy.xml")
        module.write_text(_module())
        trust = truststore.write(Path(scratch, "trust.jks"))
        command = [str(java), *trust, "-cp", str(ivy), "org.apache.ivy.Main"]
        command += ["-ivy", str(module), "-cache", f"{scratch}/cache", "-confs", "default"]
        command += ["-retrieve", f"{into}/[artifact]-[revision].[ext]", "-warn"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    missing = [a for a in ARTIFACTS if not (into / f"{a.name}-{a.version}.jar").is_file()]
    if missing:
        said = (ran.stdout + ran.stderr)[-3000:]
        raise RuntimeError(f"Cannot fetch Spark's S3 jars {[a.name for a in missing]}:\n{said}")


def _module() -> str:
    wanted = "\n".join(
        f"<dependency org={quoteattr(each.group)} name={quoteattr(each.name)}"
        f' rev={quoteattr(each.version)} transitive="false" conf="default->master"/>'
        for each in ARTIFACTS
    )
    return f"""<ivy-module version="2.0">
<info organisation="dataflowxpress" module="sandbox"/>
<configurations><conf name="default"/></configurations>
<dependencies>{wanted}</dependencies>
</ivy-module>"""
