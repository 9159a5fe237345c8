"""Job process: the Spark process of one run, with its script, modules and arguments.

Supported special arguments of Glue: `--job-bookmark-option`, `--conf`, `--extra-py-files`,
`--datalake-formats` and those of `job_logs`. The script also gets all others, like on AWS,
without further effect.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataflowxpress_sandbox.aws.s3_uri import S3Uri
from dataflowxpress_sandbox.aws.spark import process

from . import bytecode, data_lake_formats

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.credentials import Credentials
    from dataflowxpress_sandbox.aws.spark.jvms import Jvms

_SITE = Path(__file__).parents[1] / "site"  # contains awsglue
_RUNNER = "dataflowxpress_sandbox.aws.glue.job_runner"


class Launch:
    """The process of one run; its files are in the folder of the run."""

    def __init__(
        self, job: dict[str, Any], record: dict[str, Any], credentials: Credentials, folder: Path
    ) -> None:
        self._job = job
        self._record = record
        self._credentials = credentials
        self._result = folder / "result.json"
        self._script = folder / Path(job["Command"]["ScriptLocation"]).name
        self.folder = folder
        self.bookmark = folder / "bookmark.json"
        self.arguments: dict[str, str] = {
            **job.get("DefaultArguments", {}),
            **record.get("Arguments", {}),
            **job.get("NonOverridableArguments", {}),
        }

    def fetch(self) -> None:
        """Download the script and its modules with the role's permissions."""
        s3 = self._credentials.client("s3")
        (self.folder / "tmp").mkdir()
        (self.folder / "lib").mkdir()
        wanted = [self._job["Command"]["ScriptLocation"], *self._modules()]
        for uri, target in zip(wanted, [self._script, *self._fetched()], strict=True):
            bucket, key = S3Uri.parse(uri)
            s3.download_file(bucket, key, str(target))
        for archive in self._archives():
            bytecode.add(archive)

    def start(self, jvms: Jvms) -> process.Running:
        """Start the process, which ends with this process."""
        places = [_SITE, self.folder / "lib", *self._archives()]
        environment = {
            "PYTHONPATH": os.pathsep.join(map(str, places)),
            "DATAFLOWXPRESS_BOOKMARK": str(self.bookmark),
        }
        return process.Workspace(self._credentials, self.folder).start(
            jvms,
            (_RUNNER, [str(self._result), str(self._script), *self._argv()]),
            {"spark.app.name": self._job["Name"], **self._settings()},
            environment,
            data_lake_formats.jars(self.arguments, self._record["GlueVersion"]),
        )

    def error(self) -> str | None:
        """Return the error of the script, or None if it succeeded."""
        try:
            error: str | None = json.loads(self._result.read_text())["error"]
        except FileNotFoundError:
            return "The process of the job ended without a result; see its error log"
        return error

    def _modules(self) -> list[str]:
        return [uri for uri in self.arguments.get("--extra-py-files", "").split(",") if uri]

    def _fetched(self) -> list[Path]:
        return [self.folder / "lib" / uri.rsplit("/", 1)[-1] for uri in self._modules()]

    def _archives(self) -> list[Path]:
        return [path for path in self._fetched() if path.suffix != ".py"]

    def _argv(self) -> list[str]:
        standard = {"--JOB_NAME": self._job["Name"], "--JOB_RUN_ID": self._record["Id"]}
        standard["--JOB_ID"] = f"j_{self._record['Id'][3:]}"
        return [word for pair in {**self.arguments, **standard}.items() for word in pair]

    def _settings(self) -> dict[str, str]:
        """Return the settings of `--conf`; Glue's syntax for several is `a=b --conf c=d`."""
        given = f" {self.arguments.get('--conf', '')}".split(" --conf ")
        return dict(each.strip().split("=", 1) for each in given if "=" in each)
