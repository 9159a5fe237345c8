"""Escalation: who may create pipelines gains nothing by it, and who steals credentials little.

The operator has the narrowest policy for its namespace, rules and a boundary.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from kubernetes.client import ApiException

from dataflowxpress.aws import operator_policy as access
from dataflowxpress.aws.policy_scope import PolicyScope
from dataflowxpress.blueprint import artifacts
from dataflowxpress.controller.tenancy import TenantPolicy
from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws.serving import serving
from tests.sample import sampled
from tests.walks.conftest import Life, World, said, world_on

BOUNDARY = Path(__file__).parents[2] / "docs/iam/boundary.json"
SCOPE = sandbox_aws.ACCOUNT
VICTIM, ATTACKER = "victim", "attacker"
THEIRS = f"default-{VICTIM}-{SCOPE}"  # a bucket
STRANGE, ADMIN = "strange", f"arn:aws:iam::{SCOPE}:role/admin"
CLOSED = f"arn:aws:iam::{SCOPE}:role/dataflowxpress-default-closed"
OTHER_TEAM = f"arn:aws:iam::{SCOPE}:role/dataflowxpress-other"
OF_ITS_OWN = f"arn:aws:iam::{SCOPE}:policy/default-mine"
STRANGER = "555566667777"  # another account
TRAP = f"arn:aws:iam::{STRANGER}:role/dataflowxpress-default-trap"
BAIT = "default-bait"  # a bucket in it
DEPLOYER = "default-deployer"  # an administrator's role, whose name begins like a namespace
API, NIGHTLY = "default-api", "default-nightly"  # a function and a job of somebody else
THEIR_LOGS = f"/dataflowxpress/{API}"
ACCOUNT_ROOT = {"AWS": f"arn:aws:iam::{SCOPE}:root"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def trust(principal: Mapping[str, str]) -> str:
    one = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [one]})


VALIDATION_RULES = {
    "namespaces": [
        {
            "match": ["default"],
            "accounts": [SCOPE],
            "regions": ["eu-west-1"],
            "roles": [f"arn:aws:iam::{SCOPE}:role/dataflowxpress-default-*"],
            "names": ["default-*", "default_*"],
            "scripts": ["s3://default-code/*"],
            "keys": [],
            "adopt": True,
        }
    ]
}
Call = Callable[[Any], object]
CODE = artifacts.function_code("notify", {})
COMMAND = {"Name": "glueetl", "ScriptLocation": "s3://default-code/job.py"}


@dataclass(frozen=True)
class Tenants:
    """Two pipelines of a namespace, and what an administrator has besides."""

    world: World
    boundary: str
    attacker: Life

    def operator(self, service: str) -> Any:
        """Return a client of somebody who has the operator's credentials."""
        return self.world.aws.client(service, dict(os.environ))

    def job(self, service: str, of: str = ATTACKER) -> Any:
        """Return a client of what the script of a pipeline is given, by default the attacker's."""
        sts, role = self.world.admin("sts"), f"arn:aws:iam::{SCOPE}:role/default-{of}-glue"
        given = sts.assume_role(RoleArn=role, RoleSessionName="run")["Credentials"]
        key = self.world.aws.environment(given["AccessKeyId"], given["SecretAccessKey"])
        return self.world.aws.client(service, key | {"AWS_SESSION_TOKEN": given["SessionToken"]})


@pytest.fixture(scope="module")
def tenants(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    with serving(tmp_path_factory.mktemp("tenants")) as aws, world_on(cluster, aws) as world:
        boundary = _prepare(world)
        world.rules = TenantPolicy.model_validate(
            {**VALIDATION_RULES, "permissionsBoundary": boundary}
        )
        world.restart()
        lives = [Life(world, name) for name in (VICTIM, ATTACKER)]
        for life in lives:
            life.create({"deletionPolicy": "Delete"})
            life.converge()
        yield Tenants(world, boundary, lives[1])
        for life in lives:
            life.delete()
            life.end()
            assert life.owned() == set()


def _prepare(world: World) -> str:
    """Narrow the operator's policy, and make other people's roles; return the boundary's ARN."""
    iam = world.admin("iam")
    made = iam.create_policy(PolicyName="bounds", PolicyDocument=BOUNDARY.read_text())
    boundary: str = made["Policy"]["Arn"]
    iam.put_user_policy(
        UserName=sandbox_aws.OPERATOR,
        PolicyName=sandbox_aws.OPERATOR,
        PolicyDocument=access.text(PolicyScope(("default-",), boundary)),
    )
    for role in ("admin", CLOSED.rpartition("/")[2], f"default-{STRANGE}"):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST, PermissionsBoundary=boundary)
    _prepare_others(world)
    return boundary


