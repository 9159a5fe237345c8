"""Jobs: ordinary Glue scripts on real Spark, and what runs may, how they end and what they say."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from dataflowxpress_sandbox import aws as sandbox_aws
from tests.sample import sampled
from tests.sandbox.aws.conftest import allow

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.serving import RunningAws
    from tests.sandbox.aws.conftest import Place

    Eventually = Callable[..., Any]

SITE = Path(sandbox_aws.__file__).parent / "site"

ORDINARY = """
import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job

args = getResolvedOptions(sys.argv, ["JOB_NAME", "database", "target"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)
source = glueContext.create_dynamic_frame.from_catalog(
    database=args["database"], table_name="data", transformation_ctx="source"
)
print("read", source.count())
mapped = ApplyMapping.apply(
    frame=source,
    mappings=[("id", "bigint", "number", "int"), ("name", "string", "name", "string")],
    transformation_ctx="mapped",
)
kept = Filter.apply(frame=mapped, f=lambda row: row["name"] != "nobody")
resolved = ResolveChoice.apply(frame=kept, choice="make_struct", transformation_ctx="resolved")
glueContext.write_dynamic_frame.from_options(
    frame=resolved,
    connection_type="s3",
    connection_options={"path": args["target"]},
    format="parquet",
    transformation_ctx="sink",
)
job.commit()
"""
SAYS = "import sys; print('said'); print('complained', file=sys.stderr)"
SLEEPS = "import time; time.sleep(300)"
STARTS_SPARK_AND_SLEEPS = """
import time
from pyspark import SparkContext
SparkContext.getOrCreate()
print("started", flush=True)
time.sleep(300)
"""
READS = """
import sys
from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
path = getResolvedOptions(sys.argv, ["path"])["path"]
GlueContext(SparkContext()).spark_session.read.csv(path).count()
"""


pytestmark = pytest.mark.long


class Job:
    """A job whose script is in the place's bucket."""

    def __init__(self, place: Place, eventually: Eventually, script: str, **settings: Any) -> None:
        self.glue = place.aws.client("glue")
        self.name = place.name
        self._eventually = eventually
        place.put("scripts/job.py", script)
        command = {"Name": "glueetl", "ScriptLocation": f"s3://{place.name}/scripts/job.py"}
        self.glue.create_job(
            **{"Name": self.name, "Role": place.role(), "Command": command, **settings}
        )

    def start(self, **arguments: str) -> str:
        given = {f"--{key}": value for key, value in arguments.items()}
        run: str = self.glue.start_job_run(JobName=self.name, Arguments=given)["JobRunId"]
        return run

    def get(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = self.glue.get_job_run(JobName=self.name, RunId=run)["JobRun"]
        return found

    def runs(self) -> list[str]:
        found = self.glue.get_job_runs(JobName=self.name)["JobRuns"]
        return [each["Id"] for each in found]

    def state(self, run: str) -> str:
        return str(self.get(run)["JobRunState"])

    def ended(self, run: str) -> dict[str, Any]:
        live = {"STARTING", "RUNNING", "STOPPING"}
        self._eventually(lambda: self.state(run) not in live, 120)
        return self.get(run)

    def run(self, **arguments: str) -> dict[str, Any]:
        return self.ended(self.start(**arguments))


def test_an_ordinary_script_reads_the_catalog_writes_parquet_and_keeps_a_bookmark(
    place: Place, eventually: Eventually, tmp_path: Path
) -> None:
    table(place)
    place.put("data/a.csv", 'id,name\n1,"Ada, L."\n2,nobody\n')
    bookmarks = {"--job-bookmark-option": "job-bookmark-enable"}
    job = Job(place, eventually, ORDINARY, DefaultArguments=bookmarks)
    arguments = {"database": place.name, "target": f"s3://{place.name}/parquet/"}
    first = job.run(**arguments)
    assert first["JobRunState"] == "SUCCEEDED", first
    place.put("data/b.csv", "id,name\n3,Grace\n")
    assert job.run(**arguments)["JobRunState"] == "SUCCEEDED"
    assert rows(place, tmp_path) == [(1, "Ada, L."), (3, "Grace")]
    assert job.glue.get_job_bookmark(JobName=job.name)["JobBookmarkEntry"]["Run"] == 2
    output = place.aws.client("logs").get_log_events(
        logGroupName="/aws-glue/jobs/output", logStreamName=first["Id"]
    )
    assert "read 2" in [event["message"] for event in output["events"]]


def test_a_run_logs_with_no_more_permissions_than_glue_needs(
    place: Place, eventually: Eventually
) -> None:
    writes = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
    role = place.role(allow("s3:GetObject", *writes))
    run = Job(place, eventually, SAYS, Role=role).run()
    assert said(place, "/aws-glue/jobs/output", run["Id"]) == ["said"]


LOGS = {  # by Glue version: which argument counts
    "4.0": ("{own}/continuous", "/aws-glue/jobs/output", "{run}-driver"),
    "5.0": ("{own}/error", "{own}/output", "{run}-driver"),
    "5.1": ("{own}/error", "{own}/output", "{run}-driver"),
}


@pytest.mark.parametrize("version", sampled(LOGS, {"4.0", "5.0"}.__contains__))
def test_the_glue_version_decides_which_argument_selects_the_log_groups(
    place: Place, eventually: Eventually, version: str
) -> None:
    own = f"/aws-glue/jobs/{place.name}"
    arguments = {
        "--enable-continuous-cloudwatch-log": "true",
        "--continuous-log-logGroup": f"{own}/continuous",
        "--custom-logGroup-prefix": own,
    }
    run = Job(place, eventually, SAYS, GlueVersion=version, DefaultArguments=arguments).run()
    errors, output, stream = (each.format(own=own, run=run["Id"]) for each in LOGS[version])
    assert said(place, output, run["Id"]) == ["said"]
    assert "complained" in said(place, errors, stream)
    groups = place.aws.client("logs").describe_log_groups(logGroupNamePrefix=own)["logGroups"]
    assert {group["logGroupName"] for group in groups} == {
        each for each in (errors, output) if each.startswith(own)
    }


def test_the_location_of_a_script_is_no_url(place: Place, eventually: Eventually) -> None:
    place.put("scripts/job #1%.py", SAYS)
    script = f"s3://{place.name}/scripts/job #1%.py"
    job = Job(place, eventually, "", Command={"Name": "glueetl", "ScriptLocation": script})
    assert said(place, "/aws-glue/jobs/output", job.run()["Id"]) == ["said"]


def test_a_failed_script_says_why(place: Place, eventually: Eventually) -> None:
    job = Job(place, eventually, 'raise ValueError("no column x")', MaxRetries=1)
    run = job.run()
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", "ValueError: no column x")
    again = f"{run['Id']}_attempt_1"
    eventually(lambda: again in job.runs())  # a moment after the end of the first
    assert job.ended(again)["Attempt"] == 1


@pytest.mark.parametrize(
    ("script", "state"),
    [("raise SystemExit(0)", "SUCCEEDED"), ("import sys; sys.exit(3)", "FAILED")],
)
def test_an_exit_code_counts(place: Place, eventually: Eventually, script: str, state: str) -> None:
    assert Job(place, eventually, script).run()["JobRunState"] == state


def test_a_role_that_may_not_read_the_script_fails_the_run(
    place: Place, eventually: Eventually
) -> None:
    run = Job(place, eventually, "", Role=place.role(denied())).run()
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"].startswith("LAUNCH ERROR")
    assert "403" in run["ErrorMessage"]


def test_a_role_that_may_not_read_the_data_fails_the_run_in_spark(
    place: Place, eventually: Eventually
) -> None:
    place.put("data/a.csv", "a,b\n")
    scripts = {
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": f"arn:aws:s3:::{place.name}/scripts/*",
    }
    job = Job(place, eventually, READS, Role=place.role(scripts))
    run = job.run(path=f"s3://{place.name}/data/")
    assert run["JobRunState"] == "FAILED"
    assert "AccessDenied" in run["ErrorMessage"]


def test_one_run_at_a_time_and_a_stopped_one_makes_room(
    place: Place, eventually: Eventually, events: Callable[[], list[dict[str, Any]]]
) -> None:
    job = Job(place, eventually, SLEEPS)
    run = job.start()
    eventually(lambda: job.state(run) == "RUNNING")
    with pytest.raises(ClientError, match="ConcurrentRunsExceededException"):
        job.start()
    job.glue.batch_stop_job_run(JobName=job.name, JobRunIds=[run])
    assert job.ended(run)["JobRunState"] == "STOPPED"
    reported = eventually(lambda: [e for e in events() if e["detail"].get("jobRunId") == run])
    assert reported[0]["detail-type"] == "Glue Job State Change"
    assert reported[0]["detail"] == {
        "jobName": job.name,
        "jobRunId": run,
        "state": "STOPPED",
        "severity": "INFO",
        "message": "Job run stopped",
    }
    job.glue.batch_stop_job_run(JobName=job.name, JobRunIds=[job.start()])


def test_a_run_that_takes_too_long_is_ended(place: Place, eventually: Eventually) -> None:
    job = Job(place, eventually, SLEEPS)
    # botocore refuses less than a minute, and a minute is too long for a test.
    glue = place.aws.client("glue", config=Config(parameter_validation=False))
    run = glue.start_job_run(JobName=job.name, Timeout=0.02)["JobRunId"]
    assert job.ended(run)["JobRunState"] == "TIMEOUT"


def test_an_update_resets_what_it_does_not_name(place: Place, eventually: Eventually) -> None:
    job = Job(place, eventually, "", ExecutionProperty={"MaxConcurrentRuns": 3}, Tags={"a": "b"})
    before = job.glue.get_job(JobName=job.name)["Job"]
    kept = {"Role": before["Role"], "Command": before["Command"]}
    job.glue.update_job(JobName=job.name, JobUpdate=kept)
    assert before["ExecutionProperty"] == {"MaxConcurrentRuns": 3}
    after = job.glue.get_job(JobName=job.name)["Job"]
    assert after["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
    found = place.aws.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "a", "Values": ["b"]}], ResourceTypeFilters=["glue:job"]
    )
    arns = [each["ResourceARN"] for each in found["ResourceTagMappingList"]]
    assert f"arn:aws:glue:eu-west-1:000000000000:job/{job.name}" in arns


def test_spark_does_not_survive_a_killed_server(
    own_aws: RunningAws,
    own_place: Place,
    eventually: Eventually,
    processes_under: Callable[[int], list[int]],
    alive: Callable[[int], bool],
) -> None:
    job = Job(own_place, eventually, STARTS_SPARK_AND_SLEEPS)
    output = own_aws.directory / "logs" / "jobs" / job.start() / "output.log"
    eventually(lambda: output.is_file() and "started" in output.read_text(), 120)
    started = processes_under(own_aws.pid)
    assert len(started) > 3  # the server, its guardian, the script, the JVM
    os.kill(own_aws.pid, signal.SIGKILL)
    eventually(lambda: not any(map(alive, started)), 10)


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., dict[str, Any]]]:
    monkeypatch.syspath_prepend(str(SITE))
    from awsglue.utils import getResolvedOptions

    yield lambda *argv, names: getResolvedOptions(["job.py", *argv], names)
    for name in [name for name in sys.modules if name.startswith("awsglue")]:
        del sys.modules[name]


def test_the_options_of_a_job_are_those_it_names_and_what_every_job_has(
    options: Callable[..., dict[str, Any]],
) -> None:
    found = options("--JOB_NAME", "j", "--day", "1", "--other", "x", names=["JOB_NAME", "day"])
    assert (found["JOB_NAME"], found["day"]) == ("j", "1")
    assert found["job_bookmark_option"] == "job-bookmark-disable"
    assert "other" not in found


def test_a_missing_or_reserved_option_is_refused(options: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(Exception, match="arguments are required: --day"):
        options("--JOB_NAME", "j", names=["JOB_NAME", "day"])
    with pytest.raises(RuntimeError, match="reserved"):
        options(names=["job_bookmark_option"])


def table(place: Place) -> None:
    """Describe the CSV under `data/` as a crawler would."""
    columns = [{"Name": "id", "Type": "bigint"}, {"Name": "name", "Type": "string"}]
    library = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    how = {"separatorChar": ",", "quoteChar": '"'}
    place.aws.client("glue").create_table(
        DatabaseName=place.name,
        TableInput={
            "Name": "data",
            "Parameters": {"classification": "csv", "skip.header.line.count": "1"},
            "StorageDescriptor": {
                "Columns": columns,
                "Location": f"s3://{place.name}/data/",
                "SerdeInfo": {"SerializationLibrary": library, "Parameters": how},
            },
        },
    )


def rows(place: Place, folder: Path) -> list[tuple[Any, ...]]:
    s3 = place.aws.client("s3")
    for number, key in enumerate(place.keys("parquet/")):
        if key.endswith(".parquet"):
            s3.download_file(place.name, key, str(folder / f"{number}.parquet"))
    found = duckdb.read_parquet(f"{folder}/*.parquet").order("number").fetchall()
    return [tuple(row) for row in found]


def said(place: Place, group: str, stream: str) -> list[str]:
    """Return the lines of a log stream."""
    found = place.aws.client("logs").get_log_events(logGroupName=group, logStreamName=stream)
    return [event["message"] for event in found["events"]]


def denied() -> dict[str, Any]:
    return {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
