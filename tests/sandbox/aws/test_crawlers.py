"""Crawlers: what they find, what they may, and the states in which they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.aws.conftest import Place

    Eventually = Callable[..., Any]

MERGE = json.dumps(
    {
        "Version": 1.0,
        "CrawlerOutput": {
            "Partitions": {"AddOrUpdateBehavior": "InheritFromTable"},
            "Tables": {"AddOrUpdateBehavior": "MergeNewColumns"},
        },
        "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"},
    }
)


class Crawler:
    """A crawler over the place's `data/`."""

    def __init__(self, place: Place, eventually: Eventually, **settings: Any) -> None:
        self.glue = place.aws.client("glue")
        self.name = place.name
        self._eventually = eventually
        role = settings.pop("Role", None) or place.role()
        path = f"s3://{place.name}/{settings.pop('folder', 'data/')}"
        self.glue.create_crawler(
            Name=self.name,
            Role=role,
            DatabaseName=place.name,
            Targets={"S3Targets": [{"Path": path}]},
            **settings,
        )

    def crawl(self) -> dict[str, Any]:
        """Crawl and return LastCrawl."""
        self.glue.start_crawler(Name=self.name)
        self._eventually(lambda: self.get()["State"] == "READY")
        last: dict[str, Any] = self.get()["LastCrawl"]
        return last

    def get(self) -> dict[str, Any]:
        found: dict[str, Any] = self.glue.get_crawler(Name=self.name)["Crawler"]
        return found


def test_a_crawl_makes_a_table_as_glue_does(place: Place, eventually: Eventually) -> None:
    place.put("data/", b"")
    place.put("data/a.csv", "id,Name\n1,x\n")
    crawler = Crawler(place, eventually, TablePrefix="raw_")
    assert crawler.crawl()["Status"] == "SUCCEEDED"
    table = place.table("raw_data")
    storage = table["StorageDescriptor"]
    assert place.columns("raw_data") == "id bigint, name string"
    assert storage["Location"] == f"s3://{place.name}/data/"
    assert storage["SerdeInfo"]["Parameters"] == {"field.delim": ","}
    expected = {
        "classification": "csv",
        "skip.header.line.count": "1",
        "UPDATED_BY_CRAWLER": place.name,
        "objectCount": "1",
    }
    assert expected.items() <= table["Parameters"].items()


def test_a_path_is_no_url(place: Place, eventually: Eventually) -> None:
    place.put("data #1?%/a.csv", "id,name\n1,x\n")
    place.put("data beside/a.csv", "id,other\n1,x\n")
    Crawler(place, eventually, folder="data #1?%/").crawl()
    [table] = place.tables()
    assert place.columns(table) == "id bigint, name string"
    assert place.table(table)["StorageDescriptor"]["Location"] == f"s3://{place.name}/data #1?%/"


def test_an_own_classifier_comes_first(place: Place, eventually: Eventually) -> None:
    place.aws.client("glue").create_classifier(
        CsvClassifier={
            "Name": place.name,
            "Delimiter": ";",
            "QuoteSymbol": '"',
            "ContainsHeader": "PRESENT",
            "AllowSingleColumn": True,
        }
    )
    place.put("data/a.csv", "name;note\na;b\n")
    place.put("data/empty.csv", "")
    crawler = Crawler(place, eventually, Classifiers=[place.name])
    crawler.crawl()
    assert place.columns("data") == "name string, note string"
    how = place.table("data")["StorageDescriptor"]["SerdeInfo"]
    assert how["Parameters"] == {"separatorChar": ";", "quoteChar": '"'}


def test_a_new_column_is_added_and_a_type_that_a_user_chose_stays(
    place: Place, eventually: Eventually
) -> None:
    place.put("data/a.csv", "id,amount\n1,2\n")
    crawler = Crawler(place, eventually, Configuration=MERGE)
    crawler.crawl()
    table = place.table("data")
    table["StorageDescriptor"]["Columns"][1]["Type"] = "decimal(9,2)"
    kept = ("Name", "StorageDescriptor", "Parameters", "TableType", "PartitionKeys")
    place.aws.client("glue").update_table(
        DatabaseName=place.name, TableInput={key: table[key] for key in kept}
    )
    place.put("data/b.csv", "amount,id,added\n1.5,2,2024-01-01\n")
    assert crawler.crawl()["Status"] == "SUCCEEDED"
    assert place.columns("data") == "id bigint, amount decimal(9,2), added string"