def _prepare_others(world: World) -> None:
    """Make what others have in the account, and what waits for a thief in another one."""
    iam, names = world.admin("iam"), {"RoleName": DEPLOYER, "PolicyName": "all"}
    iam.create_role(
        RoleName=DEPLOYER, AssumeRolePolicyDocument=trust({"Service": "lambda.amazonaws.com"})
    )
    iam.put_role_policy(**names, PolicyDocument=access.text())
    iam.create_role(
        RoleName=OTHER_TEAM.rpartition("/")[2], AssumeRolePolicyDocument=trust(ACCOUNT_ROOT)
    )
    world.admin("lambda").create_function(
        FunctionName=API,
        Role=f"arn:aws:iam::{SCOPE}:role/{DEPLOYER}",
        Runtime="python3.13",
        Handler="handler.handler",
        Code={"ZipFile": CODE},
    )
    world.admin("glue").create_job(Name=NIGHTLY, Role=DEPLOYER, Command=COMMAND)
    world.admin("sqs").create_queue(QueueName=API)
    world.admin("sns").create_topic(Name=API)
    world.admin("events").put_rule(Name=API, ScheduleExpression="rate(1 day)")
    world.admin("logs").create_log_group(logGroupName=THEIR_LOGS)
    keys = world.aws.environment(STRANGER, STRANGER)
    world.aws.client("iam", keys).create_role(
        RoleName=TRAP.rpartition("/")[2], AssumeRolePolicyDocument=trust(ACCOUNT_ROOT)
    )
    s3, arn = world.aws.client("s3", keys), f"arn:aws:s3:::{BAIT}/*"
    where = {"LocationConstraint": sandbox_aws.REGION}
    s3.create_bucket(Bucket=BAIT, CreateBucketConfiguration=where)
    take = {"Effect": "Allow", "Principal": ACCOUNT_ROOT, "Action": "s3:*", "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [take]})
    s3.put_bucket_policy(Bucket=BAIT, Policy=document)


def asker(tenants: Tenants) -> Life:
    """Return a pipeline that is not there yet."""
    return Life(tenants.world, f"asker-{uuid.uuid4().hex[:8]}")


ASKED_OF_THE_API_SERVER: dict[str, dict[str, Any]] = {
    "any prefix": {"source": {"prefix": "*/"}},
    "a variable in a prefix": {"target": {"prefix": "${aws:username}/"}},
    "any script": {"job": {"script": {"s3Uri": "s3://*/*.py"}}},
    "any key": {"bucket": {"kmsKeyArn": f"arn:aws:kms:eu-west-1:{SCOPE}:*"}},
    "any bucket": {"bucket": {"name": "default-*"}},
    "any function": {"functions": {"notify": {"name": "default-*"}}},
}
ASKED_OF_THE_OPERATOR: dict[str, tuple[dict[str, Any], str]] = {
    "a script from somewhere else": (
        {"job": {"script": {"s3Uri": "s3://other-code/job.py"}}},
        "spec.job.script.s3Uri: the tenant policy does not allow s3://other-code/job.py",
    ),
    "a role of choice": (
        {"roleArn": ADMIN},
        f"spec.roleArn: the tenant policy does not allow {ADMIN}",
    ),
    "a role that does not trust the operator": (
        {"roleArn": CLOSED},
        f"is not authorized to perform: sts:AssumeRole on resource: {CLOSED}",
    ),
    "another account": (
        {"accountId": "999999999999"},
        "spec.accountId: the tenant policy does not allow 999999999999",
    ),
    "another region": (
        {"region": "us-east-1"},
        "spec.region: the tenant policy does not allow us-east-1",
    ),
    "a bucket of somebody else": (
        {"bucket": {"name": "other-lake", "adopt": True}},
        "spec.bucket.name: the tenant policy does not allow other-lake",
    ),
    "a key": (
        {"bucket": {"kmsKeyArn": f"arn:aws:kms:eu-west-1:{SCOPE}:key/1234"}},
        "spec.bucket.kmsKeyArn: the tenant policy does not allow",
    ),
}
BY_THE_JOB: dict[str, tuple[str, Call, str]] = {
    "reads another tenant's data": (
        "s3",
        lambda s3: s3.get_object(Bucket=THEIRS, Key="csv_data/a.csv"),
        f"s3:GetObject on resource: arn:aws:s3:::{THEIRS}/csv_data/a.csv",
    ),
    "lists another tenant's data": (
        "s3", lambda s3: s3.list_objects_v2(Bucket=THEIRS), "s3:ListBucket",
    ),
    "writes where another tenant's uploads go": (
        "s3",
        lambda s3: s3.put_object(Bucket=THEIRS, Key="csv_data/a.csv", Body=b""),
        "s3:PutObject",
    ),
    "reads another tenant's tables": (
        "glue", lambda glue: glue.get_tables(DatabaseName=f"default_{VICTIM}"), "glue:GetTables",
    ),
    "starts another tenant's job": (
        "glue", lambda glue: glue.start_job_run(JobName=f"default-{VICTIM}"), "glue:StartJobRun",
    ),
    "gives itself more": (
        "iam",
        lambda iam: iam.put_role_policy(
            RoleName=f"default-{ATTACKER}-glue", PolicyName="p", PolicyDocument=access.text()
        ),
        "iam:PutRolePolicy",
    ),
    "takes its boundary off": (
        "iam",
        lambda iam: iam.delete_role_permissions_boundary(RoleName=f"default-{ATTACKER}-glue"),
        "iam:DeleteRolePermissionsBoundary",
    ),
    "becomes another role": (
        "sts",
        lambda sts: sts.assume_role(RoleArn=CLOSED, RoleSessionName="run"),
        "sts:AssumeRole",
    ),
}  # fmt: skip


def create_role(iam: Any, name: str, **more: Any) -> object:
    marked = [{"Key": "dataflowxpress.io/pipeline", "Value": "default/x"}]
    return iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Tags=marked, **more)


