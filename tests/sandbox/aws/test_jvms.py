"""JVMs: a run gets the JVM of the run before it, but nothing else of that run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.sandbox.aws.conftest import allow
from tests.sandbox.aws.test_jobs import READS, Job

if TYPE_CHECKING:
    from tests.sandbox.aws.conftest import Place

    Eventually = Callable[..., Any]

LEAVES_TRACES = """
import time
from pyspark import SparkContext
from pyspark.sql import SparkSession

context = SparkContext.getOrCreate()
java = context._jvm.java.lang
level = context._jvm.org.apache.logging.log4j.LogManager.getRootLogger().getLevel()
print("jvm", java.ProcessHandle.current().pid())
print("trace", java.System.getProperty("trace"), level, java.System.getProperty("spark.trace"))
print("views", len(SparkSession.builder.getOrCreate().catalog.listTables()), flush=True)
SparkSession.builder.getOrCreate().range(1).createGlobalTempView("trace")
SparkSession.builder.getOrCreate().range(1).createTempView("trace")
java.System.setProperty("trace", "left")
context.setLogLevel("ERROR")
"""
STAYS = f"{LEAVES_TRACES}time.sleep(300)\n"
ENDS_ITS_JVM = f"{LEAVES_TRACES}java.System.exit(3)\n"


def printed(place: Place, run: str) -> list[str]:
    folder = place.aws.directory / "logs" / "jobs" / run
    return (folder / "output.log").read_text().splitlines()


def jvm(place: Place, run: str) -> int:
    [line] = [line for line in printed(place, run) if line.startswith("jvm ")]
    return int(line.split()[1])


def ends(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_run_finds_nothing_of_the_run_before_it(place: Place, eventually: Eventually) -> None:
    job = Job(place, eventually, LEAVES_TRACES)
    runs = [job.run(conf=setting) for setting in ("spark.trace=1", "spark.other=1")]
    assert [run["JobRunState"] for run in runs] == ["SUCCEEDED", "SUCCEEDED"]
    first, second = (run["Id"] for run in runs)
    assert jvm(place, first) == jvm(place, second)
    assert printed(place, first)[1:] == ["trace None WARN 1", "views 0"]
    assert printed(place, second)[1:] == ["trace None WARN None", "views 0"]


@pytest.mark.extended
def test_a_run_acts_as_its_own_role_in_the_jvm_of_another(
    place: Place, eventually: Eventually
) -> None:
    place.put("data/a.csv", "a,b\n")
    job = Job(place, eventually, READS)
    path = f"s3://{place.name}/data/"
    assert job.run(path=path)["JobRunState"] == "SUCCEEDED"
    scripts = allow("s3:GetObject", resource=f"arn:aws:s3:::{place.name}/scripts/*")
    command = job.glue.get_job(JobName=job.name)["Job"]["Command"]
    job.glue.update_job(
        JobName=job.name, JobUpdate={"Role": place.role(scripts), "Command": command}
    )
    assert "AccessDenied" in job.run(path=path)["ErrorMessage"]


def test_a_stopped_run_takes_its_jvm_with_it(place: Place, eventually: Eventually) -> None:
    job = Job(place, eventually, STAYS)
    run = job.start()
    output = place.aws.directory / "logs" / "jobs" / run / "output.log"
    eventually(lambda: output.is_file() and "views" in output.read_text(), 120)
    java = psutil.Process(jvm(place, run))
    job.glue.batch_stop_job_run(JobName=job.name, JobRunIds=[run])
    assert job.ended(run)["JobRunState"] == "STOPPED"
    assert ends(java)


@pytest.mark.extended
def test_a_jvm_that_a_script_has_ended_is_replaced(place: Place, eventually: Eventually) -> None:
    job = Job(place, eventually, ENDS_ITS_JVM)
    before = job.run()
    assert before["JobRunState"] == "FAILED"
    place.put("scripts/job.py", LEAVES_TRACES)
    after = job.run()
    assert after["JobRunState"] == "SUCCEEDED"
    assert jvm(place, before["Id"]) != jvm(place, after["Id"])
