"""Least privilege: a whole life needs all of the policy that we ship, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws import key_policy, optional_policies
from dataflowxpress.aws import operator_policy as access
from dataflowxpress.aws.at_rest import AtRest
from dataflowxpress.aws.resources import Bucket, Crawler, Job, Queue, Role
from dataflowxpress.blueprint import artifacts, blueprint
from dataflowxpress.controller.tenancy import OPEN
from dataflowxpress.planning.ownership import OWNER_TAG
from dataflowxpress.planning.resource import Resource, only
from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws import mail
from dataflowxpress_sandbox.aws.faults import Faults
from dataflowxpress_sandbox.aws.serving import serving
from tests.contract.conftest import scope_of
from tests.contract.samples import SAMPLES
from tests.walks.conftest import Life, World, world_on

if TYPE_CHECKING:
    from pathlib import Path

NAME, SLOW = "sparing", 10
OPERATOR = f"arn:aws:iam::{sandbox_aws.ACCOUNT}:user/{sandbox_aws.OPERATOR}"
READER, LEAVER = "ann@example.com", "bob@example.com"
ELSEWHERE = f"arn:aws:iam::{sandbox_aws.ACCOUNT}:role/dataflowxpress-elsewhere"
KEY_STATEMENTS = [*key_policy.statements("aws", sandbox_aws.ACCOUNT, sandbox_aws.REGION)]
Ledger = dict[str, list[dict[str, Any]]]


pytestmark = [pytest.mark.long, pytest.mark.extended]


class Sparing(Life):
    """A life that leaves out nothing which the operator can be brought to do."""

    def live(self) -> None:
        """Live it from its creation to its end."""
        self._allow_role_tags()
        spec = self._with_everything()
        self.create(spec)
        self.converge()
        self._change_hands(spec)
        for kind, its in self._resources.items():
            if kind != "Subscription":
                SAMPLES[kind].meddle(self._admin(its.service), its)
        self._meddle_with_the_rest()
        self.converge()
        self._fulfil_requests()
        self._bind_and_unbind()
        self._act_as_another(spec)
        with Faults(self.world.aws).during(
            "delay", "s3:*", caller=f"*/default-{NAME}-glue/*", seconds=SLOW
        ):
            self._leave_things_behind()
            self._begin_work()
            self.delete()
            self.end()
        assert self.owned() == set()

    def _allow_role_tags(self) -> None:
        """Let roles have the tags of the spec, until `_bind_and_unbind` takes them away."""
        allowed = {"role_tags": {"team": ("*",), "old": ("*",)}}
        entries = tuple(each.model_copy(update=allowed) for each in self.world.rules.namespaces)
        self.world.rules = self.world.rules.model_copy(update={"namespaces": entries})
        self.world.restart()

    def _with_everything(self) -> dict[str, Any]:
        key = self.world.key(*KEY_STATEMENTS)
        return {
            "deletionPolicy": "Delete",
            "bucket": {"versioning": True, "accessLogs": {"bucket": self.world.log_bucket()}},
            "encryption": {"kmsKeyArn": key, "glueSecurityConfiguration": "Managed"},
            "network": self._network(),
            "catalog": {"lakeFormation": True},
            "notifications": {"emails": [READER, LEAVER]},
            "job": {"script": {"inline": "print('mine')"}},
            "tags": {"team": "data", "old": "yes"},
            "trigger": {"schedule": "cron(0 6 1 1 ? *)"},
        }

    def _network(self) -> dict[str, Any]:
        subnet, group = self.world.subnet()
        requirements = {"SubnetId": subnet, "SecurityGroupIdList": [group]}
        self._admin("glue").create_connection(
            ConnectionInput={
                "Name": "vpc",
                "ConnectionType": "NETWORK",
                "ConnectionProperties": {},
                "PhysicalConnectionRequirements": requirements,
            }
        )
        return {"connection": "vpc", "subnetIds": [subnet], "securityGroupIds": [group]}

    def _change_hands(self, spec: dict[str, Any]) -> None:
        """Change and take away tags, lose a reader, and take a role that has lost its mark."""
        mail.confirm(self.world.aws.directory, LEAVER)
        self._admin("iam").untag_role(RoleName=only(self._all, Role).name, TagKeys=[OWNER_TAG])
        spec |= {"tags": {"team": "orders"}, "notifications": {"emails": [READER]}, "adopt": True}
        self.change(spec)
        self.converge()

    def _meddle_with_the_rest(self) -> None:
        """Change what no sample does; code and configuration at once make the operator wait."""
        role, bucket = only(self._all, Role).name, only(self._all, Bucket).name
        function = self._resources["Function"].name
        code = artifacts.function_code("start_crawler", {})
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        self._admin("lambda").update_function_code(FunctionName=function, ZipFile=code)
        self._admin("iam").update_assume_role_policy(RoleName=role, PolicyDocument=trust)
        self._admin("s3").put_bucket_ownership_controls(
            Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        )

    def _fulfil_requests(self) -> None:
        dead = next(q for q in self._all if isinstance(q, Queue) and q.name.endswith("-dead"))
        sqs = self._admin("sqs")
        url = sqs.get_queue_url(QueueName=dead.name)["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="{}")
        self.annotate(run_requested_at="now", redrive_requested_at="now")
        self.converge()

    def _bind_and_unbind(self) -> None:
        boundary = self._admin("iam").create_policy(
            PolicyName="bounds", PolicyDocument=json.dumps(access.document())
        )
        for rules in (
            OPEN.model_copy(update={"permissions_boundary": boundary["Policy"]["Arn"]}),
            OPEN,
        ):
            self.world.rules = rules
            self.world.restart()
            self.converge()

    def _act_as_another(self, spec: Mapping[str, Any]) -> None:
        self.change({**spec, "roleArn": self.world.role_elsewhere(ELSEWHERE.rpartition("/")[2])})
        self.converge()
        self.change(spec)
        self.converge()

    def _leave_things_behind(self) -> None:
        """Leave an object, a version, an unfinished upload, and another policy on a role."""
        s3, iam, bucket = self._admin("s3"), self._admin("iam"), only(self._all, Bucket).name
        for body in (b"a\n1\n", b"a\n2\n"):
            s3.put_object(Bucket=bucket, Key="csv_data/a.csv", Body=body)
        s3.create_multipart_upload(Bucket=bucket, Key="csv_data/b.csv")
        policy = iam.create_policy(PolicyName="more", PolicyDocument=json.dumps(access.document()))
        arn = policy["Policy"]["Arn"]
        iam.attach_role_policy(RoleName=only(self._all, Role).name, PolicyArn=arn)

    def _begin_work(self) -> None:
        glue = self._admin("glue")
        with suppress(glue.exceptions.CrawlerRunningException):  # the upload was faster
            glue.start_crawler(Name=only(self._all, Crawler).name)
        glue.start_job_run(JobName=only(self._all, Job).name)

    def _admin(self, service: str) -> Any:
        return self.world.admin(service)

    @property
    def _all(self) -> list[Resource]:
        spec = DataPipelineSpec.model_validate(self.spec)
        return blueprint(spec, scope_of(self.owner), script=b"print('mine')")

    @property
    def _resources(self) -> dict[str, Resource]:
        return {type(each).__name__: each for each in self._all}


def rest(world: World) -> None:
    """Compare a pipeline at rest: only then the operator lists."""
    world.at_rest = AtRest()
    world.restart()
    resting = Life(world, "resting")
    resting.create({"deletionPolicy": "Delete", "notifications": {"emails": [READER]}})
    resting.converge()
    resting.reconcile()
    resting.delete()
    resting.end()


@pytest.fixture(scope="module")
def ledger(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """What IAM wrote down of the operator during a whole life, in an AWS of its own."""
    with serving(tmp_path_factory.mktemp("sparing")) as aws, world_on(cluster, aws) as world:
        Sparing(world, NAME).live()
        retain = Life(world, "retaining")  # the default: an empty database goes with its pipeline
        retain.create({})
        retain.converge()
        for key in (world.key(*KEY_STATEMENTS), world.key(*KEY_STATEMENTS)):
            managed = {"kmsKeyArn": key, "glueSecurityConfiguration": "Managed"}
            retain.change({"encryption": managed})
            retain.converge()
        retain.change({"encryption": {"kmsKeyArn": key}})
        retain.converge()
        retain.change({})
        retain.converge()
        retain.delete()
        retain.end()
        rest(world)
        written = sandbox_aws.permissions(aws.port)
    return {kind: [one for one in some if one["by"] == OPERATOR] for kind, some in written.items()}


def test_no_call_needs_more_than_the_policy_that_we_ship(ledger: Ledger) -> None:
    assert ledger["refused"] == []


def test_no_action_of_the_policy_that_we_ship_is_unused(ledger: Ledger) -> None:
    granted = {
        (statement["Sid"], action)
        for policy in (
            access.document(),
            optional_policies.lists(),
            optional_policies.encryption(),
            optional_policies.security_configuration(),
            optional_policies.network(),
            optional_policies.access_logs(),
        )
        for statement in policy["Statement"]
        for action in statement["Action"]
    }
    assert granted - {(one["sid"], one["action"]) for one in ledger["used"]} == set()