def grant(iam: Any, role: str) -> object:
    return iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=access.text())


def marked(iam: Any, call: str, **about: Any) -> object:
    """Tag the administrator's role as if the operator had made it, and then call."""
    tag = {"Key": "dataflowxpress.io/pipeline", "Value": "default/x"}
    iam.tag_role(RoleName=DEPLOYER, Tags=[tag])
    return getattr(iam, call)(RoleName=DEPLOYER, **about)


BY_THE_OPERATOR: dict[str, tuple[str, Call, str]] = {
    "makes a role without the boundary": (
        "iam", partial(create_role, name="default-free"), "iam:CreateRole",
    ),
    "makes a role with a boundary of its own": (
        "iam",
        partial(create_role, name="default-free", PermissionsBoundary=OF_ITS_OWN),
        "iam:CreateRole",
    ),
    "makes a role with another prefix": (
        "iam", partial(create_role, name="other-free"), "iam:CreateRole",
    ),
    "grants to a role of somebody else": ("iam", partial(grant, role="admin"), "iam:PutRolePolicy"),
    "grants to a role without its mark": (
        "iam", partial(grant, role=f"default-{STRANGE}"), "iam:PutRolePolicy",
    ),
    "deletes a role without its mark": (
        "iam", lambda iam: iam.delete_role(RoleName=f"default-{STRANGE}"), "iam:DeleteRole",
    ),
    "takes a boundary off": (
        "iam",
        lambda iam: iam.delete_role_permissions_boundary(RoleName=f"default-{VICTIM}-glue"),
        "iam:DeleteRolePermissionsBoundary",
    ),
    "gives itself more": (
        "iam",
        lambda iam: iam.put_user_policy(
            UserName=sandbox_aws.OPERATOR, PolicyName="p", PolicyDocument=access.text()
        ),
        "iam:PutUserPolicy",
    ),
    "becomes a role with another prefix": (
        "sts",
        lambda sts: sts.assume_role(RoleArn=ADMIN, RoleSessionName="thief"),
        "sts:AssumeRole",
    ),
    "reads a bucket with another prefix": (
        "s3", lambda s3: s3.list_objects_v2(Bucket="other-lake"), "s3:ListBucket",
    ),
    "gives a role of somebody else to a job": (
        "glue",
        lambda glue: glue.create_job(
            Name="default-x", Role=ADMIN, Command={"Name": "glueetl", "ScriptLocation": "s3://a/b"}
        ),
        f"iam:PassRole on resource: {ADMIN}",
    ),
    "tags a role of somebody else, and has it trust another account": (
        "iam",
        partial(
            marked,
            call="update_assume_role_policy",
            PolicyDocument=trust({"AWS": f"arn:aws:iam::{STRANGER}:root"}),
        ),
        "iam:UpdateAssumeRolePolicy",
    ),
    "tags a role of somebody else, and grants to it": (
        "iam",
        partial(marked, call="put_role_policy", PolicyName="p", PolicyDocument=access.text()),
        "iam:PutRolePolicy",
    ),
    "tags a role of somebody else, and sets the boundary that allows more": (
        "iam",
        partial(
            marked,
            call="put_role_permissions_boundary",
            PermissionsBoundary=f"arn:aws:iam::{SCOPE}:policy/bounds",
        ),
        "iam:PutRolePermissionsBoundary",
    ),
    "tags a role of somebody else, and takes its policy": (
        "iam", partial(marked, call="delete_role_policy", PolicyName="all"), "iam:DeleteRolePolicy",
    ),
    "becomes a role of another team": (
        "sts",
        lambda sts: sts.assume_role(RoleArn=OTHER_TEAM, RoleSessionName="thief"),
        f"sts:AssumeRole on resource: {OTHER_TEAM}",
    ),
    "becomes a role of another account": (
        "sts",
        lambda sts: sts.assume_role(RoleArn=TRAP, RoleSessionName="thief"),
        f"sts:AssumeRole on resource: {TRAP}",
    ),
    "sends data to a bucket of another account": (
        "s3", lambda s3: s3.put_object(Bucket=BAIT, Key="loot", Body=b"1"), "PutObject",
    ),
    "changes the code of a function of somebody else": (
        "lambda",
        lambda its: its.update_function_code(FunctionName=API, ZipFile=CODE),
        "lambda:UpdateFunctionCode",
    ),
    "changes the job of somebody else": (
        "glue",
        lambda glue: glue.update_job(
            JobName=NIGHTLY, JobUpdate={"Role": f"default-{VICTIM}-glue", "Command": COMMAND}
        ),
        "glue:UpdateJob",
    ),
    "deletes the job of somebody else": (
        "glue", lambda glue: glue.delete_job(JobName=NIGHTLY), "glue:DeleteJob",
    ),
    "deletes the queue of somebody else": (
        "sqs",
        lambda sqs: sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=API)["QueueUrl"]),
        "sqs:DeleteQueue",
    ),
    "deletes the topic of somebody else": (
        "sns",
        lambda sns: sns.delete_topic(TopicArn=f"arn:aws:sns:eu-west-1:{SCOPE}:{API}"),
        "sns:DeleteTopic",
    ),
    "deletes the rule of somebody else": (
        "events", lambda events: events.delete_rule(Name=API), "events:DeleteRule",
    ),
    "deletes the log group of somebody else": (
        "logs",
        lambda logs: logs.delete_log_group(logGroupName=THEIR_LOGS),
        "logs:DeleteLogGroup",
    ),
}  # fmt: skip


