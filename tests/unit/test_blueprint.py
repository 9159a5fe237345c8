"""Blueprint: what a spec stands for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from dataflowxpress.api.run_states import SUCCEEDED
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.spec.arguments import SET_BY_OPERATOR
from dataflowxpress.aws import operator_policy as access
from dataflowxpress.aws.resources import (
    Alarm,
    Bucket,
    Crawler,
    Database,
    EventSource,
    Function,
    Job,
    LogGroup,
    Notification,
    Object,
    Queue,
    Role,
    Rule,
    Schedule,
    SecurityConfiguration,
    Subscription,
    Topic,
)
from dataflowxpress.blueprint import blueprint
from dataflowxpress.planning.plan import plan
from dataflowxpress.planning.resource import Resource, Scope
from dataflowxpress.planning.step import Action

from .conftest import settings_of

SCOPE = Scope("default/orders", "123456789012", "eu-west-1")
OWNED = SCOPE.all_tags
Kind = TypeVar("Kind", bound=Resource)


def resources(here: Scope = SCOPE, /, **spec: Any) -> list[Resource]:
    return blueprint(DataPipelineSpec.model_validate(spec), here)


def every(kind: type[Kind], found: list[Resource]) -> list[Kind]:
    return [resource for resource in found if isinstance(resource, kind)]


def test_no_two_resources_are_the_same() -> None:
    found = resources(notifications={"emails": ["a@b.cd", "e@f.gh"]})
    assert len({resource.id for resource in found}) == len(found)


def test_everything_that_is_needed_is_described_before_what_needs_it() -> None:
    seen: set[Any] = set()
    for resource in resources(notifications={"emails": ["a@b.cd"]}):
        assert {need.id for need in resource.needs} <= seen, resource.id
        seen.add(resource.id)


@pytest.mark.parametrize(
    ("catalog", "level"),
    [({}, 3), ({"tables": "PerPrefix"}, 3), ({"tables": "PerFolder"}, 4)],
)
def test_a_table_is_the_prefix_or_a_folder_in_it(catalog: dict[str, str], level: int) -> None:
    (crawler,) = every(Crawler, resources(source={"prefix": "in/orders/"}, catalog=catalog))
    assert crawler.configuration["Grouping"].get("TableLevelConfiguration") == level
    assert crawler.configuration["Grouping"]["TableGroupingPolicy"] == "CombineCompatibleSchemas"


def test_a_crawl_reads_no_object_without_the_suffix() -> None:
    (crawler,) = every(Crawler, resources(source={"suffix": ".csv"}))
    [target] = crawler.desired()["Targets"]["S3Targets"]
    assert target["Exclusions"] == ["**[!.]csv", "**[!c]sv", "**[!s]v", "**[!v]"]


def test_a_run_follows_each_crawl_also_a_failed_one() -> None:
    pattern = next(r.pattern for r in every(Rule, resources()) if r.name.endswith("crawled"))
    assert pattern["detail"]["state"] == ["Succeeded", "Failed"]


def test_a_crawl_keeps_the_columns_that_are_there_and_adds_those_that_are_new() -> None:
    (crawler,) = every(Crawler, resources())
    output = crawler.desired()["Configuration"]["CrawlerOutput"]
    assert output["Tables"]["AddOrUpdateBehavior"] == "MergeNewColumns"
    assert output["Partitions"]["AddOrUpdateBehavior"] == "InheritFromTable"
    assert crawler.desired()["SchemaChangePolicy"]["DeleteBehavior"] == "LOG"


@pytest.mark.parametrize("new_columns", ["Rescue", "Reject", "Wait"])
def test_no_crawl_adds_a_column_that_the_user_does_not_want(new_columns: str) -> None:
    schema = {"newColumns": new_columns}
    (crawler,) = every(Crawler, resources(catalog={"schema": schema}))
    assert crawler.desired()["SchemaChangePolicy"]["UpdateBehavior"] == "LOG"


@pytest.mark.parametrize(("header", "says"), [(True, "PRESENT"), (False, "ABSENT")])
def test_a_csv_has_the_header_that_the_spec_says_and_may_have_one_column(
    header: bool, says: str
) -> None:
    (crawler,) = every(Crawler, resources(source={"csv": {"header": header}}))
    assert crawler.classifier
    assert crawler.desired()["Classifiers"] == [crawler.classifier.name]
    its = crawler.classifier.desired()
    assert (its["ContainsHeader"], its["AllowSingleColumn"]) == (says, True)


@pytest.mark.parametrize("csv", [{"delimiter": "\\t"}, {"quote": "'"}, {"header": False}])
def test_a_changed_csv_format_gets_another_classifier_and_with_it_another_crawler(
    csv: dict[str, Any],
) -> None:
    (before,), (after,) = (every(Crawler, resources(source={"csv": one})) for one in ({}, csv))
    assert before.desired()["Classifiers"] != after.desired()["Classifiers"]
    (step,) = plan(SCOPE, [after], [after.id], {after.id: {**before.desired(), "Tags": OWNED}})
    assert step.action is Action.REPLACE
    assert "until you delete it from the catalog" in step.reason


def test_functions_are_called_with_the_messages_of_their_queues_alone() -> None:
    found = resources()
    fed = {feed.function.name for feed in every(EventSource, found)}
    assert fed == {function.name for function in every(Function, found)}
    reported = [
        *(n.queue for n in every(Notification, found)),
        *(r.target for r in every(Rule, found)),
    ]
    assert all(isinstance(each, Queue) for each in reported)
    assert "lambda:AddPermission" not in access.text()


def test_every_function_returns_single_messages_of_a_batch() -> None:
    for feed in every(EventSource, resources()):
        assert feed.desired()["FunctionResponseTypes"] == ["ReportBatchItemFailures"], feed.key


def test_what_functions_and_the_job_write_goes_to_groups_of_ours_that_forget() -> None:
    found = resources()
    groups = {group.name: group for group in every(LogGroup, found)}
    for function in every(Function, found):
        assert function.desired()["LoggingConfig"]["LogGroup"] in groups
        assert "logs:CreateLogGroup" not in str(function.role.statements)
    assert all(group.desired()["retentionInDays"] == 30 for group in groups.values())


@pytest.mark.parametrize(
    ("version", "own", "selected"),
    [
        ("4.0", ["error"], {"--continuous-log-logGroup": "/aws-glue/jobs/default-orders/error"}),
        ("5.0", ["output", "error"], {"--custom-logGroup-prefix": "/aws-glue/jobs/default-orders"}),
        ("5.1", ["output", "error"], {"--custom-logGroup-prefix": "/aws-glue/jobs/default-orders"}),
    ],
)
def test_a_job_logs_to_groups_of_the_pipeline_with_the_argument_of_its_glue_version(
    version: str, own: list[str], selected: dict[str, str]
) -> None:
    found = resources(job={"glueVersion": version, "script": {"s3Uri": "s3://code/job.py"}})
    (job,) = every(Job, found)
    arguments = {name: job.arguments[name] for name in job.arguments if "-logGroup" in name}
    assert arguments == selected
    groups = [group for group in every(LogGroup, found) if group.name.startswith("/aws-glue/")]
    assert [group.name.rpartition("/")[2] for group in groups] == own
    assert all(
        group in [*job.needs] for group in groups
    )  # Glue would create them without a retention period
    (notify,) = [s for s in map(settings_of, every(Function, found)) if "JOB_LOGS" in s]
    assert notify["JOB_LOGS"].split(",") == job.log_group_names


@pytest.mark.parametrize("version", ["4.0", "5.0", "5.1"])
def test_with_a_security_configuration_glue_writes_to_encrypted_groups_of_the_pipeline(
    version: str,
) -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1234"
    encryption = {"kmsKeyArn": key, "glueSecurityConfiguration": "Managed"}
    script = {"s3Uri": "s3://code/job.py"}
    found = resources(encryption=encryption, job={"glueVersion": version, "script": script})
    (job,), (crawler,) = every(Job, found), every(Crawler, found)
    (configuration,) = every(SecurityConfiguration, found)
    assert job.security_configuration == crawler.security_configuration == configuration
    folder = "/aws-glue/jobs/default-orders-role/default-orders-glue"
    crawls = "/aws-glue/crawlers-role/default-orders-glue-default-orders"
    assert job.log_group_names == [f"{folder}/output", f"{folder}/error"]
    assert crawler.log_group_name == crawls
    groups = {each.name: each.kms_key_arn for each in every(LogGroup, found)}
    assert {groups[name] for name in (*job.log_group_names, crawls)} == {key}
    assert not [name for name in job.arguments if "log" in name.lower()]
    (notify,) = [s for s in map(settings_of, every(Function, found)) if "JOB_LOGS" in s]
    assert notify["CRAWLER_LOGS"] == crawls


@pytest.mark.parametrize(
    ("job", "bookmarks"), [({}, set()), ({"script": {"inline": "print()"}}, {"kms:Encrypt"})]
)
def test_only_a_custom_script_has_bookmarks_and_the_key_for_them(
    job: dict[str, Any], bookmarks: set[str]
) -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1234"
    encryption = {"kmsKeyArn": key, "glueSecurityConfiguration": "Managed"}
    spec = DataPipelineSpec.model_validate({"encryption": encryption, "job": job})
    found = blueprint(spec, SCOPE, script=b"print()")
    (role,) = [each for each in every(Role, found) if each.name.endswith("-glue")]
    direct = [one for one in role.statements if one["Resource"] == [key] and "Condition" not in one]
    assert {"kms:Encrypt"} & {a for one in direct for a in one["Action"]} == bookmarks
    groups = [one["Resource"] for one in role.statements if "logs:AssociateKmsKey" in one["Action"]]
    assert len(groups[0]) == 6  # three groups, and their streams
    assert all("default-orders" in arn for arn in groups[0])


def test_without_a_crawler_there_is_no_log_group_for_crawls() -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1234"
    found = resources(
        encryption={"kmsKeyArn": key, "glueSecurityConfiguration": "Managed"},
        crawler={"when": "Never"},
        source={"columns": [{"name": "id", "type": "bigint"}]},
    )
    assert not [each for each in every(LogGroup, found) if "crawlers" in each.name]
    assert len(every(SecurityConfiguration, found)) == 1


def test_only_uploads_under_the_source_prefix_start_anything() -> None:
    found = resources(source={"prefix": "in/", "suffix": ".csv"}, target={"prefix": "out/"})
    (notification,), (crawler,) = every(Notification, found), every(Crawler, found)
    assert (notification.prefix, notification.suffix) == ("in/", ".csv")
    assert crawler.path.endswith("/in/")
    for start in [f for f in every(Function, found) if "CRAWLER" in settings_of(f)]:
        assert (settings_of(start)["PREFIX"], settings_of(start)["SUFFIX"]) == ("in/", ".csv")


@pytest.mark.parametrize("version", ["4.0", "5.0"])
def test_a_spec_cannot_replace_an_argument_of_the_operator(version: str) -> None:
    own = resources(
        source={"suffix": ".csv"},
        catalog={"tablePrefix": "raw_"},
        target={"partitionBy": ["day"]},
        job={"glueVersion": version, "script": {"s3Uri": "s3://code/job.py"}},
    )
    (job,) = every(Job, own)
    assert job.arguments.keys() - set(SET_BY_OPERATOR) == set()


def test_only_a_job_for_iceberg_tables_loads_iceberg() -> None:
    write = {"mode": "Upsert", "keys": ["id"], "latestBy": "at"}
    spec = {
        "target": {"format": "Iceberg", "iceberg": {"mode": "MergeOnRead"}, "write": write},
        "job": {"glueVersion": "5.1"},
    }
    [job] = every(Job, resources(**spec))
    wanted = {
        "--datalake-formats": "iceberg",
        "--table_format": "Iceberg",
        "--row_changes": "merge-on-read",
        "--snapshot_retention_hours": "120",
        "--maintenance_runs": "20",
        "--upsert_keys": "id",
        "--latest_by": "at",
    }
    assert wanted.items() <= job.arguments.items()
    [plain] = every(Job, resources())
    assert not wanted.keys() & plain.arguments.keys()


def test_arguments_without_a_value_are_left_out() -> None:
    (job,) = every(Job, resources())
    assert "--source_suffix" not in job.arguments
    assert all(job.arguments.values())


def test_a_users_own_script_replaces_ours_and_keeps_bookmarks() -> None:
    (job,) = every(Job, resources(job={"script": {"s3Uri": "s3://theirs/job.py"}}))
    assert (job.script, job.modules) == ("s3://theirs/job.py", None)
    assert job.arguments["--job-bookmark-option"] == "job-bookmark-enable"
    (role,) = [
        r
        for r in every(Role, resources(job={"script": {"s3Uri": "s3://theirs/job.py"}}))
        if r.trusted.startswith("glue")
    ]
    assert "arn:aws:s3:::theirs/job.py" in json.dumps(role.statements)


def test_a_script_with_other_content_lies_elsewhere_so_that_no_run_mixes_two() -> None:
    spec = DataPipelineSpec.model_validate({"job": {"script": {"inline": "x"}}})
    one, two = (
        next(o for o in every(Object, blueprint(spec, SCOPE, script=body)) if "script" in o.name)
        for body in (b"one", b"two")
    )
    assert one.name != two.name


def test_suspend_holds_what_starts_something_and_lets_mails_through() -> None:
    suspended = {f.function.name: f.enabled for f in every(EventSource, resources(suspend=True))}
    assert suspended == {
        "default-orders-start-crawler": False,
        "default-orders-start-job": False,
        "default-orders-notify": True,
    }
    assert all(feed.enabled for feed in every(EventSource, resources()))


def test_every_queue_for_what_failed_has_an_alarm() -> None:
    found = resources()
    dead = {q.dead_letters.name for q in every(Queue, found) if q.dead_letters}
    dead |= {rule.dead_letters.name for rule in every(Rule, found) if rule.dead_letters}
    assert {alarm.queue.name for alarm in every(Alarm, found)} == dead
    assert len(dead) == 4


def test_what_cannot_be_delivered_or_dealt_with_is_kept_where_a_redrive_finds_it() -> None:
    found = resources()
    assert all(feed.queue.dead_letters for feed in every(EventSource, found))
    for rule in every(Rule, found):
        assert isinstance(rule.target, Queue)
        assert rule.dead_letters == rule.target.dead_letters
        for queue in (rule.target, rule.dead_letters):
            assert queue, rule.name
            assert ("events.amazonaws.com", rule.arn) in queue.senders


@pytest.mark.parametrize("window", [0, 20, 300])
def test_a_message_is_its_functions_alone_for_six_timeouts_and_the_batch_window(
    window: int,
) -> None:
    for feed in every(EventSource, resources(trigger={"batchWindowSeconds": window})):
        gathers = feed.desired()["MaximumBatchingWindowInSeconds"]
        assert feed.queue.visibility_seconds >= 6 * feed.function.timeout + gathers, feed.key


FAILED = {"anything-but": ["RUNNING", "STARTING", "STOPPING", "SUCCEEDED", "WAITING"]}


@pytest.mark.parametrize(
    ("outcomes", "states"),
    [
        (["Succeeded"], [SUCCEEDED]),
        (["Failed"], [FAILED]),
        (None, [SUCCEEDED, FAILED]),
    ],
)
def test_mails_are_about_the_outcomes_asked_for(
    outcomes: list[str] | None, states: list[Any]
) -> None:
    found = resources(notifications={"outcomes": outcomes} if outcomes else {})
    (ended,) = [rule for rule in every(Rule, found) if rule.name.endswith("ended")]
    reported = [each["detail"]["state"] for each in ended.pattern.get("$or", [ended.pattern])]
    assert reported == [states, *([["Failed"]] if FAILED in states else [])]


def test_who_wants_no_mails_gets_none() -> None:
    (ended,) = [
        rule
        for rule in every(Rule, resources(notifications={"outcomes": []}))
        if rule.name.endswith("ended")
    ]
    assert not ended.enabled


def test_each_reader_is_subscribed_to_the_topic() -> None:
    found = resources(notifications={"emails": ["a@b.cd", "e@f.gh"]})
    assert [s.name for s in every(Subscription, found)] == ["a@b.cd", "e@f.gh"]


def test_no_role_reaches_beyond_its_pipeline() -> None:
    shared = {"arn:aws:glue:eu-west-1:123456789012:catalog"}  # Glue checks it with every table
    crawlers = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws-glue/crawlers"  # of all crawlers
    shared |= {crawlers, f"{crawlers}:*"}
    for role in every(Role, resources()):
        for statement in role.statements:
            assert not any("*" in action for action in _listed(statement["Action"]))
            for on in set(_listed(statement["Resource"])) - shared:
                assert "default-orders" in on or "default_orders" in on, role.name


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"bucket": {"name": "chosen"}, "catalog": {"database": "chosen_db"}},
        {"job": {"script": {"s3Uri": "s3://code/job.py"}}},
    ],
)
def test_each_statement_holds_the_resources_that_it_names(spec: dict[str, Any]) -> None:
    found = resources(**spec)
    names = {resource.name for resource in found if resource.arn}
    for role in every(Role, found):
        texts = [arn for grant in role.grants for arn in grant.on if isinstance(arn, str)]
        assert not [arn for arn in texts for name in names if name in arn], role.name


def test_bucket_queues_and_topic_deny_each_connection_without_tls() -> None:
    actions: dict[type[Resource], str] = {Bucket: "s3:*", Queue: "sqs:*", Topic: "sns:Publish"}
    for kind, action in actions.items():
        for each in every(kind, resources()):
            statements = each.desired()["Policy"]["Statement"]
            (denied,) = (one for one in statements if one["Effect"] == "Deny")
            assert denied["Principal"] == {"AWS": ["*"]}
            assert denied["Action"] == [action]
            assert each.arn in denied["Resource"]
            assert denied["Condition"] == {"Bool": {"aws:SecureTransport": ["false"]}}


def test_a_role_waits_only_for_the_resources_that_hold_data() -> None:
    found = resources()
    for role in every(Role, found):
        assert {named.id.kind for named in role.names if named.critical} <= {"Bucket", "Database"}
        assert list(role.needs) == []


@pytest.mark.parametrize(
    ("when", "function", "actions", "queues"),
    [
        ("Always", "start-crawler", {"GetCrawler", "StartCrawler"}, {"uploads"}),
        ("Always", "start-job", {"GetJobRuns", "StartJobRun"}, {"crawls"}),
        ("NewColumns", "start-crawler", {"GetCrawler", "StartCrawler"}, {"crawl-requests"}),
        (
            "NewColumns",
            "start-job",
            {"GetCrawler", "GetJobRuns", "StartJobRun"},
            {"uploads", "crawls", "crawl-requests"},
        ),
    ],
)
def test_a_role_of_a_function_may_start_one_thing_and_use_its_queues(
    when: str, function: str, actions: set[str], queues: set[str]
) -> None:
    found = resources(crawler={"when": when})
    (role,) = [r for r in every(Role, found) if r.name.endswith(function)]
    allowed = {a for s in role.statements for a in _listed(s["Action"])}
    assert {name for each in allowed for of, _, name in [each.partition(":")] if of == "glue"} == (
        actions
    )
    used = {on for s in role.statements for on in _listed(s["Resource"]) if ":sqs:" in on}
    assert used == {f"arn:aws:sqs:eu-west-1:123456789012:default-orders-{q}" for q in queues}


def test_a_schedule_can_only_send_to_the_queue_of_the_uploads() -> None:
    found = resources(trigger={"schedule": "rate(1 hour)", "onUpload": False})
    assert not every(Notification, found)
    (schedule,) = every(Schedule, found)
    (statement,) = schedule.role.statements
    assert statement["Action"] == ["sqs:SendMessage"]
    assert statement["Resource"] == [schedule.queue.arn, schedule.dead_letters.arn]
    assert schedule.queue.name == "default-orders-uploads"
    assert schedule.queue.dead_letters == schedule.dead_letters
    assert schedule.time_zone == "UTC"


def test_a_custom_script_cannot_request_crawls_so_uploads_start_them() -> None:
    found = resources(job={"script": {"inline": "print()"}})
    (feed,) = [each for each in every(EventSource, found) if each.function.name.endswith("crawler")]
    assert feed.queue.name == "default-orders-uploads"


def test_declared_columns_need_no_crawl_before_the_first_run() -> None:
    (start,) = [
        each
        for each in every(Function, resources(source={"columns": [{"name": "n", "type": "int"}]}))
        if each.name.endswith("start-job")
    ]
    assert "CRAWL_QUEUE" not in settings_of(start)


def test_the_longest_pipeline_name_gives_names_that_aws_accepts() -> None:
    here = Scope(f"{'n' * 63}/{'p' * 253}", "123456789012", "eu-west-1")
    limits = {
        Bucket: 63,
        Role: 64,
        Function: 64,
        Rule: 64,
        Queue: 80,
        Topic: 256,
        Crawler: 255,
        Job: 255,
        Database: 255,
        LogGroup: 512,
        Alarm: 255,
    }
    for resource in resources(here):
        limit = limits.get(type(resource), 1024)
        assert len(resource.name) <= limit, resource.id


@pytest.mark.parametrize(
    ("partition", "region"), [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")]
)
def test_arns_are_of_the_partition(partition: str, region: str) -> None:
    here = Scope("default/orders", "123456789012", region, partition)
    for resource in resources(here):
        assert not resource.arn or resource.arn.startswith(f"arn:{partition}:")
        assert "arn:aws:" not in json.dumps(resource.desired(), default=str), resource.id


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_roles_get_no_tags_of_the_user_but_those_that_the_tenant_policy_allows() -> None:
    tags = {"team": "data", "data-access": "all"}
    here = replace(SCOPE, tags=tags, role_tags={"team": "data"}, retired_tags=frozenset({"old"}))
    found = resources(here)
    roles, others = every(Role, found), [each for each in found if not isinstance(each, Role)]
    removed = {"old": None, "data-access": None}
    assert len(roles) == 4
    assert all(r.scope.tags_to_be == {**OWNED, **removed, "team": "data"} for r in roles)
    assert all(each.scope.all_tags == {**OWNED, **tags} for each in others)


def test_the_key_of_the_pipeline_serves_each_role_through_the_services_that_it_uses() -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1234"
    through = {
        role.name: sorted(
            statement["Condition"]["StringLike"]["kms:ViaService"].partition(".")[0]
            for statement in role.statements
            if key in statement["Resource"]
        )
        for role in every(Role, resources(encryption={"kmsKeyArn": key}))
    }
    assert sorted(through.values()) == [["s3", "sns", "sqs"], ["s3", "sqs"], ["s3", "sqs"], ["sqs"]]


def test_the_key_of_the_bucket_serves_the_roles_through_s3_alone() -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1234"
    on_key = [
        statement
        for role in every(Role, resources(bucket={"kmsKeyArn": key}))
        for statement in role.statements
        if key in statement["Resource"]
    ]
    assert len(on_key) == 3  # of the job, and of the functions that read its records
    through_s3 = {"StringLike": {"kms:ViaService": "s3.eu-west-1.amazonaws.com*"}}
    assert all(statement["Condition"] == through_s3 for statement in on_key)
