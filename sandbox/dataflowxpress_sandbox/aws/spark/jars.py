"""Jars: downloads the jars that Spark needs for S3, with Spark's own Ivy.

`hadoop-aws` depends on a bundle of the whole AWS SDK (280 MB); it uses only 6 of the modules.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import quoteattr

from . import truststore

if TYPE_CHECKING:
    from collections.abc import Sequence


class Artifact(NamedTuple):
    """The coordinates of one jar."""

    group: str
    name: str
    version: str
    sha256: str = ""  # of the jar; without it, Ivy's own checksum is enough


_SDK = "1.12.262"  # the version of hadoop-aws 3.3.4; Spark 3.5 uses Hadoop 3.3.4
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
    # Supports S3 committers for Parquet; compatible with all of Spark 3.5.
    Artifact("org.apache.spark", "spark-hadoop-cloud_2.12", "3.5.7"),
)


def fetch(java: Path, ivy: Path, artifacts: Sequence[Artifact], into: Path) -> None:
    """Download jars to a folder; raises `RuntimeError` with the output of Ivy."""
    with tempfile.TemporaryDirectory() as scratch:
        module = Path(scratch, "ivy.xml")
        module.write_text(_module(artifacts))
        trust = truststore.write(Path(scratch, "trust.jks"))
        command = [str(java), *trust, "-cp", str(ivy), "org.apache.ivy.Main"]
        command += ["-ivy", str(module), "-cache", f"{scratch}/cache", "-confs", "default"]
        command += ["-retrieve", f"{into}/[artifact]-[revision].[ext]", "-warn"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    missing = [each for each in artifacts if not _is_complete(each, into)]
    if missing:
        names = ", ".join(artifact.name for artifact in missing)
        output = (result.stdout + result.stderr)[-3000:]
        raise RuntimeError(f"Cannot download the jars {names} for Spark:\n{output}")


def _is_complete(artifact: Artifact, folder: Path) -> bool:
    jar = folder / f"{artifact.name}-{artifact.version}.jar"
    if not jar.is_file():
        return False
    digest = hashlib.sha256(jar.read_bytes()).hexdigest()
    return artifact.sha256 in {"", digest}


def _module(artifacts: Sequence[Artifact]) -> str:
    dependencies = "\n".join(
        f"<dependency org={quoteattr(each.group)} name={quoteattr(each.name)}"
        f' rev={quoteattr(each.version)} transitive="false" conf="default->master"/>'
        for each in artifacts
    )
    return f"""<ivy-module version="2.0">
<info organisation="dataflowxpress" module="sandbox"/>
<configurations><conf name="default"/></configurations>
<dependencies>{dependencies}</dependencies>
</ivy-module>"""