@pytest.mark.parametrize("asked", ASKED_OF_THE_API_SERVER.values(), ids=ASKED_OF_THE_API_SERVER)
def test_the_api_server_refuses_what_a_policy_would_take_for_more(
    tenants: Tenants, asked: dict[str, Any]
) -> None:
    with pytest.raises(ApiException, match="should match"):
        asker(tenants).create(asked)


@pytest.mark.parametrize(
    ("asked", "words"), ASKED_OF_THE_OPERATOR.values(), ids=ASKED_OF_THE_OPERATOR
)
def test_the_operator_refuses_what_a_namespace_may_not_use(
    tenants: Tenants, asked: dict[str, Any], words: str
) -> None:
    life = asker(tenants)
    life.create(asked)
    tenants.world.wire.restart()
    _is_refused(life, words)
    assert tenants.world.wire.writes == []
    life.delete()
    life.end()


def _is_refused(life: Life, words: str) -> None:
    status = life.reconcile().status
    ready = status["Ready"]
    assert ready
    assert ready.status == "False"
    assert words in ready.message, said(status)


@pytest.mark.parametrize("adopt", [False, True])
def test_a_bucket_of_another_pipeline_is_refused_also_to_who_adopts(
    tenants: Tenants, adopt: bool
) -> None:
    life = asker(tenants)
    asked: Mapping[str, Any] = {"bucket": {"name": THEIRS, "adopt": adopt}, "adopt": adopt}
    life.create({**asked, "deletionPolicy": "Delete"})
    _is_refused(life, f"Bucket/{THEIRS}: exists and belongs to pipeline default/{VICTIM}")
    life.delete()
    life.end()
    assert tenants.world.admin("s3").head_bucket(Bucket=THEIRS)


