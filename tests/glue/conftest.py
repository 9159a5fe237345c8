"""Fixtures of the Glue script's tests: whole runs on real Spark, with the permissions of a role."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import io
import json
import time
import uuid
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from dataflowxpress_sandbox.aws import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dataflowxpress_sandbox.aws.serving import RunningAws

GLUE = Path(__file__).parents[2] / "glue"
RUN_SECONDS = 240  # what a run may take on a busy machine


@dataclass
class Pipeline:
    """A bucket, a database and a job around the packaged script, as the operator makes them."""

    aws: RunningAws
    folder: Path
    arguments: dict[str, str] = field(default_factory=dict)
    # What `--source` says; most tests look at rejected rows, so types do not change.
    reading: dict[str, Any] = field(default_factory=dict)
    name: str = field(default_factory=lambda: f"glue-{uuid.uuid4().hex[:8]}")
    run_seconds: float = RUN_SECONDS
    glue_version: str = "5.0"

    def __post_init__(self) -> None:
        self.s3 = self.aws.client("s3")
        self.glue = self.aws.client("glue")
        region = {"LocationConstraint": self.s3.meta.region_name}
        self.s3.create_bucket(Bucket=self.name, CreateBucketConfiguration=region)
        self.put("dataflowxpress/scripts/convert.py", (GLUE / "convert.py").read_bytes())
        self.put("dataflowxpress/scripts/dataflow.zip", _zipped())
        self.glue.create_database(DatabaseInput={"Name": self.name})
        self.glue.create_job(
            Name=self.name,
            Role=_role(self.aws, self.name),
            Command={
                "Name": "glueetl",
                "ScriptLocation": f"s3://{self.name}/dataflowxpress/scripts/convert.py",
            },
            GlueVersion=self.glue_version,
            DefaultArguments={
                "--extra-py-files": f"s3://{self.name}/dataflowxpress/scripts/dataflow.zip",
                "--pipeline": f"tests/{self.name}",
                **{f"--{name}": value for name, value in self.places.items()},
                "--source_prefix": "csv_data/",
                "--source": json.dumps({"typeChanges": "Reject", **self.reading}),
                "--target_prefix": "parquet_data/",
                **self.arguments,
            },
        )

    @property
    def places(self) -> dict[str, str]:
        """The arguments that say where the data is."""
        return {"bucket": self.name, "bucket_owner": ACCOUNT, "database": self.name}

    def put(self, key: str, content: bytes | str) -> None:
        body = content.encode() if isinstance(content, str) else content
        self.s3.put_object(Bucket=self.name, Key=key, Body=body)

    def table(self, name: str, location: str, columns: str, path_columns: str = "") -> None:
        """Tell the catalog of a table, in the words `name type, name type`, as a crawl would."""
        reported = {
            "Name": name,
            "StorageDescriptor": {
                "Columns": _columns(columns),
                "Location": f"s3://{self.name}/{location}",
            },
            "PartitionKeys": _columns(path_columns),
        }
        is_known = name in [table["Name"] for table in self.tables()]
        notify = self.glue.update_table if is_known else self.glue.create_table
        notify(DatabaseName=self.name, TableInput=reported)

    def tables(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.glue.get_tables(DatabaseName=self.name)["TableList"]
        return listed

    def table_of(self, name: str) -> dict[str, Any]:
        return next(table for table in self.tables() if table["Name"] == name)

    @contextmanager
    def denied(self, action: str, resource: str) -> Iterator[None]:
        """Take a permission from the job's role for a while: a run dies where it needs it."""
        iam = self.aws.client("iam")
        denial = {"Effect": "Deny", "Action": action, "Resource": resource}
        iam.put_role_policy(RoleName=self.name, PolicyName="denied", PolicyDocument=_policy(denial))
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=self.name, PolicyName="denied")

    def run(self, **arguments: str) -> dict[str, Any]:
        """Run the job to its end and return what GetJobRun says."""
        return self._run(self.name, arguments)

    def run_script(self, script: str, **arguments: str) -> dict[str, Any]:
        """Run another script of the bucket's, in the same role."""
        job = f"{self.name}-{script}"
        command = {
            "Name": "glueetl",
            "ScriptLocation": f"s3://{self.name}/dataflowxpress/scripts/{script}",
        }
        self.glue.create_job(Name=job, Role=self.name, Command=command, GlueVersion="5.0")
        return self._run(job, arguments)

    def _run(self, job: str, arguments: dict[str, str]) -> dict[str, Any]:
        given = {f"--{name}": value for name, value in arguments.items()}
        run = self.glue.start_job_run(JobName=job, Arguments=given)["JobRunId"]
        deadline = time.monotonic() + self.run_seconds
        while time.monotonic() < deadline:
            reported: dict[str, Any] = self.glue.get_job_run(JobName=job, RunId=run)["JobRun"]
            if reported["JobRunState"] in {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"}:
                return reported
            time.sleep(0.1)
        pytest.fail(f"run {run} did not end: {reported['JobRunState']}")

    def converts(self, **arguments: str) -> dict[str, Any]:
        """Run the job, expect success, and return the newest entry of each key."""
        reported = self.run(**arguments)
        assert reported["JobRunState"] == "SUCCEEDED", reported.get("ErrorMessage")
        return self.entries()

    def keys(self, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def lines(self, prefix: str) -> list[dict[str, Any]]:
        """Return the JSON lines of all objects under a prefix."""
        contents = [
            self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
            for key in self.keys(prefix)
            if not key.rpartition("/")[2].startswith("_")  # Hadoop's own
        ]
        texts = [gzip.decompress(each) if each[:2] == b"\x1f\x8b" else each for each in contents]
        return [json.loads(line) for text in texts for line in text.splitlines()]

    def rejects(self, key: str | None = None) -> list[dict[str, Any]]:
        """Return the rejected records of all objects, or of one."""
        found = self.lines("dataflowxpress/rejected/")
        return [each for each in found if key in {None, each["object"]}]

    def manifests(self) -> list[dict[str, Any]]:
        return self.lines("dataflowxpress/manifests/")

    def entries(self) -> dict[str, Any]:
        return {each["key"]: each for manifest in self.manifests() for each in manifest["objects"]}

    def batches(self) -> dict[str, dict[str, Any]]:
        """Return the newest record of each batch that has rows."""
        found = {
            name: batch
            for manifest in self.manifests()
            for name, batch in manifest.get("batches", {}).items()
        }
        return {name: batch for name, batch in found.items() if batch}

    def files(self) -> list[str]:
        """Return the keys of the files that the manifests name."""
        return [
            batch["directory"] + path
            for batch in self.batches().values()
            for path, _, _ in batch["files"]
        ]

    def orphans(self) -> list[str]:
        """Return what is stored although no manifest names it, or waits to be moved."""
        stored = [key for key in self.keys("parquet_data/") if not key.endswith("/")]
        replaced = tuple(self.manifests()[-1]["replaced"]) if self.manifests() else ()
        named = {*self.files(), *(key for key in stored if key.startswith(replaced))}
        return [*sorted({*stored} - named), *self.keys("dataflowxpress/staged/")]

    def shown(self, table: str) -> dict[tuple[str, ...], str]:
        """Return the partitions that the catalog shows, and where they are."""
        found = self.glue.get_partitions(DatabaseName=self.name, TableName=table)["Partitions"]
        return {tuple(each["Values"]): each["StorageDescriptor"]["Location"] for each in found}

    def rows(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """Return the rows behind the catalog's partitions, read by name, in any order."""
        start = f"s3://{self.name}/"
        places = [place.removeprefix(start) for place in self.shown(table).values()]
        return self.query(columns, [key for place in places for key in self.keys(place)])

    def rows_of(self, key: str, columns: str) -> list[tuple[Any, ...]]:
        """Return the rows of one object, from the files of its batch."""
        batch = self.batches()[self.entries()[key]["batch"]]
        keys = [batch["directory"] + path for path, _, _ in batch["files"]]
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        return self.query(columns, keys, f"dfx_object = '{digest}'")

    def query(
        self, columns: str, keys: list[str], condition: str = "true"
    ) -> list[tuple[Any, ...]]:
        """Ask DuckDB over these Parquet objects."""
        folder = self.folder / uuid.uuid4().hex
        for key in keys:
            (folder / key).parent.mkdir(parents=True, exist_ok=True)
            self.s3.download_file(self.name, key, str(folder / key))
        if not keys:
            return []
        return duckdb.execute(
            f"SELECT {columns} FROM read_parquet('{folder}/**/*.parquet', union_by_name=true)"  # noqa: S608 - our words
            f" WHERE {condition}"
        ).fetchall()


@pytest.fixture(scope="module")
def make(aws: RunningAws, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Pipeline]:
    """Make pipelines, with arguments for their jobs."""

    def make(reading: dict[str, Any] | None = None, **arguments: str) -> Pipeline:
        given = {f"--{name}": value for name, value in arguments.items()}
        return Pipeline(aws, tmp_path_factory.mktemp("parquet"), given, reading or {})

    return make


@pytest.fixture
def pipeline(make: Callable[..., Pipeline]) -> Pipeline:
    """A pipeline with a table of numbers and names."""
    made = make()
    made.table("csv_data", "csv_data/", "n bigint, name string")
    return made


@pytest.fixture
def dataflow(aws: RunningAws, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script's package, with an administrator's environment."""
    for name, value in aws.environment("test", "test").items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(GLUE))
    modules = ("options", "objects", "tables", "skip_reasons", "layout", "store", "manifest_log")
    for module in (*modules, "catalog", "source_catalog", "widening", "iceberg.types"):
        importlib.import_module(f"dataflow.{module}")
    return importlib.import_module("dataflow")


def _columns(words: str) -> list[dict[str, str]]:
    pairs = [word.strip().rpartition(" ") for word in words.split(", ") if word]
    return [{"Name": name, "Type": kind} for name, _, kind in pairs]


def _zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in sorted((GLUE / "dataflow").rglob("*.py")):
            archive.write(file, file.relative_to(GLUE))
    return buffer.getvalue()


def _role(aws: RunningAws, bucket: str) -> str:
    """Make a role that may do what the script does, and nothing else."""
    iam = aws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}}
    iam.create_role(
        RoleName=bucket,
        AssumeRolePolicyDocument=_policy({**trust, "Action": "sts:AssumeRole"}),
    )
    written = ("parquet_data/", "lake/", "dataflowxpress/")
    files = [f"arn:aws:s3:::{bucket}/{path}*" for path in written]
    iam.put_role_policy(
        RoleName=bucket,
        PolicyName="job",
        PolicyDocument=_policy(
            _allow("s3:ListBucket s3:ListBucketMultipartUploads", f"arn:aws:s3:::{bucket}"),
            _allow("s3:GetObject", f"arn:aws:s3:::{bucket}/csv_data/*"),
            _allow("s3:GetObject s3:PutObject s3:DeleteObject s3:AbortMultipartUpload", *files),
            _allow(
                "glue:GetDatabase glue:GetTables glue:GetTable glue:CreateTable glue:UpdateTable"
                " glue:DeleteTable"
                " glue:GetPartitions glue:BatchCreatePartition glue:BatchUpdatePartition"
                " glue:DeletePartition",
                "arn:aws:glue:*:*:catalog",
                f"arn:aws:glue:*:*:database/{bucket}",
                f"arn:aws:glue:*:*:table/{bucket}/*",
            ),
        ),
    )
    return bucket


def _allow(actions: str, *resources: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions.split(), "Resource": list(resources)}


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