def test_folders_become_partitions(place: Place, eventually: Eventually) -> None:
    place.put("data/year=2023/a.csv", "id,x\n1,2\n")
    place.put("data/year=2024/a.csv", "id,x\n1,2\n")
    Crawler(place, eventually, Configuration=MERGE).crawl()
    found = place.aws.client("glue").get_partitions(DatabaseName=place.name, TableName="data")
    assert place.table("data")["PartitionKeys"] == [{"Name": "year", "Type": "string"}]
    assert sorted(each["Values"] for each in found["Partitions"]) == [["2023"], ["2024"]]


def test_a_role_that_may_not_read_the_bucket_fails_the_crawl(
    place: Place, eventually: Eventually
) -> None:
    from tests.sandbox.aws.conftest import allow

    place.put("data/a.csv", "id,x\n1,2\n")
    last = Crawler(place, eventually, Role=place.role(allow("glue:*"))).crawl()
    assert last["Status"] == "FAILED"
    assert "AccessDenied" in last["ErrorMessage"]
    assert place.tables() == []


def test_a_crawl_tells_in_cloudwatch_what_it_did(place: Place, eventually: Eventually) -> None:
    place.put("data/a.csv", "id,Name\n1,x\n")
    crawler = Crawler(place, eventually)
    last = crawler.crawl()
    reported = logged(place, last)
    assert f"[{last['MessagePrefix']}] BENCHMARK : Running Start Crawl" in reported[0]
    assert any(line.endswith(f"Created table data in database {place.name}") for line in reported)
    assert reported[-1].endswith("Crawler has finished running and is in state READY")
    again = crawler.crawl()
    assert logged(place, again)[: len(reported)] == reported
    assert again["MessagePrefix"] != last["MessagePrefix"]


def test_a_crawl_that_fails_tells_why_in_cloudwatch(place: Place, eventually: Eventually) -> None:
    from tests.sandbox.aws.conftest import allow

    role = place.role(allow("glue:*"), allow("logs:*"))
    last = Crawler(place, eventually, Role=role).crawl()
    assert any("ERROR : " in line and "AccessDenied" in line for line in logged(place, last))


def logged(place: Place, last: dict[str, Any]) -> list[str]:
    """Return the lines that are where *last*, a crawl, says."""
    where = {"logGroupName": last["LogGroup"], "logStreamName": last["LogStream"]}
    answer = place.aws.client("logs").get_log_events(**where, startFromHead=True)
    return [event["message"] for event in answer["events"]]


def test_a_role_for_another_service_is_refused(place: Place, eventually: Eventually) -> None:
    role = place.role(service="lambda.amazonaws.com")
    with pytest.raises(ClientError, match=r"InvalidInputException.*TrustPolicy"):
        Crawler(place, eventually, Role=role)


def test_a_running_crawler_is_left_alone(place: Place, eventually: Eventually) -> None:
    for number in range(200):
        place.put(f"data/{number}.csv", "id,x\n1,2\n")
    crawler = Crawler(place, eventually)
    named = {"Name": crawler.name}
    with pytest.raises(ClientError, match="CrawlerNotRunningException"):
        crawler.glue.stop_crawler(**named)
    crawler.glue.start_crawler(**named)
    for refused in ("start_crawler", "update_crawler", "delete_crawler"):
        with pytest.raises(ClientError, match="CrawlerRunningException"):
            getattr(crawler.glue, refused)(**named)
    crawler.glue.stop_crawler(**named)
    eventually(lambda: crawler.get()["State"] == "READY")
    assert crawler.get()["LastCrawl"]["Status"] == "CANCELLED"


def test_events_tell_of_a_crawl(
    place: Place, eventually: Eventually, events: Callable[[], list[dict[str, Any]]]
) -> None:
    place.put("data/a.csv", "id,x\n1,2\n")
    crawler = Crawler(place, eventually)
    crawler.crawl()
    ours = eventually(
        lambda: (
            (
                reported := [
                    each["detail"]
                    for each in events()
                    if each["detail"]["crawlerName"] == place.name
                ]
            )
            and len(reported) > 1
            and {each["state"]: each for each in reported}
        )
    )
    assert ours.keys() == {"Started", "Succeeded"}
    assert ours["Succeeded"]["tablesCreated"] == "1"


def test_the_role_is_shown_by_name_and_the_schedule_as_an_object(
    place: Place, eventually: Eventually
) -> None:
    role = place.role()
    crawler = Crawler(place, eventually, Role=role, Schedule="cron(0 1 * * ? *)", Tags={"a": "b"})
    found = crawler.get()
    assert found["Role"] == role.rsplit("/", 1)[1]
    assert found["Schedule"]["ScheduleExpression"] == "cron(0 1 * * ? *)"
    arn = f"arn:aws:glue:eu-west-1:000000000000:crawler/{crawler.name}"
    assert crawler.glue.get_tags(ResourceArn=arn)["Tags"] == {"a": "b"}