OF_THE_VICTIM: dict[str, tuple[dict[str, Any], str]] = {  # a spec, and the name that it takes
    "its bucket": ({"bucket": {"name": THEIRS}}, f"Bucket/{THEIRS}"),
    "its bucket, to adopt": (
        {"adopt": True, "bucket": {"name": THEIRS, "adopt": True}}, f"Bucket/{THEIRS}",
    ),
    "its database": (
        {"catalog": {"database": f"default_{VICTIM}", "adopt": True}}, f"Database/default_{VICTIM}",
    ),
    "its topic": ({"topic": {"name": f"default-{VICTIM}"}}, f"Topic/default-{VICTIM}"),
    "its crawler": ({"crawler": {"name": f"default-{VICTIM}"}}, f"Crawler/default-{VICTIM}"),
    "its job": ({"job": {"name": f"default-{VICTIM}"}}, f"Job/default-{VICTIM}"),
    "its function": (
        {"functions": {"notify": {"name": f"default-{VICTIM}-notify"}}},
        f"Function/default-{VICTIM}-notify",
    ),
}  # fmt: skip


SAMPLE = [OF_THE_VICTIM[name] for name in ("its database", "its function")]


@pytest.mark.parametrize(
    ("asked", "taken"), sampled(OF_THE_VICTIM.values(), SAMPLE.__contains__), ids=OF_THE_VICTIM
)
def test_a_pipeline_gets_no_permission_on_what_it_was_refused_and_deletes_none_of_it(
    tenants: Tenants, asked: dict[str, Any], taken: str
) -> None:
    life, before = asker(tenants), _belongings(tenants, VICTIM)
    life.create({**asked, "notifications": {"emails": ["thief@example.com"]}})
    _is_refused(life, f"{taken}: exists and belongs to pipeline default/{VICTIM}")
    assert _permitted(tenants, life.owner, VICTIM) == set()
    life.change({**asked, "deletionPolicy": "Delete"})
    life.reconcile()
    life.delete()
    life.end()
    assert life.owned() == set()
    assert _belongings(tenants, VICTIM) == before


@pytest.mark.parametrize("critical", ["its bucket", "its database"])
def test_nothing_is_written_for_a_pipeline_that_is_refused_its_data(
    tenants: Tenants, critical: str
) -> None:
    asked, taken = OF_THE_VICTIM[critical]
    life = asker(tenants)
    life.create(asked)
    tenants.world.wire.restart()
    _is_refused(life, taken)
    assert tenants.world.wire.writes == []
    assert life.status.inventory == ()
    life.delete()
    life.end()


@pytest.mark.extended
@pytest.mark.parametrize("name", ["its topic", "its crawler", "its job", "its function"])
def test_an_edit_to_the_name_of_what_another_pipeline_owns_widens_no_role(
    tenants: Tenants, name: str
) -> None:
    asked, taken = OF_THE_VICTIM[name]
    life, before = asker(tenants), _belongings(tenants, VICTIM)
    life.create({"deletionPolicy": "Delete"})
    life.converge()
    life.change({"deletionPolicy": "Delete", **asked})
    _is_refused(life, f"{taken}: exists and belongs to pipeline default/{VICTIM}")
    assert _permitted(tenants, life.owner, VICTIM) == set()
    life.change({"deletionPolicy": "Delete"})  # the pipeline is whole again without the name
    life.converge()
    life.change({"deletionPolicy": "Delete", **asked})
    life.reconcile()
    life.delete()
    life.end()
    assert life.owned() == set()
    assert _belongings(tenants, VICTIM) == before


