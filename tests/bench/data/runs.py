"""Runs: many runs of the packaged script in this process, for a pipeline with a long past."""

from __future__ import annotations

import io
import os
import sys
from contextlib import redirect_stdout
from dataclasses import fields
from unittest import mock

from tests.glue.conftest import GLUE, Pipeline

from .sources import put_small


def repeat(pipeline: Pipeline, count: int, objects: int) -> None:
    """Upload new objects and convert them, many times, with the permissions of an administrator."""
    environment = pipeline.aws.environment("test", "test")
    with mock.patch.dict(os.environ, environment), mock.patch.object(sys, "path", _path()):
        from dataflow.options import Options
        from dataflow.run import Run

        job = pipeline.glue.get_job(JobName=pipeline.name)["Job"]["DefaultArguments"]
        names = [field.name for field in fields(Options) if f"--{field.name}" in job]
        options = Options(**{name: job[f"--{name}"] for name in names})
        for number in range(count):
            put_small(pipeline, (f"{number:06d}-{n}" for n in range(objects)))
            with redirect_stdout(io.StringIO()):  # the log of the run
                Run(options, f"jr_{number:064x}").convert_everything()
            if number % 100 == 99:
                print(f"run {number + 1} of {count}", flush=True)


def _path() -> list[str]:
    return [str(GLUE), *sys.path]
