"""Calls that go wrong, and what they leave behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.sample import sampled
from tests.sandbox.aws.conftest import allow, policy

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.faults import Faults
    from tests.sandbox.aws.conftest import Place

Eventually = Callable[..., Any]
THROTTLED: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "s3": ("s3:ListAllMyBuckets", lambda s3: s3.list_buckets(), "SlowDown"),
    "glue": ("glue:GetDatabases", lambda glue: glue.get_databases(), "ThrottlingException"),
    "iam": ("iam:ListRoles", lambda iam: iam.list_roles(), "Throttling"),
    "sqs": ("sqs:ListQueues", lambda sqs: sqs.list_queues(), "Throttling"),
    "sns": ("sns:ListTopics", lambda sns: sns.list_topics(), "Throttling"),
    "lambda": ("lambda:ListFunctions", lambda client: client.list_functions(), "Throttling"),
    "events": ("events:ListRules", lambda events: events.list_rules(), "Throttling"),
}
PUTS_THREE = """
import boto3
def handler(event, context):
    for name in ("one", "two", "three"):
        boto3.client("s3").put_object(Bucket="{bucket}", Key=f"out/{{name}}", Body=b"")
if __name__ == "__main__":
    handler({{}}, None)
"""


def hasty(place: Place, service: str) -> Any:
    """A client that does not try again."""
    return place.aws.client(service, config=Config(retries={"total_max_attempts": 1}))


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


@pytest.mark.parametrize("service", THROTTLED)
def test_a_throttled_call_says_so_in_the_words_of_its_service(
    place: Place, faults: Faults, service: str
) -> None:
    on, call, code = THROTTLED[service]
    faults.set("throttle", on, times=1)
    with pytest.raises(ClientError) as refused:
        call(hasty(place, service))
    assert code_of(refused) == code
    call(hasty(place, service))  # and the next one is answered


def test_a_failed_call_is_not_done(place: Place, faults: Faults) -> None:
    faults.set("fail", "s3:PutObject", resource=f"*{place.name}/a", error="AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        place.put("a", "")
    place.put("b", "")
    assert place.keys("") == ["b"]


def test_a_call_whose_answer_is_lost_is_done(place: Place, faults: Faults) -> None:
    faults.set("lose", "s3:PutObject", resource=f"*{place.name}/a")
    with pytest.raises(ClientError) as refused:
        hasty(place, "s3").put_object(Bucket=place.name, Key="a", Body=b"")
    assert code_of(refused) == "InternalError"
    assert place.keys("") == ["a"]


def test_a_client_that_tries_again_gets_through(place: Place, faults: Faults) -> None:
    number = faults.set("fail", "s3:PutObject", resource=f"*{place.name}/*", times=2)
    place.put("a", "")
    [fault] = [each for each in faults.all() if each["number"] == number]
    assert (fault["seen"], fault["strikes"]) == (3, 2)


def test_a_call_is_late(place: Place, faults: Faults) -> None:
    faults.set("delay", "s3:PutObject", resource=f"*{place.name}/*", seconds=1, times=1)
    began = time.monotonic()
    place.put("a", "")
    assert time.monotonic() - began >= 1


def test_a_listing_shows_the_past_for_a_while_and_then_the_truth(
    place: Place, faults: Faults, eventually: Eventually
) -> None:
    place.put("a", "")
    faults.set("lag", "s3:ListBucket", resource=f"*{place.name}", seconds=2)
    assert place.keys("") == ["a"]
    place.put("b", "")
    assert place.keys("") == ["a"]
    eventually(lambda: place.keys("") == ["a", "b"])


def test_iam_does_not_know_yet_what_was_just_written(
    place: Place, faults: Faults, eventually: Eventually
) -> None:
    iam = place.aws.client("iam")
    role = place.role().rpartition("/")[2]
    faults.set("lag", "iam:*", resource=f"*{role}", seconds=2)
    assert "keep" not in iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = policy(allow("s3:ListBucket"))
    iam.put_role_policy(RoleName=role, PolicyName="keep", PolicyDocument=document)
    assert "keep" not in iam.list_role_policies(RoleName=role)["PolicyNames"]
    eventually(lambda: "keep" in iam.list_role_policies(RoleName=role)["PolicyNames"])


def test_a_fault_spares_the_first_and_is_spent_after_so_many(place: Place, faults: Faults) -> None:
    faults.set("fail", "s3:PutObject", resource=f"*{place.name}/*", error="No", after=1, times=1)
    place.put("a", "")
    with pytest.raises(ClientError):
        place.put("b", "")
    place.put("c", "")
    assert place.keys("") == ["a", "c"]


def test_a_fault_with_a_rate_strikes_the_same_calls_again_with_the_same_seed(
    place: Place, faults: Faults
) -> None:
    def survivors(seed: int) -> list[str]:
        how = {"resource": f"*{place.name}/{seed}/*", "error": "No", "rate": 0.5, "seed": seed}
        with faults.during("fail", "s3:PutObject", **how):
            for number in range(20):
                try:
                    place.put(f"{seed}/{number:02}", "")
                except ClientError:
                    continue
        return [key.partition("/")[2] for key in place.keys(f"{seed}/")]

    first = survivors(7)
    place.aws.client("s3").delete_objects(
        Bucket=place.name, Delete={"Objects": [{"Key": f"7/{key}"} for key in first]}
    )
    assert survivors(7) == first
    assert survivors(8) != first


def test_a_caller_alone_can_be_struck(place: Place, faults: Faults) -> None:
    faults.set("fail", "s3:*", resource=f"*{place.name}*", caller="*/AWS-Crawler", error="No")
    place.put("a", "")
    assert place.keys("") == ["a"]


DEATHS = [("kill", ["one"]), ("kill-after", ["one", "two"])]


@pytest.mark.parametrize(("kind", "left"), DEATHS)
def test_a_lambda_dies_in_the_middle(
    place: Place, faults: Faults, function: Callable[[str], str], kind: str, left: list[str]
) -> None:
    name = function(PUTS_THREE.format(bucket=place.name))
    faults.set(kind, "s3:PutObject", resource=f"*{place.name}/out/two", times=1)
    invoke = place.aws.client("lambda").invoke
    assert invoke(FunctionName=name)["FunctionError"] == "Unhandled"
    assert place.keys("out/") == sorted(f"out/{each}" for each in left)
    assert "FunctionError" not in invoke(FunctionName=name)  # the next one is well


@pytest.mark.parametrize(("kind", "left"), sampled(DEATHS, lambda each: each[0] == "kill-after"))
def test_a_job_dies_in_the_middle(
    place: Place, faults: Faults, eventually: Eventually, kind: str, left: list[str]
) -> None:
    place.put("job.py", PUTS_THREE.format(bucket=place.name))
    glue, command = place.aws.client("glue"), {"ScriptLocation": f"s3://{place.name}/job.py"}
    glue.create_job(Name=place.name, Role=place.role(), Command={"Name": "glueetl", **command})
    faults.set(kind, "s3:PutObject", resource=f"*{place.name}/out/two", times=1)
    glue.start_job_run(JobName=place.name)

    def run() -> Any:
        return glue.get_job_runs(JobName=place.name)["JobRuns"][0]

    eventually(lambda: run()["JobRunState"] == "FAILED", 120)
    assert "ended without a result" in run()["ErrorMessage"]
    assert place.keys("out/") == sorted(f"out/{each}" for each in left)


@pytest.fixture
def crawl(place: Place, eventually: Eventually) -> Callable[[], dict[str, Any]]:
    """Crawl a file to the end and return LastCrawl."""
    glue = place.aws.client("glue")
    place.put("data/a.csv", "id,name\n1,x\n")
    targets = {"S3Targets": [{"Path": f"s3://{place.name}/data/"}]}
    about = {"Role": place.role(), "DatabaseName": place.name, "Targets": targets}
    glue.create_crawler(Name=place.name, **about)

    def crawl() -> dict[str, Any]:
        glue.start_crawler(Name=place.name)
        eventually(lambda: glue.get_crawler(Name=place.name)["Crawler"]["State"] == "READY")
        last: dict[str, Any] = glue.get_crawler(Name=place.name)["Crawler"]["LastCrawl"]
        return last

    return crawl


def test_a_crawl_fails(place: Place, faults: Faults, crawl: Callable[[], dict[str, Any]]) -> None:
    about = {"resource": f"*{place.name}", "caller": "*/AWS-Crawler"}
    faults.set("fail", "s3:ListBucket", **about, error="AccessDenied", times=1)
    assert crawl()["Status"] == "FAILED"
    assert crawl()["Status"] == "SUCCEEDED"


def test_a_crawl_runs_long(
    place: Place, faults: Faults, crawl: Callable[[], dict[str, Any]]
) -> None:
    about = {"resource": f"*{place.name}*", "caller": "*/AWS-Crawler"}
    faults.set("delay", "glue:GetTables", **about, seconds=3, times=1)
    began = time.monotonic()
    assert crawl()["Status"] == "SUCCEEDED"
    assert time.monotonic() - began >= 3


def test_the_events_of_glue_are_lost(
    place: Place,
    faults: Faults,
    crawl: Callable[[], dict[str, Any]],
    events: Callable[[], list[dict[str, Any]]],
    eventually: Eventually,
) -> None:
    about = {"resource": f"*:crawler/{place.name}"}
    with faults.during("drop", "event:Glue Crawler State Change", **about):
        crawl()
        eventually(lambda: len([s for s in faults.strikes() if place.name in s["resource"]]) == 2)
    assert [e for e in events() if e["detail"].get("crawlerName") == place.name] == []
    crawl()
    eventually(lambda: [e for e in events() if e["detail"].get("crawlerName") == place.name])