def test_an_edit_to_the_database_of_another_pipeline_widens_no_role(tenants: Tenants) -> None:
    life = asker(tenants)
    life.create({"deletionPolicy": "Delete"})
    life.converge()
    life.change({"deletionPolicy": "Delete", "catalog": {"database": f"default_{VICTIM}"}})
    tenants.world.wire.restart()
    _is_refused(life, f"Database/default_{VICTIM}: exists and belongs to")
    assert tenants.world.wire.writes == []
    assert _permitted(tenants, life.owner, VICTIM) == set()
    life.delete()
    life.end()
    assert life.owned() == set()


@pytest.mark.extended
def test_a_pipeline_whose_bucket_goes_to_another_owner_loses_its_permissions_on_it(
    tenants: Tenants,
) -> None:
    life = asker(tenants)
    life.create({"deletionPolicy": "Delete"})
    life.converge()
    bucket, s3 = f"default-{life.name}-{SCOPE}", tenants.world.admin("s3")
    assert _permitted(tenants, life.owner, bucket)
    running = tenants.job("s3", life.name)  # a session that began before
    assert running.list_objects_v2(Bucket=bucket)
    tagged = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    taken = [{"Key": "dataflowxpress.io/pipeline", "Value": f"default/{VICTIM}"}]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": taken})
    try:
        _is_refused(life, f"Bucket/{bucket}: exists and belongs to pipeline default/{VICTIM}")
        assert _permitted(tenants, life.owner, bucket) == set()
        _is_denied(lambda s3: s3.list_objects_v2(Bucket=bucket), running, "s3:ListBucket")
    finally:
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tagged})
    life.converge()
    assert _permitted(tenants, life.owner, bucket)
    life.delete()
    life.end()


def test_an_inventory_that_claims_what_others_own_deletes_none_of_it(tenants: Tenants) -> None:
    """The status is as good as the permission to write it; tags and derived names decide."""
    glue, scheduler = tenants.world.admin("glue"), tenants.world.admin("scheduler")
    classifier = {"Name": f"default-{VICTIM}-0badcafe", "RowTag": "r", "Classification": "xml"}
    glue.create_classifier(XMLClassifier=classifier)
    glue.create_security_configuration(Name=f"default-{VICTIM}", EncryptionConfiguration={})
    scheduler.create_schedule(
        Name=f"default-{VICTIM}",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=_target(tenants),
    )
    life, victims = asker(tenants), Life(tenants.world, VICTIM).status.as_json()["resources"]
    life.create({"deletionPolicy": "Delete"})
    life.converge()
    before = tenants.world.everything(), _belongings(tenants, VICTIM)
    others = [{"kind": kind, "name": name, "key": key} for kind, name, key in _OTHERS]
    life.claim(*({**each, "state": "Ready"} for each in (*victims, *others)))
    life.reconcile()  # what is no longer in the spec would be deleted here
    assert (tenants.world.everything(), _belongings(tenants, VICTIM)) == before
    life.claim(*({**each, "state": "Ready"} for each in (*victims, *others)))
    life.delete()
    life.end()
    assert _belongings(tenants, VICTIM) == before[1]
    left = tenants.world.everything()
    assert all(any(each.endswith(name) for each in left) for _, name, _ in _OTHERS)
    glue.delete_classifier(Name=classifier["Name"])
    scheduler.delete_schedule(Name=f"default-{VICTIM}")
    glue.delete_security_configuration(Name=f"default-{VICTIM}")


_OTHERS = [  # what no pipeline owns, and what AWS shows no owner of
    ("Function", API, [API]),
    ("Job", NIGHTLY, [NIGHTLY]),
    ("LogGroup", THEIR_LOGS, [THEIR_LOGS]),
    ("Queue", API, [API]),
    ("Rule", API, [API]),
    ("Topic", API, [f"arn:aws:sns:eu-west-1:{SCOPE}", API]),
    ("Classifier", f"default-{VICTIM}-0badcafe", [f"default-{VICTIM}-0badcafe"]),
    ("Schedule", f"default-{VICTIM}", [f"default-{VICTIM}"]),
    ("SecurityConfiguration", f"default-{VICTIM}", [f"default-{VICTIM}"]),
]


