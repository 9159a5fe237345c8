"""Job process: a run's script, arguments, Spark settings and environment, and the process itself.

Understood of Glue's special arguments: `--job-bookmark-option`, `--conf`, `--extra-py-files` and
`--continuous-log-logGroup`. Others are handed to the script, as on AWS, and have no effect.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dataflowxpress.sandbox.aws import REGION
from dataflowxpress.sandbox.aws.spark import home

if TYPE_CHECKING:
    from dataflowxpress.sandbox.aws.service_role import Session

_SITE = Path(__file__).parents[1] / "site"
_RUNNER = "dataflowxpress.sandbox.aws.glue.job_runner"


class Launch:
    """Everything of one run's process; its files are in the run's folder."""

    def __init__(
        self, job: dict[str, Any], record: dict[str, Any], session: Session, folder: Path
    ) -> None:
        self._job = job
        self._record = record
        self._session = session
        self.folder = folder
        self.arguments: dict[str, str] = {
            **job.get("DefaultArguments", {}),
            **record.get("Arguments", {}),
            **job.get("NonOverridableArguments", {}),
        }

    @property
    def stdout(self) -> Path:
        """What the script prints."""
        return self.folder / "output.log"

    @property
    def stderr(self) -> Path:
        """What Spark logs, and the script's traceback."""
        return self.folder / "error.log"

    def fetch(self) -> None:
        """Download the script and its modules with the role's permissions."""
        s3 = self._session.client("s3")
        (self.folder / "tmp").mkdir()
        (self.folder / "lib").mkdir()
        wanted = [self._job["Command"]["ScriptLocation"], *self._modules()]
        for uri, target in zip(wanted, [self._script, *self._fetched()], strict=True):
            where = urlsplit(uri)
            s3.download_file(where.netloc, where.path.lstrip("/"), str(target))

    def start(self) -> subprocess.Popen[bytes]:
        """Start the process; it ends when this one does."""
        spark = home.prepare()
        settings = self.folder / "tmp" / "spark.conf"
        settings.write_text("\n".join(f"{k} {v}" for k, v in self._settings().items()))
        settings.chmod(0o600)
        command = [sys.executable, "-m", _RUNNER, str(self._result), str(self._script)]
        with self.stdout.open("wb") as stdout, self.stderr.open("wb") as stderr:
            return subprocess.Popen(
                command + self._argv(),
                cwd=self.folder / "tmp",
                env=self._environment(spark, settings),
                stdin=subprocess.PIPE,  # never written to: its end is ours
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )

    def error(self) -> str | None:
        """Return why the script failed; None when it did not."""
        try:
            error: str | None = json.loads(self._result.read_text())["error"]
        except FileNotFoundError:
            return "The job's process ended without a word; its error log may tell more"
        return error

    @property
    def _script(self) -> Path:
        return self.folder / Path(urlsplit(self._job["Command"]["ScriptLocation"]).path).name

    @property
    def _result(self) -> Path:
        return self.folder / "result.json"

    def _modules(self) -> list[str]:
        return [uri for uri in self.arguments.get("--extra-py-files", "").split(",") if uri]

    def _fetched(self) -> list[Path]:
        return [self.folder / "lib" / uri.rsplit("/", 1)[-1] for uri in self._modules()]

    def _argv(self) -> list[str]:
        own = {"--JOB_NAME": self._job["Name"], "--JOB_RUN_ID": self._record["Id"]}
        own["--JOB_ID"] = f"j_{self._record['Id'][3:]}"
        return [word for pair in {**self.arguments, **own}.items() for word in pair]

    def _environment(self, spark: home.Home, settings: Path) -> dict[str, str]:
        archives = [str(path) for path in self._fetched() if path.suffix != ".py"]
        path = [str(_SITE), str(self.folder / "lib"), *archives]
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SPARK_"))}
        return {
            **inherited,
            **self._session.environment(),
            "PYTHONPATH": os.pathsep.join(path),
            "PYTHONUNBUFFERED": "1",
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_SUBMIT_ARGS": f"--properties-file {settings} pyspark-shell",
            "SPARK_HOME": str(spark.path),
            "SPARK_LOCAL_DIRS": str(self.folder / "tmp"),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "TMPDIR": str(self.folder / "tmp"),
            "DATAFLOWXPRESS_JVM": spark.jvm(),
            "DATAFLOWXPRESS_BOOKMARK": str(self.folder / "bookmark.json"),
        }

    def _settings(self) -> dict[str, str]:
        scratch = self.folder / "tmp"
        conf = f"--conf {self.arguments['--conf']}" if "--conf" in self.arguments else ""
        chosen = dict(each.strip().split("=", 1) for each in conf.split("--conf ") if "=" in each)
        return {
            "spark.master": "local[2]",
            "spark.app.name": self._job["Name"],
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.warehouse.dir": str(scratch / "warehouse"),
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": "4",
            **{f"spark.hadoop.{key}": value for key, value in self._s3(scratch).items()},
            **chosen,
        }

    def _s3(self, scratch: Path) -> dict[str, str]:
        filesystem = "org.apache.hadoop.fs.s3a.S3AFileSystem"
        provider = "org.apache.hadoop.fs.s3a.TemporaryAWSCredentialsProvider"
        return {
            "fs.s3.impl": filesystem,
            "fs.s3a.impl": filesystem,
            "fs.s3a.endpoint": self._session.aws.endpoint,
            "fs.s3a.endpoint.region": REGION,
            "fs.s3a.path.style.access": "true",
            "fs.s3a.connection.ssl.enabled": "false",
            "fs.s3a.aws.credentials.provider": provider,
            "fs.s3a.access.key": self._session.access_key,
            "fs.s3a.secret.key": self._session.secret,
            "fs.s3a.session.token": self._session.token,
            "fs.s3a.buffer.dir": str(scratch),
            "fs.s3a.attempts.maximum": "3",
            "fs.s3a.retry.limit": "3",
            # Deleting the markers of parent folders would ask for permissions that Glue needs not.
            "fs.s3a.directory.marker.retention": "keep",
        }
