"""Options: how a user says that a sample is to be read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

from dataflow.source_options import SourceOptions
from dataflowxpress.api.spec.file_formats import Encoding
from dataflowxpress.blueprint.source_argument import source_argument
from dataflowxpress.cli.failures import Failure
from dataflowxpress.standalone.manifest import Manifest

FORMATS = ("csv", "json", "parquet", "avro", "orc", "xml")
UNKNOWN = ""  # the format


def given(file: Path | None, namespace: str, format_: str, encoding: str) -> SourceOptions:
    """Return the options of a manifest, or the defaults, with a format and an encoding."""
    if format_ not in {UNKNOWN, *FORMATS}:
        raise Failure(f"--format {format_} is unknown", f"use one of {', '.join(FORMATS)}")
    if encoding and encoding not in get_args(Encoding):
        raise Failure(
            f"--encoding {encoding} is unknown", f"use one of {', '.join(get_args(Encoding))}"
        )
    options = SourceOptions(format=UNKNOWN)
    if file is not None:
        spec = Manifest.load(file, "", namespace, keeps=False).spec
        options = replace(SourceOptions.parse(source_argument(spec) or "{}"), columns=())
    options = replace(options, format=format_ or options.format)
    return replace(options, encoding=encoding or options.encoding)