def _target(tenants: Tenants) -> dict[str, str]:
    """Return a target that a schedule can have."""
    iam, role = tenants.world.admin("iam"), "scheduler-of-others"
    document = trust({"Service": "scheduler.amazonaws.com"})
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    return {"Arn": f"arn:aws:sqs:eu-west-1:{SCOPE}:{API}", "RoleArn": arn}


@pytest.mark.extended
def test_a_chosen_function_name_gives_no_access_to_the_logs_of_another_function(
    tenants: Tenants,
) -> None:
    life, logs = asker(tenants), tenants.world.admin("logs")
    name = f"default-{life.name}-api"
    theirs = {"logGroupName": f"/aws/lambda/{name}"}
    logs.create_log_group(**theirs)
    logs.put_retention_policy(**theirs, retentionInDays=3653)
    life.create({"deletionPolicy": "Delete", "functions": {"notify": {"name": name}}})
    life.converge()
    assert _permitted(tenants, life.owner, theirs["logGroupName"]) == set()
    life.delete()
    life.end()
    (left,) = logs.describe_log_groups(logGroupNamePrefix=theirs["logGroupName"])["logGroups"]
    assert left["retentionInDays"] == 3653
    logs.delete_log_group(**theirs)


def _permitted(tenants: Tenants, owner: str, name: str) -> set[str]:
    """Return the ARNs with *name* in them that the policies of the owner's roles list."""
    iam = tenants.world.admin("iam")
    return {
        arn
        for page in iam.get_paginator("list_roles").paginate()
        for role in page["Roles"]
        if {"Key": "dataflowxpress.io/pipeline", "Value": owner}
        in iam.list_role_tags(RoleName=role["RoleName"])["Tags"]
        for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
        for statement in iam.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)[
            "PolicyDocument"
        ]["Statement"]
        for arn in statement["Resource"]
        if name in arn
    }


def _belongings(tenants: Tenants, name: str) -> set[str]:
    """Return everything in AWS with the pipeline's name in it, and the objects in its bucket."""
    listed = tenants.world.admin("s3").list_objects_v2(Bucket=f"default-{name}-{SCOPE}")
    things = {each for each in tenants.world.everything() if name in each}
    return things | {f"{each['Key']} {each['ETag']}" for each in listed["Contents"]}


def _is_denied(call: Call, client: Any, words: str) -> None:
    with pytest.raises(ClientError, match=r"not authorized to perform|Access Denied") as refused:
        call(client)
    assert words in str(refused.value)


@pytest.mark.parametrize(("service", "call", "words"), BY_THE_JOB.values(), ids=BY_THE_JOB)
def test_a_script_may_do_nothing_outside_its_pipeline(
    tenants: Tenants, service: str, call: Call, words: str
) -> None:
    _is_denied(call, tenants.job(service), words)


def test_a_script_may_do_no_more_than_the_boundary_whatever_its_role_is_given(
    tenants: Tenants,
) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    mistake = {"RoleName": f"default-{ATTACKER}-glue", "PolicyName": "mistake"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    iam = tenants.world.admin("iam")
    iam.put_role_policy(**mistake, PolicyDocument=document)
    try:
        with pytest.raises(ClientError, match="not authorized to perform: iam:CreateUser"):
            tenants.job("iam").create_user(UserName="mine")
        assert tenants.job("s3").list_objects_v2(Bucket=f"default-{ATTACKER}-{SCOPE}")
    finally:
        iam.delete_role_policy(**mistake)


@pytest.mark.parametrize(
    ("service", "call", "words"), BY_THE_OPERATOR.values(), ids=BY_THE_OPERATOR
)
def test_the_operators_credentials_are_good_for_its_own_names_and_roles_only(
    tenants: Tenants, service: str, call: Call, words: str
) -> None:
    before = _powers(tenants, DEPLOYER)
    _is_denied(call, tenants.operator(service), words)
    assert _powers(tenants, DEPLOYER) == before


def _powers(tenants: Tenants, role: str) -> dict[str, Any]:
    """Return who can assume a role, and what it allows."""
    iam = tenants.world.admin("iam")
    found = iam.get_role(RoleName=role)["Role"]
    return {
        "trust": found["AssumeRolePolicyDocument"],
        "boundary": found.get("PermissionsBoundary"),
        "policies": iam.list_role_policies(RoleName=role)["PolicyNames"],
    }
