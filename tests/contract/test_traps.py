"""Traps of AWS that have bitten others, sprung on purpose."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import pytest
from botocore.exceptions import ClientError

from dataflowxpress.api.reasons import Reason
from dataflowxpress.aws.resources import Bucket, Database, Object, Subscription, Topic
from dataflowxpress.aws.resources import role as roles
from dataflowxpress.planning.step import Action
from dataflowxpress_sandbox.aws.faults import Faults
from tests.contract.conftest import mutations
from tests.contract.samples import (
    LAMBDA,
    READ,
    WRITE,
    archive,
    function,
    notification,
    role,
    with_all_it_needs,
)

if TYPE_CHECKING:
    from dataflowxpress.planning.resource import Resource
    from tests.contract.conftest import Pipeline

PREFIXES = [
    *("day=1/", "my data/", "größe/", "a+b/", "100%/", "a~b/", "(a)!'_-./"),
    '<{[a]}>|^`\\"@&;:,#/',
]
REGION = {"LocationConstraint": "eu-west-1"}


def remove(pipeline: Pipeline, *resources: Resource) -> None:
    pipeline.converge([], [each.id for each in resources])


class TestBuckets:
    def test_an_adopted_bucket_keeps_what_is_its_owners(
        self, pipeline: Pipeline, name: str
    ) -> None:
        s3 = pipeline.cloud.others("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=REGION)
        s3.put_bucket_tagging(
            Bucket=name, Tagging={"TagSet": [{"Key": "cost", "Value": "center 7"}]}
        )
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        theirs = {
            "Sid": "Theirs",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{name}/public/*",
        }
        document = {"Version": "2012-10-17", "Statement": [theirs]}
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(document))
        bucket = Bucket(pipeline.scope, name, adopt=True)
        pipeline.converge([bucket])
        tags = {each["Key"] for each in s3.get_bucket_tagging(Bucket=name)["TagSet"]}
        policy = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
        assert tags >= {"cost", "dataflowxpress.io/pipeline"}
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
        assert theirs in policy["Statement"]
        assert len(policy["Statement"]) == 2
        assert pipeline.differences([bucket]) == []

    def test_a_bucket_that_exists_is_not_taken_unasked(self, pipeline: Pipeline, name: str) -> None:
        s3 = pipeline.cloud.others("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=REGION)
        (outcome,) = pipeline.apply([Bucket(pipeline.scope, name)])
        assert outcome.problem
        assert outcome.problem.reason is Reason.REFUSED
        assert "exists and belongs to no pipeline: " in str(outcome.problem)

    def test_an_adopted_bucket_is_emptied_only_with_consent(
        self, pipeline: Pipeline, name: str
    ) -> None:
        s3 = pipeline.cloud.others("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=REGION)
        s3.put_object(Bucket=name, Key="years/of/work", Body=b"1")
        adopted = Bucket(pipeline.scope, name, adopt=True)
        folder = Object(pipeline.scope, "csv_data/", bucket=adopted, body=b"")
        pipeline.converge([adopted, folder])
        later = Bucket(pipeline.scope, name)  # the field may be removed after the adoption
        assert pipeline.differences([later]) == []
        remove(pipeline, later, folder)
        assert [each["Key"] for each in s3.list_objects_v2(Bucket=name)["Contents"]] == [
            "years/of/work"
        ]
        agreed = replace(pipeline, scope=replace(pipeline.scope, delete_adopted=True))
        remove(agreed, later)
        assert pipeline.states([later]) == {later.id: None}

    def test_versioning_that_was_never_on_is_not_suspended(
        self, pipeline: Pipeline, name: str
    ) -> None:
        pipeline.converge([Bucket(pipeline.scope, name)])
        s3 = pipeline.cloud.others("s3")
        assert "Status" not in s3.get_bucket_versioning(Bucket=name)

    def test_a_full_bucket_is_emptied_of_all_it_holds(self, pipeline: Pipeline, name: str) -> None:
        bucket = Bucket(pipeline.scope, name, versioning=True)
        pipeline.converge([bucket])
        s3 = pipeline.cloud.others("s3")
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda n: s3.put_object(Bucket=name, Key=f"a+b =ü/{n}"), range(1050)))
        s3.put_object(Bucket=name, Key="twice", Body=b"1")
        s3.put_object(Bucket=name, Key="twice", Body=b"2")
        s3.delete_object(Bucket=name, Key="twice")
        s3.create_multipart_upload(Bucket=name, Key="unfinished")
        remove(pipeline, bucket)
        assert pipeline.states([bucket]) == {bucket.id: None}

    def test_a_bucket_takes_nothing_new_while_it_is_emptied(
        self, pipeline: Pipeline, name: str
    ) -> None:
        bucket = Bucket(pipeline.scope, name)
        pipeline.converge([bucket])
        s3 = pipeline.cloud.others("s3")
        s3.put_object(Bucket=name, Key="early")
        message = Bucket.empty(pipeline.cloud.client("s3"), name)
        assert next(message) == "1 object versions removed, deletion continues"
        with pytest.raises(ClientError, match="AccessDenied"):
            pipeline.cloud.client("s3").put_object(Bucket=name, Key="csv_data/")
        remove(pipeline, bucket)
        assert pipeline.states([bucket]) == {bucket.id: None}

    def test_a_deletion_that_stopped_half_way_does_not_keep_the_bucket_shut(
        self, pipeline: Pipeline, name: str
    ) -> None:
        bucket = Bucket(pipeline.scope, name)
        pipeline.converge([bucket])
        s3 = pipeline.cloud.others("s3")
        policy = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
        shut = {
            "Sid": "DataFlowXpressDeleting",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{name}/*",
        }
        policy["Statement"].append(shut)
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
        folder = Object(pipeline.scope, "csv_data/", bucket=bucket, body=b"")
        pipeline.converge([bucket, folder])
        assert pipeline.differences([bucket, folder]) == []


class TestNotifications:
    THEIRS = "theirs"

    def test_rules_of_others_survive_ours(self, pipeline: Pipeline, name: str) -> None:
        ours = notification(pipeline.scope, name)
        wanted = with_all_it_needs(ours)
        pipeline.converge(wanted[:-1])
        s3 = pipeline.cloud.others("s3")
        theirs = {"Id": self.THEIRS, "QueueArn": ours.queue.arn, "Events": ["s3:ObjectRemoved:*"]}
        s3.put_bucket_notification_configuration(
            Bucket=name,
            NotificationConfiguration={
                "QueueConfigurations": [theirs],
                "EventBridgeConfiguration": {},
            },
        )
        pipeline.converge(wanted)
        assert self.rules(s3, name) == {self.THEIRS, ours.name}
        pipeline.converge(with_all_it_needs(replace(ours, prefix="other/")))
        assert self.rules(s3, name) == {self.THEIRS, ours.name}
        remove(pipeline, ours)
        assert self.rules(s3, name) == {self.THEIRS}

    def rules(self, s3: Any, bucket: str) -> set[str]:
        answer = s3.get_bucket_notification_configuration(Bucket=bucket)
        assert "EventBridgeConfiguration" in answer
        return {each["Id"] for each in answer["QueueConfigurations"]}

    def test_a_rule_of_others_for_the_same_objects_is_named_and_stays(
        self, pipeline: Pipeline, name: str
    ) -> None:
        ours = notification(pipeline.scope, name)
        wanted = with_all_it_needs(ours)
        pipeline.converge(wanted[:-1])
        theirs = {"Id": self.THEIRS, "QueueArn": ours.queue.arn, "Events": ["s3:ObjectCreated:Put"]}
        s3 = pipeline.cloud.others("s3")
        s3.put_bucket_notification_configuration(
            Bucket=name,
            NotificationConfiguration={
                "QueueConfigurations": [theirs],
                "EventBridgeConfiguration": {},
            },
        )
        assert pipeline.actions(wanted)[ours.id] is Action.REFUSE
        outcomes = pipeline.apply(wanted)
        assert outcomes[-1].problem
        assert outcomes[-1].problem.reason is Reason.REFUSED
        assert f"overlaps with {self.THEIRS} (" in str(outcomes[-1].problem)
        assert self.rules(s3, name) == {self.THEIRS}

    @pytest.mark.parametrize("prefix", PREFIXES)
    def test_an_upload_under_any_prefix_that_a_spec_allows_is_reported(
        self, pipeline: Pipeline, name: str, prefix: str
    ) -> None:
        suffix = " (1)~.csv"
        ours = replace(notification(pipeline.scope, name), prefix=prefix, suffix=suffix)
        pipeline.converge(with_all_it_needs(ours))
        s3, sqs = pipeline.cloud.others("s3"), pipeline.cloud.others("sqs")
        s3.put_object(Bucket=name, Key=f"{prefix}a{suffix}", Body=b"a")
        url = sqs.get_queue_url(QueueName=ours.queue.name)["QueueUrl"]
        keys: list[str] = []
        while not keys:  # S3 also sends a message without records
            answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10, MaxNumberOfMessages=10)
            assert answer.get("Messages"), "no event within 10 s"
            bodies = [json.loads(message["Body"]) for message in answer["Messages"]]
            records = [record for body in bodies for record in body.get("Records", ())]
            keys = [unquote_plus(record["s3"]["object"]["key"]) for record in records]
        assert keys == [f"{prefix}a{suffix}"]

    def test_a_filter_in_plain_text_is_drift(self, pipeline: Pipeline, name: str) -> None:
        ours = replace(notification(pipeline.scope, name), prefix="my data/")
        wanted = with_all_it_needs(ours)
        pipeline.converge(wanted)
        plain = [{"Name": "Prefix", "Value": "my data/"}, {"Name": "Suffix", "Value": ".csv"}]
        rule = {"Id": ours.name, **ours.desired(), "Filter": {"Key": {"FilterRules": plain}}}
        pipeline.cloud.others("s3").put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"QueueConfigurations": [rule]}
        )
        assert pipeline.actions(wanted)[ours.id] is Action.UPDATE

    def test_a_queue_that_does_not_take_messages_yet_is_waited_for(
        self, pipeline: Pipeline, name: str
    ) -> None:
        ours = notification(pipeline.scope, name)
        unlistened = replace(ours, queue=replace(ours.queue, senders=()))
        hasty = replace(pipeline, retry_budget=1)
        outcomes = hasty.apply(with_all_it_needs(unlistened))
        assert "Unable to validate the following destination" in str(outcomes[-1].problem)
        pipeline.converge(with_all_it_needs(ours))


class TestSubscriptions:
    def test_a_mail_address_is_asked_once(self, pipeline: Pipeline, name: str) -> None:
        address = f"{name}@example.com"
        mail = Subscription(pipeline.scope, address, topic=Topic(pipeline.scope, name))
        wanted = with_all_it_needs(mail)
        pipeline.converge(wanted)
        with pipeline.cloud.recording() as calls:
            pipeline.converge(wanted)
        assert mutations(calls) == []
        remove(pipeline, *wanted)
        assert set(pipeline.states(wanted).values()) == {None}

    def test_an_address_that_was_asked_once_is_not_asked_on_its_own_again(
        self, pipeline: Pipeline, name: str
    ) -> None:
        topic = Topic(pipeline.scope, name)
        asked = Subscription(
            pipeline.scope, f"{name}@example.com", topic=topic, requested_at="2026-11-26T00:00:00Z"
        )
        wanted = with_all_it_needs(asked)
        pipeline.converge([topic])
        assert pipeline.actions(wanted)[asked.id] is Action.KEEP
        *_, outcome = pipeline.apply(wanted)
        assert "set the annotation" in outcome.step.waits_for


ATTACHED = "arn:aws:iam::aws:policy/ReadOnlyAccess"


class TestRoles:
    def test_a_role_goes_with_what_others_hung_on_it(self, pipeline: Pipeline, name: str) -> None:
        worker = role(pipeline.scope, name)
        pipeline.converge([worker])
        self._extend(pipeline.cloud.others("iam"), name)
        remove(pipeline, worker)
        assert pipeline.states([worker]) == {worker.id: None}

    def test_policies_that_others_put_on_a_role_are_drift(
        self, pipeline: Pipeline, name: str
    ) -> None:
        worker = role(pipeline.scope, name)
        pipeline.converge([worker])
        self._extend(pipeline.cloud.others("iam"), name)
        (difference,) = pipeline.differences([worker])
        assert f"OtherPolicies: {json.dumps([ATTACHED, 'theirs'])} -> []" in str(difference)
        pipeline.converge([worker])
        assert pipeline.differences([worker]) == []
        assert pipeline.states([worker])[worker.id]["Policy"]  # its own one stays

    @pytest.mark.parametrize("extended", [True, False], ids=["other policies", "none"])
    def test_a_role_with_other_policies_is_not_adopted(
        self, pipeline: Pipeline, name: str, *, extended: bool
    ) -> None:
        """Whoever runs as the role keeps what it has, and the job gets nothing more."""
        iam = pipeline.cloud.others("iam")
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        if extended:
            self._extend(iam, name)
        worker = role(replace(pipeline.scope, adopt=True), name)
        (step,) = pipeline.engine.plan(worker.scope, [worker])
        assert step.action is (Action.REFUSE if extended else Action.UPDATE)
        assert (f"has other policies: {ATTACHED}, theirs" in step.reason) is extended
        assert step.foreign is extended

    def _extend(self, iam: Any, name: str) -> None:
        iam.attach_role_policy(RoleName=name, PolicyArn=ATTACHED)
        document = json.dumps({"Version": "2012-10-17", "Statement": [READ.statement]})
        iam.put_role_policy(RoleName=name, PolicyName="theirs", PolicyDocument=document)

    def test_a_trust_that_others_widened_is_narrowed(self, pipeline: Pipeline, name: str) -> None:
        worker = role(pipeline.scope, name)
        pipeline.converge([worker])
        iam = pipeline.cloud.others("iam")
        trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        trust["Statement"][0]["Principal"]["Service"].append(LAMBDA)
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
        assert pipeline.actions([worker]) == {worker.id: Action.UPDATE}
        pipeline.converge([worker])
        assert pipeline.differences([worker]) == []

    def test_a_role_that_iam_does_not_show_yet_is_no_reason_to_make_another(
        self, pipeline: Pipeline, name: str
    ) -> None:
        worker = role(pipeline.scope, name)
        faults = Faults(pipeline.cloud.aws)
        assert pipeline.states([worker]) == {worker.id: None}
        with faults.during("lag", "iam:GetRole", resource=f"*/{name}", seconds=5) as number:
            assert pipeline.states([worker]) == {worker.id: None}
            pipeline.converge([worker])
            assert pipeline.states([worker]) == {worker.id: None}
            pipeline.converge([worker])
            assert faults.struck(number)
        assert pipeline.differences([worker]) == []

    def test_a_new_role_whose_tags_iam_does_not_apply_yet_is_awaited(
        self, pipeline: Pipeline, name: str
    ) -> None:
        worker, faults = role(pipeline.scope, name), Faults(pipeline.cloud.aws)
        arn = f"*/{name}"
        with faults.during("propagate", "iam:PutRolePolicy", resource=arn, seconds=2) as number:
            pipeline.converge([worker])
            assert faults.struck(number)
        assert pipeline.differences([worker]) == []

    def test_a_permission_that_the_operator_lacks_is_named_for_a_role_that_is_not_new(
        self, pipeline: Pipeline, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        worker, faults = role(pipeline.scope, name), Faults(pipeline.cloud.aws)
        pipeline.converge([worker])
        monkeypatch.setattr(roles, "YOUNG", timedelta(0))
        changed = replace(worker, grants=(READ, WRITE))
        with faults.during("fail", "iam:PutRolePolicy", resource=f"*/{name}", error="AccessDenied"):
            [outcome] = pipeline.apply([changed], [worker.id])
        assert outcome.problem
        assert outcome.problem.reason is Reason.ACCESS_DENIED
        assert outcome.problem.needs_person


class TestFunctions:
    def test_code_and_settings_change_together(self, pipeline: Pipeline, name: str) -> None:
        its = function(pipeline.scope, name)
        pipeline.converge(with_all_it_needs(its))
        code = archive("def handler(event, context): return 7")
        now = with_all_it_needs(replace(its, code=code, timeout=40))
        pipeline.converge(now)
        assert pipeline.differences(now) == []


class TestDatabases:
    def test_tables_go_with_their_database(self, pipeline: Pipeline, name: str) -> None:
        database = Database(pipeline.scope, name.replace("-", "_"), description="")
        pipeline.converge([database])
        glue = pipeline.cloud.others("glue")
        glue.create_table(DatabaseName=database.name, TableInput={"Name": "orders"})
        remove(pipeline, database)
        with pytest.raises(glue.exceptions.EntityNotFoundException):
            glue.get_table(DatabaseName=database.name, Name="orders")

    def test_an_adopted_database_is_deleted_only_with_consent(
        self, pipeline: Pipeline, name: str
    ) -> None:
        glue, name = pipeline.cloud.others("glue"), name.replace("-", "_")
        glue.create_database(DatabaseInput={"Name": name})
        glue.create_table(DatabaseName=name, TableInput={"Name": "orders"})
        database = Database(pipeline.scope, name, adopt=True, description="")
        pipeline.converge([database])
        remove(pipeline, database)
        assert glue.get_table(DatabaseName=name, Name="orders")
        agreed = replace(pipeline, scope=replace(pipeline.scope, delete_adopted=True))
        remove(agreed, database)
        assert pipeline.states([database]) == {database.id: None}
