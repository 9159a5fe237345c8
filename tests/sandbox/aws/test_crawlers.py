"""Crawlers: what they find, what they may, and the states in which they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sample import sampled

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


def test_a_long_name_is_cut_and_gets_a_hash_if_another_table_has_it(
    place: Place, eventually: Eventually
) -> None:
    for name, header in (("a", "id,x"), ("b", "id,y,z")):
        place.put(f"data/{'n' * 200}{name}/1.csv", f"{header}\n1,2,3\n")
    Crawler(place, eventually).crawl()
    hashed, plain = place.tables()
    assert (plain, len(hashed)) == ("n" * 128, 128)
    assert hashed.startswith("n" * 95 + "_")


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


def dialect(place: Place, name: str, delimiter: str) -> dict[str, Any]:
    """Return a classifier for CSV with this delimiter."""
    return {"Name": f"{place.name}-{name}", "Delimiter": delimiter, "ContainsHeader": "PRESENT"}


def test_only_a_new_crawler_classifies_an_object_again(
    place: Place, eventually: Eventually
) -> None:
    glue, one = place.aws.client("glue"), dialect(place, "one", ",")
    glue.create_classifier(CsvClassifier={**one, "AllowSingleColumn": True})
    glue.create_classifier(CsvClassifier=dialect(place, "two", ";"))
    place.put("data/a.csv", "id;name\n1;x\n")
    crawler = Crawler(place, eventually, Classifiers=[one["Name"]], Configuration=MERGE)

    def crawled() -> str:
        crawler.crawl()
        columns = place.columns("data")
        glue.delete_table(DatabaseName=place.name, Name="data")
        return columns

    assert crawled() == "id;name string"
    glue.update_classifier(CsvClassifier={**one, "Delimiter": ";"})
    assert crawled() == "id;name string"
    glue.update_crawler(Name=crawler.name, Classifiers=[f"{place.name}-two"])
    assert crawled() == "id;name string"
    glue.delete_crawler(Name=crawler.name)
    crawler = Crawler(place, eventually, Classifiers=[f"{place.name}-two"], Configuration=MERGE)
    assert crawled() == "id bigint, name string"


def test_a_table_of_another_format_is_deprecated_and_keeps_its_columns(
    place: Place, eventually: Eventually
) -> None:
    glue = place.aws.client("glue")
    glue.create_classifier(CsvClassifier=dialect(place, "one", ","))
    glue.create_classifier(CsvClassifier=dialect(place, "two", ";"))
    for text, classifier in (("id,name\n1,x\n", "one"), ("id;name;more\n1;x;y\n", "two")):
        place.put("data/a.csv", text)
        classifiers = [f"{place.name}-{classifier}"]
        crawler = Crawler(place, eventually, Classifiers=classifiers, Configuration=MERGE)
        crawler.crawl()
        glue.delete_crawler(Name=crawler.name)
    assert place.columns("data") == "id bigint, name string"
    assert "DEPRECATED_BY_CRAWLER" in place.table("data")["Parameters"]


def test_a_new_column_is_added_and_a_type_that_a_user_chose_stays(
    place: Place, eventually: Eventually
) -> None:
    place.put("data/a.csv", "id,amount\n1,2\n")
    crawler = Crawler(place, eventually, Configuration=MERGE)
    crawler.crawl()
    table = place.table("data")
    table["StorageDescriptor"]["Columns"][1]["Type"] = "decimal(9,2)"
    update(place, table)
    place.put("data/b.csv", "amount,id,added\n1.5,2,2024-01-01\n")
    assert crawler.crawl()["Status"] == "SUCCEEDED"
    assert place.columns("data") == "id bigint, amount decimal(9,2), added string"


def update(place: Place, table: dict[str, Any]) -> None:
    kept = ("Name", "StorageDescriptor", "Parameters", "TableType", "PartitionKeys")
    place.aws.client("glue").update_table(
        DatabaseName=place.name, TableInput={key: table[key] for key in kept}
    )


def test_folders_become_partitions(place: Place, eventually: Eventually) -> None:
    place.put("data/year=2023/a.csv", "id,x\n1,2\n")
    place.put("data/year=2024/a.csv", "id,x\n1,2\n")
    Crawler(place, eventually, Configuration=MERGE).crawl()
    found = place.aws.client("glue").get_partitions(DatabaseName=place.name, TableName="data")
    assert place.table("data")["PartitionKeys"] == [{"Name": "year", "Type": "string"}]
    assert sorted(each["Values"] for each in found["Partitions"]) == [["2023"], ["2024"]]


def test_new_fields_of_a_struct_are_added_and_its_types_stay(
    place: Place, eventually: Eventually
) -> None:
    place.put("data/a.json", '{"o": {"x": 1}}')
    crawler = Crawler(place, eventually, Configuration=MERGE)
    crawler.crawl()
    place.put("data/b.json", '{"o": {"x": "text", "y": 2}}')
    crawler.crawl()
    assert place.columns("data") == "o struct<x:int,y:int>"


def test_a_column_that_a_user_removed_is_added_again_while_an_object_has_it(
    place: Place, eventually: Eventually
) -> None:
    place.put("data/a.csv", "id,junk\n1,2\n")
    crawler = Crawler(place, eventually, Configuration=MERGE)
    crawler.crawl()
    table = place.table("data")
    del table["StorageDescriptor"]["Columns"][1]
    update(place, table)
    assert place.columns("data") == "id bigint"
    crawler.crawl()
    assert place.columns("data") == "id bigint, junk bigint"


def test_folders_that_do_not_match_the_partition_keys_are_skipped(
    place: Place, eventually: Eventually
) -> None:
    place.put("data/year=2023/a.csv", "id,x\n1,2\n")
    crawler = Crawler(place, eventually, Configuration=MERGE)
    crawler.crawl()
    place.aws.client("s3").delete_object(Bucket=place.name, Key="data/year=2023/a.csv")
    place.put("data/day=1/a.csv", "id,x\n1,2\n")
    last = crawler.crawl()
    [partition] = place.aws.client("glue").get_partitions(
        DatabaseName=place.name, TableName="data"
    )["Partitions"]
    assert partition["Values"] == ["2023"]
    skipped = "Folder partition keys do not match table partition keys, skipped folder: "
    assert any(f"{skipped}{place.name}/data/day=1/" in line for line in logged(place, last))


def deny(place: Place, key: str) -> None:
    place.put(key, "id,x\n1,2\n")
    refused = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject"}
    statement = {**refused, "Resource": f"arn:aws:s3:::{place.name}/{key}"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    place.aws.client("s3").put_bucket_policy(Bucket=place.name, Policy=document)


def archive(place: Place, key: str) -> None:
    put(place, key, StorageClass="GLACIER")


def encrypt(place: Place, key: str) -> None:
    put(place, key, SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 32)


def put(place: Place, key: str, **how: str) -> None:
    place.aws.client("s3").put_object(Bucket=place.name, Key=key, Body=b"id,x\n1,2\n", **how)


@pytest.mark.parametrize("withhold", sampled([deny, archive, encrypt], {deny}.__contains__))
def test_an_object_that_s3_refuses_is_logged_and_does_not_end_the_crawl(
    place: Place, eventually: Eventually, withhold: Callable[[Place, str], None]
) -> None:
    place.put("data/good/a.csv", "id,x\n1,2\n")
    withhold(place, "data/bad/b.csv")
    grouping = {"TableGroupingPolicy": "CombineCompatibleSchemas", "TableLevelConfiguration": 3}
    configuration = json.dumps({"Version": 1.0, "Grouping": grouping})
    last = Crawler(place, eventually, Configuration=configuration).crawl()
    assert last["Status"] == "SUCCEEDED"
    assert place.tables() == ["good"]
    ending = f"retrieving file at s3://{place.name}/data/bad/b.csv. Tables created did not infer"
    assert any("ERROR : Error " in line and ending in line for line in logged(place, last))


def test_an_object_that_is_archived_after_its_crawl_does_not_change_later_crawls(
    place: Place, eventually: Eventually
) -> None:
    put(place, "data/a.csv", StorageClass="STANDARD")
    crawler = Crawler(place, eventually, Configuration=MERGE)
    crawler.crawl()
    archive(place, "data/a.csv")
    place.put("data/b.csv", "id,x,new\n1,2,3\n")
    assert crawler.crawl()["Status"] == "SUCCEEDED"
    assert place.tables() == ["data"]
    assert place.columns("data") == "id bigint, x bigint, new bigint"


def test_an_object_that_no_classifier_recognises_is_a_table_without_columns(
    place: Place, eventually: Eventually
) -> None:
    place.put("data/a.png", b"\x89PNG\0")
    assert Crawler(place, eventually).crawl()["Status"] == "SUCCEEDED"
    assert place.columns("data") == ""
    assert place.table("data")["Parameters"]["classification"] == "UNKNOWN"


@pytest.mark.parametrize(
    "header", ["x" * 256, '"a\nb"'], ids=["a name of 256 characters", "a line break in a name"]
)
def test_a_column_that_the_catalog_cannot_store_fails_the_crawl(
    place: Place, eventually: Eventually, header: str
) -> None:
    place.put("data/a/good.csv", "id,x\n1,2\n")
    place.put("data/b/bad.csv", f"id,{header}\n1,2\n")
    last = Crawler(place, eventually).crawl()
    assert (last["Status"], last["ErrorMessage"]) == ("FAILED", "Internal Service Exception")
    assert place.tables() == []


@pytest.mark.parametrize(("behaviour", "tables"), [("DELETE_FROM_DATABASE", []), ("LOG", ["data"])])
def test_a_table_without_objects_is_deleted_only_on_request(
    place: Place, eventually: Eventually, behaviour: str, tables: list[str]
) -> None:
    place.put("data/a.csv", "id,x\n1,2\n")
    policy = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": behaviour}
    crawler = Crawler(place, eventually, SchemaChangePolicy=policy)
    crawler.crawl()
    place.aws.client("s3").delete_object(Bucket=place.name, Key="data/a.csv")
    crawler.crawl()
    assert place.tables() == tables


def test_a_table_without_objects_is_deprecated_by_default(
    place: Place, eventually: Eventually
) -> None:
    place.put("data/a.csv", "id,x\n1,2\n")
    crawler = Crawler(place, eventually)
    crawler.crawl()
    place.aws.client("s3").delete_object(Bucket=place.name, Key="data/a.csv")
    crawler.crawl()
    assert "DEPRECATED_BY_CRAWLER" in place.table("data")["Parameters"]


def test_a_json_classifier_finds_the_records_of_an_array(
    place: Place, eventually: Eventually
) -> None:
    definition = {"Name": place.name, "JsonPath": "$[*]"}
    place.aws.client("glue").create_classifier(JsonClassifier=definition)
    place.put("data/a.json", '[{"a": 1}, {"b": "x"}]')
    Crawler(place, eventually, Classifiers=[place.name]).crawl()
    assert place.columns("data") == "a int, b string"
    assert place.table("data")["Parameters"]["jsonPath"] == "$[*]"


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


def test_crawls_are_listed_from_a_time_on_with_their_dpu_hours_the_newest_first(
    place: Place, eventually: Eventually
) -> None:
    place.put("data/a.csv", b"id\n1\n")
    crawler = Crawler(place, eventually)
    first, second = crawler.crawl(), crawler.crawl()
    listed = crawler.glue.list_crawls(CrawlerName=crawler.name)["Crawls"]
    assert [each["StartTime"] for each in listed] == [second["StartTime"], first["StartTime"]]
    assert {each["State"] for each in listed} == {"COMPLETED"}
    assert all(each["DPUHour"] > 0 and each["EndTime"] > each["StartTime"] for each in listed)
    since = int(second["StartTime"].timestamp() * 1000)
    recent = {"FieldName": "START_TIME", "FilterOperator": "GE", "FieldValue": str(since)}
    found = crawler.glue.list_crawls(CrawlerName=crawler.name, Filters=[recent])["Crawls"]
    assert [each["CrawlId"] for each in found] == [listed[0]["CrawlId"]]
    page = crawler.glue.list_crawls(CrawlerName=crawler.name, MaxResults=1)
    following = crawler.glue.list_crawls(CrawlerName=crawler.name, NextToken=page["NextToken"])
    assert page["Crawls"] + following["Crawls"] == listed
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        crawler.glue.list_crawls(CrawlerName="nobody")
